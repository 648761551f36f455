/** From `outputs:` as written to the model: ids, mounts and paths given, settings of one kind of recording kept out of the other. */

import type {
  EventRecording,
  Fallback,
  MediaStream,
  OutputConfig,
  RecordingsPlace,
  RecordOutput,
  TapOutput,
} from "./model.js";
import { absolute, type Surroundings } from "./named-files.js";
import { EVENT_SETTINGS } from "./outputs.js";
import { expandTemplate, QUARANTINE } from "./path-template.js";
import type { Complain } from "./resolve.js";
import { resolveFallback } from "./resolve-retry.js";
import type { WrittenStream } from "./schema.js";
import { TAP_AUDIO_SUFFIX } from "./tap-paths.js";

type WrittenOutput = WrittenStream["outputs"][number];
type WrittenRecorder = Extract<WrittenOutput, { type: "record" }>;
type WrittenTap = Extract<WrittenOutput, { type: "tap" }>;
type Path = readonly (string | number)[];

interface OutputPlace {
  readonly stream: string;
  readonly recordings: RecordingsPlace;
  readonly fallback: Fallback;
  readonly around: Surroundings;
}

const DAY_MS = 86_400_000;
const EVENT_DEFAULTS: EventRecording = { preMs: 10_000, postMs: 10_000, mostMs: 600_000, preBytes: 32_000_000 };

export function resolveOutputs(
  stream: string,
  { outputs, fallback }: WrittenStream,
  recordings: RecordingsPlace,
  around: Surroundings,
  complain: Complain,
): Pick<MediaStream, "outputs" | "clip"> {
  const taken = takenIds(outputs, complain);
  for (const [index, output] of outputs.entries()) {
    if (output.type === "record") checkRecorder(output, ["outputs", index], complain);
    if (output.type === "tap") checkTap(output, around, ["outputs", index], complain);
  }
  const place: OutputPlace = { stream, recordings, fallback: resolveFallback(fallback), around };
  const resolved = outputs.map((output) => resolveOutput(output.id ?? freeId(output.type, taken), output, place));
  const clip = clipOutput(freeId("clip", taken), place);
  checkPaths([...resolved, clip], complain);
  return { outputs: resolved, clip };
}

function takenIds(outputs: readonly WrittenOutput[], complain: Complain): Map<string, number> {
  const taken = new Map<string, number>();
  for (const [index, { id }] of outputs.entries()) {
    if (id === undefined) continue;
    const other = taken.get(id);
    if (other === undefined) taken.set(id, index);
    else complain(["outputs", index, "id"], `is already the id of output ${other + 1}`, "give each output its own id");
  }
  return taken;
}

function freeId(type: string, taken: Map<string, number>): string {
  let id = type;
  for (let count = 2; taken.has(id); count += 1) id = `${type}-${count}`;
  taken.set(id, -1);
  return id;
}

function checkRecorder(written: WrittenRecorder, path: Path, complain: Complain): void {
  checkAlignment(written.rotate, [...path, "rotate"], complain);
  if (written.mode === "event") checkEvent(written, path, complain);
  else for (const key of EVENT_SETTINGS) checkAbsent(written, key, path, complain);
}

function checkAbsent(
  written: WrittenRecorder,
  key: (typeof EVENT_SETTINGS)[number],
  path: Path,
  complain: Complain,
): void {
  const hint = `remove \`${key}\`, or write \`mode: event\``;
  if (written[key] !== undefined) complain([...path, key], "does not fit a continuous recording", hint);
}

/** Files of 7 minutes that begin by the clock would begin at other minutes every day. */
function checkAlignment({ align, every }: WrittenRecorder["rotate"], path: Path, complain: Complain): void {
  if (!align || (every > 0 && DAY_MS % every === 0)) return;
  const hint = "give `every` a time that divides a day without a remainder, such as 10m, 1h or 1d";
  complain([...path, "align"], "needs another `every`", hint);
}

function checkEvent(written: WrittenRecorder, path: Path, complain: Complain): void {
  const { preMs, postMs, mostMs } = eventOf(written);
  if (preMs + postMs < mostMs) return;
  complain(
    [...path, written.max === undefined ? "preRoll" : "max"],
    "leaves an event no time",
    "make `max` longer than `preRoll` and `postRoll` together",
  );
}

/** What `sockaddr_un` holds. */
const LONGEST_SOCKET_PATH_BYTES = 107;

function checkTap({ path }: WrittenTap, around: Surroundings, at: Path, complain: Complain): void {
  if (path === undefined) return;
  const most = LONGEST_SOCKET_PATH_BYTES - Buffer.byteLength(TAP_AUDIO_SUFFIX);
  if (path.endsWith("/")) complain([...at, "path"], "is a folder", "add the name of the socket");
  else if (Buffer.byteLength(absolute(path, around)) > most)
    complain([...at, "path"], "is too long for a socket", `take one of ${most} bytes at most`);
}

/** The names of streams are part of the path too. */
function checkPaths(outputs: readonly OutputConfig[], complain: Complain): void {
  const isOurs = outputs.some((output) => output.kind === "record" && output.path.split("/").includes(QUARANTINE));
  const hint = "that one is for unusable files; choose another name";
  if (isOurs) complain([], `would be recorded into a folder "${QUARANTINE}"`, hint);
}

function resolveOutput(id: string, output: WrittenOutput, place: OutputPlace): OutputConfig {
  if (output.type === "rtsp") {
    const { path: mount = `/${place.stream}`, maxViewers, multicast } = output;
    const limits = { slowViewerMs: output.slowViewerTimeout, ...(maxViewers !== undefined && { maxViewers }) };
    const group = multicast === undefined ? {} : { multicast };
    return { id, kind: "rtsp", mount, fallback: place.fallback, ...limits, ...group };
  }
  if (output.type === "tap") return resolveTap(id, output, place);
  const { format, rotate, keep } = output;
  return {
    ...whereOf(id, place),
    format,
    rotateEveryMs: rotate.every,
    rotateBytes: rotate.size,
    rotateAligned: rotate.align,
    keepMs: (keep.days ?? 0) * DAY_MS,
    keepBytes: keep.size ?? 0,
    event: output.mode === "event" ? eventOf(output) : null,
  };
}

function resolveTap(id: string, { path, mode, group }: WrittenTap, { around }: OutputPlace): TapOutput {
  const where = path === undefined ? null : absolute(path, around);
  return { id, kind: "tap", path: where, mode, group: group ?? null };
}

function whereOf(id: string, { stream, recordings }: OutputPlace): Pick<RecordOutput, "id" | "kind" | keyof Place> {
  const { roots, pathTemplate, fileMode, directoryMode } = recordings;
  return { id, kind: "record", roots, path: expandTemplate(pathTemplate, stream, id), fileMode, directoryMode };
}

type Place = Pick<RecordOutput, "roots" | "path" | "fileMode" | "directoryMode">;

function eventOf({ preRoll, postRoll, max, preRollSize }: WrittenRecorder): EventRecording {
  return {
    preMs: preRoll ?? EVENT_DEFAULTS.preMs,
    postMs: postRoll ?? EVENT_DEFAULTS.postMs,
    mostMs: max ?? EVENT_DEFAULTS.mostMs,
    preBytes: preRollSize ?? EVENT_DEFAULTS.preBytes,
  };
}

/** For one event that somebody asks for: as long as they say, in files of an hour at most. */
function clipOutput(id: string, place: OutputPlace): RecordOutput {
  return {
    ...whereOf(id, place),
    format: "mkv",
    rotateEveryMs: 3_600_000,
    rotateBytes: 0,
    rotateAligned: false,
    keepMs: 0,
    keepBytes: 0,
    event: { ...EVENT_DEFAULTS, postMs: 0, mostMs: 2 * DAY_MS },
  };
}
