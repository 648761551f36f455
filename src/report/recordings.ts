/** The contract of `dslrs recordings --json` and GET /v1/recordings. Times are ISO 8601 in UTC, durations and sizes carry their unit. */

import { join } from "node:path";
import type { Gap, PlacedRecording, RecordingsAnswer } from "../recordings/recording.js";

export interface RecordingsReport {
  /** By stream, output and time. */
  readonly recordings: readonly RecordingReport[];
  /** By stream, output and time; also pauses. */
  readonly gaps: readonly GapReport[];
  readonly roots: readonly {
    readonly path: string;
    /** Why what is there is not in this answer; null: it is. */
    readonly problem: string | null;
  }[];
}

export interface RecordingReport {
  readonly stream: string;
  readonly output: string;
  /** Absolute; with `.part` behind it while it is being written. */
  readonly path: string;
  readonly root: string;
  readonly start: string;
  /** null: it is being written, or its length is unknown. */
  readonly end: string | null;
  /** One that is `writing` and has an end was left behind, and is mended soon. */
  readonly state: "writing" | "finished";
  readonly durationMs: number | null;
  readonly bytes: number | null;
  /** Of the video. */
  readonly frames: number | null;
  readonly keyframes: number | null;
  /** Of the tracks, video first. */
  readonly encodings: readonly string[];
  /** Why it ended; null: nobody knows, or it goes on. */
  readonly reason: string | null;
  /** No frame was lost between the file before and this one; null: nobody knows. */
  readonly continues: boolean | null;
}

export interface GapReport {
  readonly stream: string;
  readonly output: string;
  readonly from: string;
  /** null: it goes on. */
  readonly to: string | null;
  /** That of a failure (docs/troubleshooting.md), or `paused`, `stopped`, `removed`, `unknown`, or why the file before ended. */
  readonly class: string;
  readonly sentence: string;
}

export function recordingsReport({ recordings, gaps, roots }: RecordingsAnswer): RecordingsReport {
  return { recordings: recordings.map(recordingReport), gaps: gaps.map(gapReport), roots };
}

function recordingReport(recording: PlacedRecording): RecordingReport {
  const { stream, output, root, startedAt, endedAt, isOpen, durationMs, bytes, frames, keyframes } = recording;
  return {
    stream,
    output,
    path: join(root, isOpen ? `${recording.path}.part` : recording.path),
    root,
    start: isoTime(startedAt),
    end: endedAt === null ? null : isoTime(endedAt),
    state: isOpen ? "writing" : "finished",
    durationMs,
    bytes,
    frames,
    keyframes,
    encodings: recording.encodings,
    reason: recording.reason,
    continues: recording.continues,
  };
}

function gapReport({ stream, output, from, to, class: gapClass, sentence }: Gap): GapReport {
  return { stream, output, from: isoTime(from), to: to === null ? null : isoTime(to), class: gapClass, sentence };
}

function isoTime(ms: number): string {
  return new Date(Math.round(ms)).toISOString();
}
