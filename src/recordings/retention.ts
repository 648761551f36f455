/**
 * Keeps the recordings within their limits and the disk above its reserve, for as long as the supervisor runs. The free space is looked at
 * every few seconds, the files once a minute or when space is short. All of it is done one step after the other.
 */

import type { Log } from "../report/log.js";
import type { MeasuredRoot } from "./archive-messages.js";
import { filesToRemove } from "./choice.js";
import type { Library } from "./library.js";
import { createRetentionNews, type RetentionNote } from "./news.js";
import { type Batch, type PlacedShelf, removeFiles } from "./removal.js";
import { reserveOf, type Space, shortBytes } from "./reserve.js";
import type { Held } from "./shares.js";
import { deviceOf, spaceOf } from "./space.js";

/** What there is to keep, as the config and the streams have it now. */
export interface Keeping {
  readonly root: string;
  /** Of all together; 0: no limit. */
  readonly keepBytes: number;
  readonly reserveBytes: number | "auto";
  readonly outputs: readonly KeptOutput[];
  /** That may have files, and no limits of their own: they count for those of all, and make room for the reserve. */
  readonly others: readonly Placed[];
  /** What is written now. */
  readonly bytesPerSecond: number;
}

export interface Placed {
  readonly stream: string;
  readonly output: string;
  /** The path template of its files, with stream and output filled in. */
  readonly template: string;
}

export interface KeptOutput extends Placed {
  /** It is to record all the time: a time without a recording is a gap. */
  readonly isContinuous: boolean;
  /** 0: no limit. */
  readonly keepMs: number;
  readonly keepBytes: number;
}

export interface Clock {
  /** ms since 1970 */
  now(): number;
  /** Returns how to cancel it. */
  after(ms: number, run: () => void): () => void;
}

export interface RetentionParts {
  readonly clock: Clock;
  readonly library: Library;
  /** `undefined`: nothing is recorded. */
  readonly keeping: () => Keeping | undefined;
  readonly log: Log;
  readonly note: RetentionNote;
  /** From the root. */
  readonly onRemoved: (paths: readonly string[]) => void;
  /** By default that of the system. */
  readonly spaceOf?: (folder: string) => Promise<Space | undefined>;
}

export interface Retention {
  /** As of the last look. */
  roots(): readonly MeasuredRoot[];
  /** The same. */
  held(): readonly Held[];
  /** At the files too, since what is to be kept may have changed. */
  lookSoon(): void;
  stop(): void;
}

const EVERY_MS = 5_000;
const FILES_EVERY_MS = 60_000;
/** Between two batches. */
const PAUSE_MS = 100;

export function createRetention(parts: RetentionParts): Retention {
  const { clock, keeping, log } = parts;
  const measure = parts.spaceOf ?? spaceOf;
  const news = createRetentionNews({ log, note: parts.note, now: clock.now });
  let roots: readonly MeasuredRoot[] = [];
  let held: readonly Held[] = [];
  let filesDueAt = 0;
  let isStopped = false;
  let isBusy = false;
  let cancel = clock.after(0, turn);

  async function turn(): Promise<void> {
    isBusy = true;
    const pauseMs = await round().catch((error: unknown) => {
      news.unreadable(error instanceof Error ? error.message : String(error));
      return EVERY_MS;
    });
    isBusy = false;
    if (!isStopped) cancel = clock.after(pauseMs, turn);
  }

  /** Resolves with the time until the next. */
  async function round(): Promise<number> {
    const kept = keeping();
    const space = kept && (await measure(kept.root));
    if (!kept || !space) {
      roots = [];
      held = [];
      return EVERY_MS;
    }
    const reserve = reserveOf(kept.reserveBytes, space, kept.bytesPerSecond);
    const short = shortBytes(reserve, space, kept.bytesPerSecond);
    news.measured(space, reserve);
    show(kept.root, space, reserve);
    // Where nothing is left to remove, looking again at once would find nothing either.
    if (clock.now() < filesDueAt && (short <= 0 || news.isMissed())) return EVERY_MS;
    filesDueAt = clock.now() + FILES_EVERY_MS;
    const batch = await removeWhatIsDue(kept, short);
    news.removed(batch);
    if (batch.paths.length > 0) parts.onRemoved(batch.paths);
    if (batch.isCut) filesDueAt = 0;
    if (batch.isCut) return PAUSE_MS;
    const madeBytes = batch.removed.reduce((sum, { bytes }) => sum + bytes, 0);
    if (space.freeBytes + madeBytes < reserve && !isStopped) news.missed(space, reserve, kept.root);
    show(kept.root, madeBytes > 0 ? ((await measure(kept.root)) ?? space) : space, reserve);
    return EVERY_MS;
  }

  function show(path: string, { freeBytes, totalBytes }: Space, reserveBytes: number): void {
    roots = [{ path, freeBytes, totalBytes, reserveBytes, problem: news.problem() }];
  }

  async function removeWhatIsDue(kept: Keeping, short: number): Promise<Batch> {
    const shelves = await shelvesOf(kept);
    held = shelves.map(heldIn);
    const limits = { now: clock.now(), keepBytes: kept.keepBytes, shortBytes: short };
    return removeFiles(kept.root, filesToRemove(shelves, limits), () => isStopped);
  }

  async function shelvesOf({ root, outputs, others }: Keeping): Promise<PlacedShelf[]> {
    const rootDevice = await deviceOf(root);
    const shelves: PlacedShelf[] = [];
    const unlimited = others.map((other) => ({ ...other, keepMs: 0, keepBytes: 0 }));
    for (const output of [...outputs, ...unlimited]) {
      if (isStopped) break;
      const listing = await parts.library.look(output);
      if (!listing) continue;
      const { stream, output: id, keepMs, keepBytes } = output;
      const files = listing.files.filter(({ isProtected }) => !isProtected);
      const bytes = [...files, ...listing.unfinished].reduce((sum, file) => sum + file.bytes, 0);
      shelves.push({ stream, output: id, keepMs, keepBytes, files, bytes, isOnDisk: listing.device === rootDevice });
    }
    return shelves;
  }

  return {
    roots: () => roots,
    held: () => held,
    lookSoon() {
      filesDueAt = 0;
      if (isBusy || isStopped) return;
      cancel();
      cancel = clock.after(0, turn);
    },
    stop() {
      isStopped = true;
      cancel();
    },
  };
}

function heldIn({ stream, output, bytes, files }: PlacedShelf): Held {
  return { stream, output, bytes, oldestAt: files[0]?.startedAt ?? null };
}
