/** What the supervisor and the archive process of a root say to each other. */

import type { RootStatus } from "../report/status.js";
import type { Gap, Recording, RecordingsQuery, RootFindings } from "./recording.js";
import type { Keeping } from "./retention.js";
import type { Held } from "./shares.js";

/** What happened, to be remembered in the index. */
export type ArchiveNote =
  | { readonly is: "recording"; readonly recording: Recording }
  /** `isBetter`: the reason of the gap that is open is known only now. */
  | { readonly is: "gap"; readonly gap: Omit<Gap, "to">; readonly isBetter: boolean };

export type ArchiveOrder =
  /** What there is to keep, and what is written now; also asks whether the disk answers. `undefined`: nothing is recorded. */
  | { readonly do: "beat"; readonly keeping: Keeping | null; readonly isNew: boolean }
  | { readonly do: "remember"; readonly notes: readonly ArchiveNote[] }
  /** At all files: a writer is gone, and may have left some. */
  | { readonly do: "look" }
  | { readonly do: "find"; readonly query: RecordingsQuery }
  | { readonly do: "reindex" }
  | { readonly do: "stop" };

/** Answered, in any order, with the same `id`. */
export type ArchiveRequest = ArchiveOrder & { readonly id: number };

export type ArchiveReply =
  | { readonly id: number; readonly ok: true; readonly value: ReplyValues[keyof ReplyValues] }
  | { readonly id: number; readonly ok: false; readonly message: string };

export interface ReplyValues {
  readonly beat: BeatAnswer;
  readonly remember: null;
  readonly look: null;
  readonly find: RootFindings;
  /** Recordings that there are. */
  readonly reindex: number;
  readonly stop: null;
}

/** What a look at a disk tells. */
export type MeasuredRoot = Omit<RootStatus, "archive" | "indexProblem">;

export interface BeatAnswer {
  /** Of the space; `null`: it was not looked at yet, or nothing is to be kept. */
  readonly root: MeasuredRoot | null;
  /** By output, as of the last look at the files. */
  readonly held: readonly Held[];
  /** Why the index is not kept on the disk. */
  readonly indexProblem: string | null;
}

type EventKind = "recordingsRemoved" | "reserveMissed" | "reserveHeld" | "recordingQuarantined" | "indexRebuilt";

/** What people are to be told. `stream` `null`: it concerns the instance. */
export type ArchiveWord =
  | {
      readonly tell: "log";
      readonly level: "info" | "warn" | "error" | "debug";
      readonly stream: string | null;
      readonly message: string;
    }
  /** A recording that was left unfinished has its final name. */
  | { readonly tell: "salvaged"; readonly recording: Recording }
  | { readonly tell: "event"; readonly kind: EventKind; readonly stream: string | null; readonly message: string };

export type ArchiveMessage = ArchiveReply | ArchiveWord;
