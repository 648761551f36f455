/** `dslrs remove NAME`: takes a stream out of the config, and waits until it has stopped. */

import { removeStream } from "../config/edit.js";
import type { StatusReport } from "../report/status.js";
import { type CommandContext, type ExitCode, fail } from "./context.js";
import { awaitOutcome, type EditingOptions, editFile, findTarget } from "./editing.js";
import { nameProblem } from "./names.js";

export type RemoveOptions = EditingOptions;

export async function remove(context: CommandContext, name: string, options: RemoveOptions): Promise<ExitCode> {
  const problem = nameProblem(name);
  if (problem !== undefined) return fail(context, problem, null, 2);
  const target = await findTarget(context, options);
  if (typeof target === "number") return target;
  const code = await editFile(context, target, (text) => removeStream(text, name));
  if (code !== 0) return code;
  context.stdout.write(`${name} is removed from ${target.path}.\n`);
  return target.isRunning ? awaitOutcome(context, target, (report) => outcomeOf(report, name)) : 0;
}

function outcomeOf(report: StatusReport, name: string): string | undefined {
  const isGone = report.streams.every((stream) => stream.name !== name);
  return isGone ? `${name} has stopped; its recordings stay.` : undefined;
}
