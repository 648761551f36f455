/** `dslrs status` for a person: one line a stream within 80 columns, and a second one where something is wrong. */

import { type Column, inColumn, secondsSince } from "./columns.js";
import { hostName } from "./host-name.js";
import type { HostStatus, OutputStatus, RootStatus, StatusReport, StreamStateName, StreamStatus } from "./status.js";
import { type Colour, type Paint, printable, wrap } from "./terminal.js";
import { bitrateText, bytesText, durationText } from "./units.js";
import { fullTexts } from "./viewers.js";

export interface TableOptions {
  readonly now: Date;
  readonly columns: number;
  readonly paint: Paint;
}

type StreamColumn = Column<StreamStatus>;

const NARROWEST = 80;
const NAME_WIDTH = 15;
const DETAIL_INDENT = "  ";

const STATE_COLOURS = {
  starting: "cyan",
  running: "green",
  suspect: "yellow",
  recovering: "yellow",
  holding: "red",
  paused: "dim",
  stopping: "dim",
  stopped: "dim",
} as const satisfies Record<StreamStateName, Colour>;

const STATE_COLUMN: StreamColumn = { title: "STATE", width: 10, align: "left", cell: (stream) => stream.state };

/** Right of name and state; 80 columns in all. */
const COLUMNS: readonly StreamColumn[] = [
  { title: "FOR", width: 5, align: "right", cell: (stream, now) => durationText(secondsSince(stream.since, now)) },
  { title: "SOURCE", width: 18, align: "left", cell: sourceText },
  { title: "RATE", width: 7, align: "right", cell: (stream) => known(stream.source.bitrateBps, bitrateText) },
  { title: "VIEW", width: 4, align: "right", cell: viewersText },
  { title: "REC", width: 4, align: "left", cell: recordingText },
  { title: "CPU", width: 4, align: "right", cell: cpuText },
  { title: "MEM", width: 5, align: "right", cell: (stream) => known(stream.worker?.memoryBytes, bytesText) },
];

export function statusTable(report: StatusReport, options: TableOptions): string {
  const columns = Math.max(NARROWEST, options.columns);
  const longest = Math.max(NAME_WIDTH, ...report.streams.map((stream) => stream.name.length));
  const nameColumn: StreamColumn = {
    title: "STREAM",
    width: Math.min(longest, NAME_WIDTH + columns - NARROWEST),
    align: "left",
    cell: (stream) => stream.name,
  };
  const before = [nameColumn, STATE_COLUMN];
  const title = [...before, ...COLUMNS].map((column) => inColumn(column.title, column)).join(" ");
  const lines = [
    ...headLines(report, columns, options),
    "",
    ...(report.streams.length === 0
      ? ["No streams. Add one: dslrs add NAME --source rtsp://CAMERA/PATH"]
      : [options.paint("dim", title.trimEnd())]),
    ...report.streams.flatMap((stream) => [
      streamLine(stream, nameColumn, options),
      ...details(stream, options.now, report.supervisor.roots[0]?.path).flatMap((detail) => indented(detail, columns)),
    ]),
  ];
  return `${lines.join("\n")}\n`;
}

function headLines(report: StatusReport, columns: number, { now, paint }: TableOptions): string[] {
  const { supervisor } = report;
  const head = [
    `dslrs ${supervisor.version}`,
    `instance ${supervisor.instance}`,
    `pid ${supervisor.pid}`,
    `up ${durationText(supervisor.uptimeSeconds)}`,
    `rtsp://${supervisor.rtspListen}`,
    ...(supervisor.rtspsListen === null ? [] : [`rtsps://${supervisor.rtspsListen}`]),
  ].join("  ");
  const router =
    supervisor.router.state === "up" ? [] : [paint("red", "The RTSP router is down; it is being restarted.")];
  return [
    paint("bold", head),
    `config ${supervisor.configPath}`,
    ...openLines(supervisor, columns).map((line) => paint("yellow", line)),
    ...router,
    ...supervisor.hosts.flatMap((host) => wrap(hostText(host, now), columns)).map((line) => paint("yellow", line)),
    ...supervisor.roots.flatMap((root) => rootLines(root, columns, paint, now)),
    ...configErrorLines(report, columns, paint),
  ];
}

function openLines({ rtspOpen }: StatusReport["supervisor"], columns: number): string[] {
  const text = "Other machines can watch without a password; with `users:` in the config they need one.";
  return rtspOpen ? wrap(text, columns) : [];
}

function hostText({ address, since }: HostStatus, now: Date): string {
  const time = durationText(secondsSince(since, now));
  return `${printable(hostName(address))} has been away for ${time}; it is probed until it is back`;
}

function rootLines(root: RootStatus, columns: number, paint: Paint, now: Date): string[] {
  const { problem, archive, indexProblem } = root;
  const trouble = [
    ...(archive.state === "ok" ? [] : [`The disk has been ${archive.state} for ${sinceText(archive.since, now)}.`]),
    ...(problem === null ? [] : [problem]),
    ...(indexProblem === null ? [] : [`The index of recordings is not kept: ${indexProblem}.`]),
  ];
  const text = [`recordings ${root.path}: ${roomText(root)}`, ...trouble].join(". ");
  const lines = wrap(printable(text), columns);
  return trouble.length === 0 ? lines : lines.map((line) => paint("red", line));
}

function roomText({ freeBytes, reserveBytes }: RootStatus): string {
  return freeBytes === null || reserveBytes === null
    ? "not looked at yet"
    : `${bytesText(freeBytes)} free, reserve ${bytesText(reserveBytes)}`;
}

function sinceText(since: string | null, now: Date): string {
  return since === null ? "a while" : durationText(secondsSince(since, now));
}

function configErrorLines(report: StatusReport, columns: number, paint: Paint): string[] {
  const { configError, configPath } = report.supervisor;
  if (configError === null) return [];
  const place = [configPath, configError.line, configError.column].filter((part) => part !== null).join(":");
  // Some are whole sentences.
  const joint = configError.message.endsWith(".") ? "" : ";";
  const hint = configError.hint === null ? "" : `${joint} ${configError.hint}`;
  const rest = configError.concerns === "part" ? "All else is in force." : "The last good config stays in force.";
  const text = `${place}: ${configError.message}${hint} (${rest})`;
  return wrap(printable(`config error: ${text}`), columns).map((line) => paint("red", line));
}

function streamLine(stream: StreamStatus, nameColumn: StreamColumn, { now, paint }: TableOptions): string {
  const state = paint(STATE_COLOURS[stream.state], inColumn(stream.state, STATE_COLUMN));
  const rest = COLUMNS.map((column) => inColumn(column.cell(stream, now), column)).join(" ");
  return `${inColumn(stream.name, nameColumn)} ${state} ${rest}`.trimEnd();
}

function details(stream: StreamStatus, now: Date, preferredRoot: string | undefined): string[] {
  const outputs = stream.outputs.flatMap((output) => [...outputTrouble(output, preferredRoot), ...fullTexts(output)]);
  return stream.state === "running" ? outputs : [...trouble(stream, now), ...outputs];
}

/** A file that was begun before may still grow in the root at fault: that is no other place. */
function outputTrouble({ id, state, failure, root }: OutputStatus, preferredRoot: string | undefined): string[] {
  if (failure === null) return [];
  const isElsewhere = state === "degraded" && typeof root === "string" && root !== preferredRoot;
  const instead = isElsewhere ? ` It records to ${root} meanwhile.` : "";
  return [`output ${id}: ${failure.message}${instead}`];
}

function trouble(stream: StreamStatus, now: Date): string[] {
  const why = stream.reason ?? stream.failure?.message;
  const hint = stream.state === "holding" ? stream.failure?.hint : undefined;
  const isProbed = stream.state === "holding" && stream.breaker !== "closed";
  const next =
    stream.nextAttemptAt === null || isProbed
      ? undefined
      : `Next attempt in ${durationText(-secondsSince(stream.nextAttemptAt, now))}${attemptsText(stream.attempts)}.`;
  const text = [why, hint, next].filter((part) => part !== undefined && part !== "").join(" ");
  return text === "" ? [] : [text];
}

function attemptsText(attempts: number): string {
  return attempts > 0 ? `, ${attempts} failed so far` : "";
}

function indented(text: string, columns: number): string[] {
  return wrap(printable(text), columns - DETAIL_INDENT.length).map((line) => DETAIL_INDENT + line);
}

function sourceText(stream: StreamStatus): string {
  const track = stream.source.tracks.find(({ media }) => media === "video") ?? stream.source.tracks[0];
  if (track === undefined) return stream.source.kind;
  if (track.media === "audio") return `${track.encoding} audio`;
  const size = track.width === undefined || track.height === undefined ? "" : ` ${track.width}x${track.height}`;
  const fps = stream.source.fps ?? track.fps;
  return `${track.encoding}${size}${fps === undefined ? "" : `@${Math.round(fps)}`}`;
}

function viewersText(stream: StreamStatus): string {
  const serving = stream.outputs.filter((output) => output.kind === "rtsp");
  return serving.length === 0 ? "-" : String(serving.reduce((sum, output) => sum + (output.viewers ?? 0), 0));
}

/** The container while it records, else the state of the recording; nothing where no worker is there to record. */
function recordingText(stream: StreamStatus): string {
  if (stream.worker === null) return "-";
  const recordings = stream.outputs.filter((output) => output.kind === "record");
  const worst =
    recordings.find((output) => output.state === "down" || output.state === "degraded") ??
    recordings.find((output) => output.state === "waiting" && output.mode !== "event") ??
    recordings.find((output) => output.state === "up") ??
    recordings[0];
  return worst === undefined ? "-" : recordingWord(worst);
}

const SHORT_STATES = { waiting: "wait", degraded: "bad", down: "down" } as const;

function recordingWord(output: OutputStatus): string {
  if (output.state === "waiting" && output.mode === "event") return "idle";
  if (output.state !== "up") return SHORT_STATES[output.state];
  return /\.(mkv|mp4)(\.part)?$/.exec(output.path ?? "")?.[1] ?? "on";
}

function cpuText(stream: StreamStatus): string {
  return known(stream.worker?.cpuPercent, (percent) => `${Math.round(percent)}%`);
}

function known(value: number | null | undefined, text: (value: number) => string): string {
  return value === null || value === undefined ? "-" : text(value);
}
