/** `dslrs pause|resume|restart STREAM` */

import { fetchStatus, orderStream } from "../report/client.js";
import { addressOf, type CommandContext, type ExitCode, fail, failedAnswer, type GlobalOptions } from "./context.js";
import { knownStreamsHint, nameProblem } from "./names.js";

export type OrderVerb = "pause" | "resume" | "restart";

export async function order(
  context: CommandContext,
  verb: OrderVerb,
  name: string,
  options: GlobalOptions,
): Promise<ExitCode> {
  const problem = nameProblem(name);
  if (problem !== undefined) return fail(context, problem, null, 2);
  const address = addressOf(context, options);
  const status = await fetchStatus(address);
  if (!status.ok) return failedAnswer(context, status);
  const names = status.value.streams.map((stream) => stream.name);
  if (!names.includes(name)) return fail(context, `There is no stream "${name}".`, knownStreamsHint(name, names));
  const answer = await orderStream(address, name, verb);
  if (!answer.ok) return failedAnswer(context, answer);
  context.stdout.write(`${answer.value.message}\n`);
  return 0;
}
