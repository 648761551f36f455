/** Recordings and gaps as a person reads them: by output and day, within 80 columns; or one line a gap; or one line an output. */

import { localTime } from "./log-line.js";
import type { GapReport, RecordingReport, RecordingsReport } from "./recordings.js";
import { type Paint, printable, truncate, wrap } from "./terminal.js";
import { bytesText, spanText } from "./units.js";

export interface TextOptions {
  readonly columns: number;
  readonly paint: Paint;
}

type Entry =
  | { readonly is: "recording"; readonly at: string; readonly recording: RecordingReport }
  | { readonly is: "gap"; readonly at: string; readonly gap: GapReport };

const NARROWEST = 80;
const NAME_WIDTH = 24;

/** What keeps a recording away, in a word or two. */
const SHORT_REASONS: Readonly<Record<string, string>> = {
  dnsFailed: "camera not found by name",
  refused: "camera refused",
  unreachable: "camera unreachable",
  connectTimeout: "camera did not answer",
  reset: "camera reset",
  stalled: "camera silent",
  endOfStream: "camera ended the stream",
  protocolError: "camera made no sense",
  corruptMedia: "pictures unusable",
  unauthorized: "password refused",
  forbidden: "access refused",
  notFound: "no such stream on the camera",
  busy: "camera busy",
  unsupportedEncoding: "format not supported",
  tlsFailed: "camera not trusted",
  workerCrashed: "worker crashed",
  outOfMemory: "out of memory",
  workerHung: "worker hung",
  diskFull: "disk full",
  diskReadOnly: "disk read-only",
  diskDenied: "disk not writable",
  diskMissing: "disk missing",
  diskSlow: "disk too slow",
  recordingFailed: "could not be written",
  fileEnded: "file ended",
  ingestDown: "source interrupted",
  noKeyframe: "no keyframe",
  tracksChanged: "format changed",
  error: "could not be written",
  paused: "paused",
  stopped: "stopped",
  removed: "removed",
  unknown: "nobody saw why",
};

/** Every file and gap. */
export function recordingsTable(report: RecordingsReport, { columns, paint }: TextOptions): string {
  const width = Math.max(NARROWEST, columns);
  const lines: string[] = [];
  for (const [owner, entries] of byOwner(report)) {
    lines.push(paint("bold", owner));
    let day = "";
    for (const entry of entries) {
      if (dayOf(entry.at) !== day) lines.push(paint("dim", `-- ${dayOf(entry.at)} --`));
      day = dayOf(entry.at);
      lines.push(
        ...(entry.is === "recording" ? [recordingLine(entry.recording, width)] : tableGap(entry.gap, width, paint)),
      );
    }
  }
  return textOf([...lines, ...problemLines(report, width, paint)]);
}

/** `front-door: no recording 02:13:07–02:13:11, camera reset` */
export function gapLines(report: RecordingsReport, { columns, paint }: TextOptions): string {
  const lines = report.gaps.map((gap) => `${ownerOf(gap)}: ${gapText(gap, true)}`);
  const wrapped = lines.flatMap((line) => wrap(printable(line), Math.max(NARROWEST, columns)));
  return textOf([...wrapped, ...problemLines(report, Math.max(NARROWEST, columns), paint)]);
}

/** How much there is of each output. */
export function recordingsSummary(report: RecordingsReport, { columns, paint }: TextOptions): string {
  const width = Math.max(NARROWEST, columns);
  const head = `${"STREAM".padEnd(NAME_WIDTH)} ${"FILES".padStart(6)} ${"SIZE".padStart(6)} ${"GAPS".padStart(5)}  FROM              UP TO`;
  const lines = [...byOwner(report)].map(([owner, entries]) => summaryLine(owner, entries));
  return textOf([paint("dim", head), ...lines, ...problemLines(report, width, paint)]);
}

function summaryLine(owner: string, entries: readonly Entry[]): string {
  const recordings = entries.flatMap((entry) => (entry.is === "recording" ? [entry.recording] : []));
  const [first, last] = [recordings[0], recordings.at(-1)];
  const bytes = recordings.reduce((sum, recording) => sum + (recording.bytes ?? 0), 0);
  return [
    truncate(owner, NAME_WIDTH).padEnd(NAME_WIDTH),
    String(recordings.length).padStart(6),
    bytesText(bytes).padStart(6),
    `${String(entries.length - recordings.length).padStart(5)} `,
    first ? minuteText(first.start).padEnd(17) : "-".padEnd(17),
    last ? (last.state === "writing" && last.end === null ? "now" : minuteText(last.end ?? last.start)) : "-",
  ].join(" ");
}

function byOwner({ recordings, gaps }: RecordingsReport): Map<string, Entry[]> {
  const entries: (readonly [string, Entry])[] = [
    ...recordings.map(
      (recording) => [ownerOf(recording), { is: "recording", at: recording.start, recording }] as const,
    ),
    ...gaps.map((gap) => [ownerOf(gap), { is: "gap", at: gap.from, gap }] as const),
  ];
  const owners = new Map<string, Entry[]>();
  for (const [owner, entry] of entries) {
    const all = owners.get(owner) ?? [];
    if (all.length === 0) owners.set(owner, all);
    all.push(entry);
  }
  for (const all of owners.values()) all.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  return owners;
}

/** `  02:00:00–02:10:00    10m  152M  h264+aac        time` */
function recordingLine(recording: RecordingReport, width: number): string {
  const { start, end, durationMs, bytes, encodings, reason, state } = recording;
  const until = end === null ? (state === "writing" ? "now" : "?") : localTime(end);
  const cells = [
    `  ${localTime(start)}–${until}`.padEnd(21),
    (durationMs === null ? "" : spanText(durationMs)).padStart(7),
    (bytes === null ? "" : bytesText(bytes)).padStart(6),
    ` ${truncate(encodings.join("+"), 16).padEnd(16)}`,
    state === "finished" ? (reason ?? "") : end === null ? "is being written" : "was left behind",
  ];
  return truncate(cells.join(" ").trimEnd(), width);
}

function tableGap(gap: GapReport, width: number, paint: Paint): string[] {
  return wrap(printable(gapText(gap, false)), width - 2).map((line) =>
    paint(isRest(gap) ? "dim" : "yellow", `  ${line}`),
  );
}

/** Nobody wanted a recording then. */
function isRest(gap: GapReport): boolean {
  return gap.class === "paused" || gap.class === "stopped";
}

function gapText(gap: GapReport, withDay: boolean): string {
  const { from, to, class: gapClass, sentence } = gap;
  const start = withDay && dayOf(from) !== dayOf(new Date().toISOString()) ? `${dayOf(from)} ` : "";
  const digits = to === null ? 0 : fractionDigits(Date.parse(to) - Date.parse(from));
  const end = to === null ? "now" : `${dayOf(to) === dayOf(from) ? "" : `${dayOf(to)} `}${preciseTime(to, digits)}`;
  const what = gapClass === "paused" ? "paused" : "no recording";
  const reason = gapClass === "paused" ? "" : `, ${SHORT_REASONS[gapClass] ?? sentence.replace(/\.$/, "")}`;
  return `${what} ${start}${preciseTime(from, digits)}–${end}${reason}`;
}

/** So many that the end does not look like the beginning. */
function fractionDigits(spanMs: number): number {
  if (spanMs >= 1_000) return 0;
  return spanMs >= 100 ? 1 : 3;
}

function preciseTime(iso: string, digits: number): string {
  if (digits === 0) return localTime(iso);
  const fraction = String(new Date(iso).getMilliseconds()).padStart(3, "0").slice(0, digits);
  return `${localTime(iso)}.${fraction}`;
}

function ownerOf({ stream, output }: { stream: string; output: string }): string {
  return output === "record" ? stream : `${stream}/${output}`;
}

function problemLines({ roots }: RecordingsReport, width: number, paint: Paint): string[] {
  return roots.flatMap(({ path, problem }) =>
    problem === null
      ? []
      : wrap(printable(`${path} is not in this list: ${problem}`), width).map((line) => paint("red", line)),
  );
}

/** Of here, as `localTime`. */
function dayOf(iso: string): string {
  const time = new Date(iso);
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}

function minuteText(iso: string): string {
  return `${dayOf(iso)} ${localTime(iso).slice(0, 5)}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function textOf(lines: readonly string[]): string {
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}
