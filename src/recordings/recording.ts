/** What is known of recordings and of the times without one. Times are ms since 1970. */

export interface Recording {
  readonly stream: string;
  readonly output: string;
  /** From the root. */
  readonly path: string;
  readonly startedAt: number;
  /** `null`: it is being written, or nobody could read its length. */
  readonly endedAt: number | null;
  /** It has no final name: it is being written, or was left behind at `endedAt`. */
  readonly isOpen: boolean;
  readonly durationMs: number | null;
  readonly bytes: number | null;
  /** Of the video. */
  readonly frames: number | null;
  readonly keyframes: number | null;
  /** Of its tracks, video first. */
  readonly encodings: readonly string[];
  /** Why it ended, as its writer said; `salvaged`; `null`: nobody knows. */
  readonly reason: string | null;
  /** No frame was lost between the file before and this one; `null`: nobody knows. */
  readonly continues: boolean | null;
}

/** A recording and the root it is below. */
export interface PlacedRecording extends Recording {
  readonly root: string;
}

/** Of failures their class; beside those: */
export type GapClass = "paused" | "stopped" | "removed" | "unknown" | (string & {});

export interface Gap {
  readonly stream: string;
  readonly output: string;
  readonly from: number;
  /** `null`: it goes on. */
  readonly to: number | null;
  readonly class: GapClass;
  /** Why nothing was recorded. */
  readonly sentence: string;
}

export interface RecordingsQuery {
  readonly stream?: string;
  readonly output?: string;
  /** What overlaps this time; left out: from the oldest, or up to now. */
  readonly from?: number;
  readonly to?: number;
}

/** What one root has to say to a query. */
export interface RootFindings {
  readonly recordings: readonly Recording[];
  /** As they were noted; one without an end goes up to the next recording. */
  readonly gaps: readonly Gap[];
}

/** Of a root that was asked; `problem`: why it could not say all. */
export interface RootAnswer {
  readonly path: string;
  readonly problem: string | null;
}

export interface RecordingsAnswer {
  /** By stream, output and time. */
  readonly recordings: readonly PlacedRecording[];
  readonly gaps: readonly Gap[];
  readonly roots: readonly RootAnswer[];
}
