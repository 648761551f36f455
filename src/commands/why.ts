/** `dslrs why STREAM`: what is wrong with it, what was tried, what comes next, and what a person could do. */

import { fetchStatus, fetchWhy } from "../report/client.js";
import { columnsOf, paintFor } from "../report/terminal.js";
import { whyText } from "../report/why-text.js";
import { addressOf, type CommandContext, type ExitCode, fail, failedAnswer, type GlobalOptions } from "./context.js";
import { knownStreamsHint, nameProblem } from "./names.js";

export interface WhyOptions extends GlobalOptions {
  readonly json?: boolean;
}

export async function why(context: CommandContext, name: string, options: WhyOptions): Promise<ExitCode> {
  const problem = nameProblem(name);
  if (problem !== undefined) return fail(context, problem, null, 2);
  const address = addressOf(context, options);
  const answer = await fetchWhy(address, name);
  if (answer.ok) {
    const paint = paintFor(context.stdout, context.env);
    const text = () => whyText(answer.value, { now: new Date(), columns: columnsOf(context.stdout) ?? 80, paint });
    context.stdout.write(options.json === true ? `${JSON.stringify(answer.value, null, 2)}\n` : text());
    return 0;
  }
  const status = answer.kind === "refused" ? await fetchStatus(address) : answer;
  if (!status.ok) return failedAnswer(context, answer);
  const names = status.value.streams.map((stream) => stream.name);
  return fail(context, answer.message, knownStreamsHint(name, names));
}
