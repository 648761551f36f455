/** `dslrs recordings [STREAM]`: what is recorded, and when and why something is not. From a running supervisor, or from the files of a root. */

import { isAbsolute, resolve } from "node:path";
import { recordingsIn } from "../recordings/find.js";
import type { RecordingsQuery } from "../recordings/recording.js";
import { type Answered, fetchRecordings, fetchStatus, orderReindex } from "../report/client.js";
import { type RecordingsReport, recordingsReport } from "../report/recordings.js";
import { gapLines, recordingsSummary, recordingsTable } from "../report/recordings-text.js";
import { columnsOf, paintFor } from "../report/terminal.js";
import { nativePaths } from "../worker/native.js";
import { addressOf, type CommandContext, type ExitCode, fail, failedAnswer, type GlobalOptions } from "./context.js";
import { knownStreamsHint, nameProblem } from "./names.js";
import { noTimeText, parseTime, TIME_HINT } from "./times.js";

export interface RecordingsOptions extends GlobalOptions {
  readonly output?: string;
  readonly from?: string;
  readonly to?: string;
  readonly gaps?: boolean;
  readonly json?: boolean;
  readonly reindex?: boolean;
  readonly root?: string;
}

export async function recordings(
  context: CommandContext,
  stream: string | undefined,
  options: RecordingsOptions,
): Promise<ExitCode> {
  const problem = stream === undefined ? undefined : nameProblem(stream);
  if (problem !== undefined) return fail(context, problem, null, 2);
  const [from, to] = [timeOf(options.from), timeOf(options.to)];
  if (from === null || to === null) {
    return fail(context, noTimeText((from === null ? options.from : options.to) ?? ""), TIME_HINT, 2);
  }
  if (from !== undefined && to !== undefined && from >= to) {
    return fail(context, `${options.from} (--from) is not before ${options.to} (--to).`, null, 2);
  }
  const query: RecordingsQuery = {
    ...(stream !== undefined && { stream }),
    ...(options.output !== undefined && { output: options.output }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
  const found = await findRecordings(context, options, query);
  if (!found.ok) return failedAnswer(context, found);
  const isWhole = found.value.roots.every((root) => root.problem === null);
  if (isWhole && stream !== undefined && isEmpty(found.value)) {
    const known = await knownStreams(context, options, stream);
    if (known && !known.includes(stream)) {
      return fail(context, `There is no stream ${stream}, and no recording of it.`, knownStreamsHint(stream, known));
    }
  }
  print(context, found.value, query, options);
  return isWhole ? 0 : 1;
}

/** In the config or among the recordings; `undefined`: nobody can say. */
async function knownStreams(
  context: CommandContext,
  { instance, runtimeDir, root }: RecordingsOptions,
  stream: string,
): Promise<readonly string[] | undefined> {
  const place = { ...(instance !== undefined && { instance }), ...(runtimeDir !== undefined && { runtimeDir }) };
  const status = root === undefined ? await fetchStatus(addressOf(context, place)) : undefined;
  if (status?.ok === false) return undefined;
  const configured = status?.value.streams.map(({ name }) => name) ?? [];
  if (configured.includes(stream)) return configured;
  const all = await findRecordings(
    context,
    { ...place, ...(root !== undefined && { root }) },
    root === undefined ? { stream } : {},
  );
  if (!all.ok) return undefined;
  const { recordings, gaps } = all.value;
  return [...new Set([...configured, ...[...recordings, ...gaps].map((each) => each.stream)])];
}

function isEmpty({ recordings, gaps }: RecordingsReport): boolean {
  return recordings.length === 0 && gaps.length === 0;
}

/** Of the running supervisor, or of the root that is named. */
export async function findRecordings(
  context: CommandContext,
  options: Pick<RecordingsOptions, "instance" | "runtimeDir" | "root" | "reindex">,
  query: RecordingsQuery,
): Promise<Answered<RecordingsReport>> {
  const { root, reindex = false } = options;
  if (root !== undefined) {
    const path = isAbsolute(root) ? root : resolve(root);
    const { mend } = nativePaths(context.env).paths;
    return { ok: true, value: recordingsReport(await recordingsIn([path], query, { mend, reindex })) };
  }
  const address = addressOf(context, options);
  const begun = reindex ? await orderReindex(address) : undefined;
  if (begun?.ok === false) return withHint(begun);
  if (begun) context.stderr.write(`${begun.value.message}\n`);
  const answer = await fetchRecordings(address, query);
  return answer.ok ? answer : withHint(answer);
}

function withHint<Failed extends Extract<Answered<unknown>, { ok: false }>>(failure: Failed): Failed {
  if (failure.kind !== "notRunning") return failure;
  return { ...failure, hint: `${failure.hint ?? ""} Without one: \`dslrs recordings --root DIR\`.`.trim() };
}

/** `null`: it is none. */
function timeOf(text: string | undefined): number | undefined | null {
  return text === undefined ? undefined : (parseTime(text, new Date()) ?? null);
}

function print(
  context: CommandContext,
  report: RecordingsReport,
  query: RecordingsQuery,
  { gaps = false, json = false }: RecordingsOptions,
): void {
  const shown = gaps ? { ...report, recordings: [] } : report;
  if (json) {
    context.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
    return;
  }
  const text = { columns: columnsOf(context.stdout) ?? 80, paint: paintFor(context.stdout, context.env) };
  const hasNothing = isEmpty(shown);
  if (hasNothing) context.stdout.write(gaps ? "No gaps.\n" : "No recordings.\n");
  if (gaps || hasNothing) context.stdout.write(gapLines(shown, text));
  else if (query.stream === undefined && query.from === undefined) context.stdout.write(recordingsSummary(shown, text));
  else context.stdout.write(recordingsTable(shown, text));
}
