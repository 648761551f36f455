/** `dslrs viewers [STREAM] [--json]` */

import { fetchStatus, fetchViewers } from "../report/client.js";
import { paintFor } from "../report/terminal.js";
import { viewersTable } from "../report/viewers-table.js";
import { addressOf, type CommandContext, type ExitCode, fail, failedAnswer, type GlobalOptions } from "./context.js";
import { knownStreamsHint, nameProblem } from "./names.js";

export interface ViewersOptions extends GlobalOptions {
  readonly json?: boolean;
}

export async function viewers(
  context: CommandContext,
  stream: string | undefined,
  options: ViewersOptions,
): Promise<ExitCode> {
  const problem = stream === undefined ? undefined : nameProblem(stream);
  if (problem !== undefined) return fail(context, problem, null, 2);
  const address = addressOf(context, options);
  const status = await fetchStatus(address);
  if (!status.ok) return failedAnswer(context, status);
  const names = status.value.streams.map(({ name }) => name);
  if (stream !== undefined && !names.includes(stream)) {
    return fail(context, `There is no stream "${stream}".`, knownStreamsHint(stream, names));
  }
  const answer = await fetchViewers(address, stream);
  if (!answer.ok) return failedAnswer(context, answer);
  const { viewers: watching, unanswered } = answer.value;
  const paint = paintFor(context.stdout, context.env);
  const table = { now: new Date(), columns: context.stdout.columns ?? 80, paint };
  context.stdout.write(
    options.json === true ? `${JSON.stringify(answer.value, null, 2)}\n` : viewersTable(watching, table),
  );
  for (const { stream: name, reason } of unanswered) {
    fail(context, `The worker of ${name} did not say who watches: ${reason}.`, `\`dslrs why ${name}\` may tell more.`);
  }
  return unanswered.length === 0 ? 0 : 1;
}
