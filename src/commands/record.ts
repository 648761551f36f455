/** `dslrs record STREAM --for 30s [--pre 10s]`: something happens now; record it, and what was just before. */

import type { z } from "zod";
import { duration } from "../config/units.js";
import { fetchStatus, orderRecord, type RecordAnswer } from "../report/client.js";
import { localTime } from "../report/log-line.js";
import { spanText } from "../report/units.js";
import type { RecordedEvent } from "../supervisor/control.js";
import { addressOf, type CommandContext, type ExitCode, fail, failedAnswer, type GlobalOptions } from "./context.js";
import { knownStreamsHint, nameProblem } from "./names.js";

export interface RecordOptions extends GlobalOptions {
  readonly for: string;
  readonly pre?: string;
  readonly output?: string;
  readonly json?: boolean;
}

export async function record(context: CommandContext, name: string, options: RecordOptions): Promise<ExitCode> {
  const problem = nameProblem(name);
  if (problem !== undefined) return fail(context, problem, null, 2);
  const forMs = readTime(context, "--for", options.for, duration({ least: "1s", most: "1d" }));
  if (forMs === undefined) return 2;
  const { pre } = options;
  const preMs = pre === undefined ? null : readTime(context, "--pre", pre, duration({ least: "0ms", most: "10m" }));
  if (preMs === undefined) return 2;
  const address = addressOf(context, options);
  const status = await fetchStatus(address);
  if (!status.ok) return failedAnswer(context, status);
  const names = status.value.streams.map((stream) => stream.name);
  if (!names.includes(name)) return fail(context, `There is no stream "${name}".`, knownStreamsHint(name, names));
  const answer = await orderRecord(address, name, { forMs, preMs, output: options.output ?? null });
  if (!answer.ok) return failedAnswer(context, answer);
  context.stdout.write(options.json === true ? `${JSON.stringify(answer.value)}\n` : answerText(name, answer.value));
  return 0;
}

/** `undefined`: it is wrong, and that was said. */
function readTime(
  context: CommandContext,
  option: string,
  written: string,
  schema: z.ZodType<number>,
): number | undefined {
  const result = schema.safeParse(written);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const hint = issue?.code === "custom" ? String(issue.params?.hint) : null;
  fail(context, `${option}: "${written}" ${issue?.message}.`, hint, 2);
  return undefined;
}

function answerText(name: string, { isAway, recordings }: RecordAnswer): string {
  const away = `The source of ${name} is away. What comes from its return on is recorded, until then.`;
  const lines = [...recordings.map((recording) => recordingText(name, recording, isAway)), ...(isAway ? [away] : [])];
  return lines.map((line) => `${line}\n`).join("");
}

function recordingText(name: string, { output, path, until, preRollMs }: RecordedEvent, isAway: boolean): string {
  const what = `${name} is recorded until ${localTime(until)} (output ${output})`;
  if (path === null) return isAway ? `${what}.` : `${what}; the file begins at the next keyframe.`;
  const before = preRollMs === null ? "" : `, from ${spanText(preRollMs)} ago on`;
  return `${what}${before}:\n  ${path}`;
}
