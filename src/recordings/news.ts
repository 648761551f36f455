/** What people are told of the keeping of recordings: every removal in the log, in events what they should know, nothing twice. */

import type { EventKind } from "../report/event.js";
import type { Log } from "../report/log.js";
import { bytesText } from "../report/units.js";
import type { Cause } from "./choice.js";
import type { Batch, Removed } from "./removal.js";
import type { Space } from "./reserve.js";

type Kind = Extract<EventKind, "recordingsRemoved" | "reserveMissed" | "reserveHeld">;

export type RetentionNote = (kind: Kind, message: string) => void;

export interface RetentionNewsParts {
  readonly log: Log;
  readonly note: RetentionNote;
  readonly now: () => number;
}

export interface RetentionNews {
  measured(space: Space, reserve: number): void;
  removed(batch: Batch): void;
  /** All that may go is gone, and the disk still short. */
  missed(space: Space, reserve: number, root: string): void;
  unreadable(why: string): void;
  isMissed(): boolean;
  /** Why the reserve does not hold, and what to do about it. */
  problem(): string | null;
}

const CAUSE_TEXTS: Readonly<Record<Cause, string>> = {
  age: "they are older than keep.days",
  size: "the output has more than keep.size",
  total: "all together have more than recordings.keep.size",
  reserve: "the disk needs room for its reserve",
};
const KEEP_HINT =
  "recordings with a .keep marker or of streams that are no longer in the config, or lower recordings.reserve";
/** On a full disk the reserve forces a removal at every new file. */
const TOLD_EVERY_MS = 3_600_000;
/** Above the reserve by so much, it holds again: files of others come and go. */
const HELD_AGAIN = 1.05;

export function createRetentionNews({ log, note, now }: RetentionNewsParts): RetentionNews {
  let problem: string | null = null;
  let complaint = "";
  let forced = { files: 0, bytes: 0 };
  let toldAt = Number.NEGATIVE_INFINITY;

  function complain(text: string): void {
    if (text !== complaint && text !== "") log.warn(text);
    complaint = text;
  }

  function tellForced(removed: readonly Removed[]): void {
    for (const { cause, files, bytes } of removed) {
      if (cause === "reserve") forced = { files: forced.files + files, bytes: forced.bytes + bytes };
    }
    if (forced.files === 0 || now() - toldAt < TOLD_EVERY_MS) return;
    note("recordingsRemoved", `The disk was short of its reserve: ${countText(forced)} made room, the oldest.`);
    forced = { files: 0, bytes: 0 };
    toldAt = now();
  }

  return {
    measured({ freeBytes }, reserve) {
      if (problem === null || freeBytes < reserve * HELD_AGAIN) return;
      problem = null;
      const sentence = `The disk of the recordings has its reserve again: ${bytesText(freeBytes)} are free.`;
      log.info(sentence);
      note("reserveHeld", sentence);
    },
    removed(batch) {
      for (const removed of batch.removed) {
        const upTo = new Date(removed.upTo).toISOString();
        const sentence = `Removed ${countText(removed)}, up to that of ${upTo}: ${CAUSE_TEXTS[removed.cause]}`;
        log.forStream(removed.stream).info(sentence);
      }
      tellForced(batch.removed);
      complain(batch.problem === null ? "" : `A recording could not be removed: ${batch.problem}`);
    },
    missed({ freeBytes }, reserve, root) {
      if (problem !== null) return;
      const cause = complaint === "" ? "No recording is left that may go." : `${complaint}.`;
      problem = `${cause} Remove other files from the disk of ${root}, ${KEEP_HINT}.`;
      const sentence = `The disk of the recordings is nearly full: ${bytesText(freeBytes)} free, ${bytesText(reserve)} to be kept. ${problem}`;
      log.error(sentence);
      note("reserveMissed", sentence);
    },
    unreadable: (why) => complain(`The recordings cannot be looked at: ${why}`),
    isMissed: () => problem !== null,
    problem: () => problem,
  };
}

function countText({ files, bytes }: Pick<Removed, "files" | "bytes">): string {
  return `${files} ${files === 1 ? "recording" : "recordings"} (${bytesText(bytes)})`;
}
