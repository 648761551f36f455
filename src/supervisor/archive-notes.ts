/**
 * What the archive is to remember of one stream: its recordings as they begin and end, and since when and why there is none. It listens to
 * what the stream's history is told.
 */

import type { Failure } from "../failure.js";
import type { StreamEvent, StreamState } from "../policy/states.js";
import type { Gap, Recording } from "../recordings/recording.js";
import type { WorkerReport } from "../worker/worker.js";
import type { History } from "./history.js";

/** `path` is absolute in all of them. */
export interface ArchiveTarget {
  recording(path: string, recording: Omit<Recording, "path">): void;
  /** `isBetter`: the reason of a gap that was told of already. */
  gap(gap: Omit<Gap, "to">, isBetter: boolean): void;
  /** A writer is gone, and may have left something. */
  writerGone(): void;
}

type Reason = Pick<Gap, "class" | "sentence">;
type Opened = Extract<WorkerReport, { type: "segmentOpened" }>;
type Closed = Extract<WorkerReport, { type: "segmentClosed" }>;

/** Of one output that records all the time. */
interface Track {
  /** What is being written. Files need not be finished in the order in which they were begun. */
  readonly open: Map<string, Opened>;
  newest: string;
  /** Nothing is recorded since then. */
  gap: { readonly from: number; readonly isSure: boolean } | undefined;
  /** Of the output itself. */
  failure: Failure | undefined;
}

/** Where only the end of a file says why nothing follows. */
const CLOSE_REASONS: Readonly<Record<string, string>> = {
  ingestDown: "The source was interrupted.",
  noKeyframe: "No keyframe came.",
  tracksChanged: "The format of the source changed.",
  error: "The recording could not be written.",
};
const GOES_ON = new Set(["time", "size", "rotate", "event"]);

export interface NotesParts {
  readonly stream: string;
  readonly history: History;
  readonly target: ArchiveTarget;
  /** Whether the output is to record all the time. */
  readonly isContinuous: (output: string) => boolean;
}

/** A history that the archive hears of too. */
export function withArchive({ stream, history, target, isContinuous }: NotesParts): History {
  const tracks = new Map<string, Track>();
  /** Of the stream: the first since it last ran. */
  let failure: Failure | undefined;
  let rest: Reason | undefined;

  function trackOf(output: string): Track {
    const track = tracks.get(output) ?? { open: new Map(), newest: "", gap: undefined, failure: undefined };
    tracks.set(output, track);
    return track;
  }

  function knownReason({ failure: own }: Track): Reason | undefined {
    const known = own ?? failure;
    return known ? { class: known.class, sentence: known.message } : rest;
  }

  function beginGap(output: string, from: number, closedBecause: string): void {
    const track = trackOf(output);
    if (!isContinuous(output)) return;
    const known = knownReason(track);
    const guess = { class: closedBecause, sentence: CLOSE_REASONS[closedBecause] ?? "Nothing was recorded." };
    track.gap = { from, isSure: known !== undefined };
    target.gap({ stream, output, from, ...(known ?? guess) }, false);
  }

  /** The first reason counts. */
  function explainGaps(): void {
    for (const [output, track] of tracks) {
      const known = knownReason(track);
      if (!track.gap || track.gap.isSure || !known) continue;
      track.gap = { ...track.gap, isSure: true };
      target.gap({ stream, output, from: track.gap.from, ...known }, true);
    }
  }

  function opened(report: Opened): void {
    const track = trackOf(report.id);
    track.open.set(report.path, report);
    track.newest = report.path;
    track.gap = undefined;
    target.recording(report.path, begun(report));
  }

  function begun({ id, startedAt, encodings, continues }: Opened): Omit<Recording, "path"> {
    const unknown = { endedAt: null, durationMs: null, bytes: null, frames: null, keyframes: null, reason: null };
    return { stream, output: id, startedAt, encodings, continues, isOpen: true, ...unknown };
  }

  function closed(report: Closed): void {
    const track = trackOf(report.id);
    const before = track.open.get(report.path);
    const continues = before?.continues ?? null;
    track.open.delete(report.path);
    const { path, startedAt, frames, keyframes, bytes, durationMs, encodings, reason, whole } = report;
    const media = { startedAt, durationMs, frames, keyframes, bytes, encodings };
    const endedAt = startedAt + durationMs;
    const ends = { endedAt, isOpen: false, reason, continues };
    if (whole) target.recording(path, { stream, output: report.id, ...media, ...ends });
    else if (before) target.recording(path, { ...begun(before), endedAt });
    if (!whole) target.writerGone();
    if (path === track.newest && !GOES_ON.has(reason)) beginGap(report.id, endedAt, reason);
  }

  /** Without a word from the worker about its files. */
  function workerGone(at: number): void {
    for (const [output, track] of tracks) {
      if (track.open.size > 0) beginGap(output, at, "unknown");
      for (const report of track.open.values()) target.recording(report.path, { ...begun(report), endedAt: at });
      track.open.clear();
    }
    target.writerGone();
  }

  /** From here on nobody wants a recording, whatever kept it away before. */
  function pauseGaps(at: number): void {
    for (const [output, track] of tracks) if (track.gap) beginGap(output, at, "paused");
  }

  function followState(before: StreamState, after: StreamState, cause: StreamEvent, at: number, faultAt: number): void {
    if (after.is === "running") [failure, rest] = [undefined, undefined];
    if (after.is === "recovering" || after.is === "holding") failure ??= after.failure;
    if (after.is === "paused" || after.is === "stopping" || after.is === "stopped") {
      failure = undefined;
      rest = restOf(after);
    }
    if (cause.type === "workerExited") workerGone(faultAt);
    if (after.is === "paused" && before.is !== "paused") pauseGaps(at);
    explainGaps();
  }

  function followReport(report: WorkerReport): void {
    switch (report.type) {
      case "segmentOpened":
        opened(report);
        break;
      case "segmentClosed":
        closed(report);
        break;
      case "outputDown":
      case "outputDegraded":
        trackOf(report.id).failure = report.failure;
        explainGaps();
        break;
      case "outputUp":
        trackOf(report.id).failure = undefined;
        break;
      default:
        break;
    }
  }

  return {
    ...history,
    changed(before, after, cause, at, faultAt = at) {
      history.changed(before, after, cause, at, faultAt);
      followState(before, after, cause, at, faultAt);
    },
    reported(report, at) {
      history.reported(report, at);
      followReport(report);
    },
  };
}

function restOf(state: StreamState): Reason {
  const isPaused = state.is === "paused" || (state.is === "stopping" && state.target.is === "paused");
  return isPaused
    ? { class: "paused", sentence: "Paused by a user." }
    : { class: "stopped", sentence: "dslrs was stopped." };
}
