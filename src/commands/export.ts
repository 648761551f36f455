/** `dslrs export STREAM --from T --to T -o FILE`: a clip of what was recorded, without encoding anything. */

import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import { type JoinAnswer, type JoinedClip, type JoinFile, joinRecordings } from "../recordings/export.js";
import { localTime } from "../report/log-line.js";
import type { RecordingReport, RecordingsReport } from "../report/recordings.js";
import { printable } from "../report/terminal.js";
import { spanText } from "../report/units.js";
import { nativePaths } from "../worker/native.js";
import { type CommandContext, type ExitCode, fail, failedAnswer, type GlobalOptions } from "./context.js";
import { nameProblem } from "./names.js";
import { findRecordings } from "./recordings.js";
import { noTimeText, parseTime, TIME_HINT } from "./times.js";

export interface ExportOptions extends GlobalOptions {
  readonly from: string;
  readonly to: string;
  /** `-o` */
  readonly out: string;
  readonly outputId?: string;
  readonly force?: boolean;
  readonly root?: string;
}

interface Wanted {
  readonly stream: string;
  readonly from: number;
  readonly to: number;
  readonly path: string;
}

const FILE_MODE = 0o640;
const DEFAULT_OUTPUT = "record";

export async function exportClip(context: CommandContext, stream: string, options: ExportOptions): Promise<ExitCode> {
  const wanted = wantedOf(stream, options);
  if ("problem" in wanted) return fail(context, wanted.problem, wanted.hint, 2);
  if (options.force !== true && existsSync(wanted.path)) {
    return fail(context, `${wanted.path} is there already.`, "Choose another name, or write over it with --force.");
  }
  const found = await findRecordings(context, options, { stream, from: wanted.from, to: wanted.to });
  if (!found.ok) return failedAnswer(context, found);
  for (const { path, problem } of found.value.roots) {
    if (problem !== null) context.stderr.write(`${path} is left out: ${printable(problem)}\n`);
  }
  const files = filesOf(found.value, options.outputId);
  if (files.length === 0) return nothingThere(context, wanted, options);
  const answer = await join(context, wanted, files, options.force === true);
  for (const clip of answer.outputs) context.stdout.write(clipLine(clip));
  for (const gap of answer.gaps) context.stdout.write(gapLine(gap, found.value));
  return answer.ok ? 0 : fail(context, `The export failed: ${printable(answer.message ?? "nobody knows why")}.`);
}

function wantedOf(stream: string, options: ExportOptions): Wanted | { problem: string; hint: string | null } {
  const problem = nameProblem(stream);
  if (problem !== undefined) return { problem, hint: null };
  const now = new Date();
  const [from, to] = [parseTime(options.from, now), parseTime(options.to, now)];
  if (from === undefined || to === undefined) {
    return { problem: noTimeText(from === undefined ? options.from : options.to), hint: TIME_HINT };
  }
  if (from >= to) return { problem: `${when(from)} is not before ${when(to)}.`, hint: null };
  if (!/[^/]\.(?:mp4|mkv)$/.test(options.out)) {
    return { problem: `${options.out} has to end in .mp4 or .mkv.`, hint: "The name says which format is made." };
  }
  return { stream, from, to, path: resolve(options.out) };
}

/** Of one output: the one asked for, `record`, or the first there is. */
function filesOf({ recordings }: RecordingsReport, outputId: string | undefined): JoinFile[] {
  const ids = recordings.map(({ output }) => output);
  const id = outputId ?? (ids.includes(DEFAULT_OUTPUT) ? DEFAULT_OUTPUT : ids[0]);
  return recordings
    .filter(({ output }) => output === id)
    .map(fileOf)
    .sort((a, b) => a.startedAt - b.startedAt);
}

function fileOf({ root, path, start, end }: RecordingReport): JoinFile {
  const file = { root, path: relative(root, path), startedAt: Date.parse(start) };
  return end === null ? file : { ...file, endedAt: Date.parse(end) };
}

async function join(
  context: CommandContext,
  { path: output, from, to }: Wanted,
  files: readonly JoinFile[],
  force: boolean,
): Promise<JoinAnswer> {
  const isWatched = context.stderr.isTTY === true;
  const clearLine = () => isWatched && context.stderr.write("\r\x1b[K");
  const begin = Math.max(from, files[0]?.startedAt ?? from);
  const answer = await joinRecordings(
    { output, force, mode: FILE_MODE, from, to, files },
    {
      program: nativePaths(context.env).paths.join,
      onProgress(at) {
        const part = Math.min(1, Math.max(0, (at - begin) / (to - begin)));
        if (isWatched) context.stderr.write(`\r${Math.floor(part * 100)} %, ${when(at)}\x1b[K`);
      },
      onNote(sentence) {
        clearLine();
        context.stderr.write(`${printable(sentence)}\n`);
      },
    },
  );
  clearLine();
  return answer;
}

/** Says what there is nearest to the time that was asked for. */
async function nothingThere(context: CommandContext, wanted: Wanted, options: ExportOptions): Promise<ExitCode> {
  const { stream, from, to } = wanted;
  const all = await findRecordings(context, options, { stream });
  const files = all.ok ? filesOf(all.value, options.outputId) : [];
  const before = files.findLast(({ startedAt }) => startedAt < from);
  const after = files.find(({ startedAt }) => startedAt >= to);
  const near = [
    before &&
      `The last one before it ends ${before.endedAt === undefined ? "at an unknown time" : `at ${when(before.endedAt)}`}.`,
    after && `The next one begins at ${when(after.startedAt)}.`,
  ];
  const hint = near.filter((sentence) => sentence !== undefined).join(" ");
  const which = options.outputId === undefined ? stream : `${stream} (output ${options.outputId})`;
  return fail(
    context,
    `There is no recording of ${which} from ${when(from)} to ${when(to)}.`,
    hint || "There is none at all.",
  );
}

function clipLine({ path, from, to, durationMs, frames }: JoinedClip): string {
  return `${printable(path)}: ${when(from)} to ${when(to)}, ${spanText(durationMs)}, ${frames} frames\n`;
}

function gapLine({ from, to }: { from: number; to: number }, { gaps }: RecordingsReport): string {
  const known = gaps.find((gap) => Date.parse(gap.from) < to && (gap.to === null || Date.parse(gap.to) > from));
  const why = known === undefined ? "" : ` ${printable(known.sentence)}`;
  return `Closed up: no recording from ${when(from)} to ${when(to)}.${why}\n`;
}

/** Of here: `2026-11-23 02:13:07`. */
function when(ms: number): string {
  const time = new Date(ms);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${localTime(time.toISOString())}`;
}
