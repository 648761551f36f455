/**
 * Which files go, in which order. Pure. First what its own output does not keep; then, for the limit of all and for the reserve, the file
 * that is the furthest towards the limits of its output, so that all outputs shrink in proportion to what they were to keep.
 */

import type { RecordedFile } from "./catalogue.js";

export type Cause = "age" | "size" | "total" | "reserve";

/** The recordings of one output. */
export interface Shelf {
  /** Finished, not protected, oldest first. */
  readonly files: readonly RecordedFile[];
  /** Of what counts for limits: these files, and those that are not finished. */
  readonly bytes: number;
  /** 0: no limit. */
  readonly keepMs: number;
  readonly keepBytes: number;
  /** What is removed there makes room on the disk of the root. */
  readonly isOnDisk: boolean;
}

export interface Limits {
  readonly now: number;
  /** Of all together; 0: no limit. */
  readonly keepBytes: number;
  /** So much is missing on the disk. */
  readonly shortBytes: number;
}

export interface Removal<S extends Shelf> {
  readonly shelf: S;
  readonly file: RecordedFile;
  readonly cause: Cause;
}

/** For an output without limits of its own. */
const USUAL_MS = 30 * 86_400_000;

/** Counts on it that every file it yields is removed before it is asked for the next. */
export function* filesToRemove<S extends Shelf>(shelves: readonly S[], limits: Limits): Generator<Removal<S>> {
  const piles = shelves.map((shelf) => ({ shelf, next: 0, bytes: shelf.bytes }));
  type Pile = (typeof piles)[number];
  let total = piles.reduce((sum, { bytes }) => sum + bytes, 0);
  let missing = limits.shortBytes;

  function take(pile: Pile, cause: Cause): Removal<S> | undefined {
    const file = oldest(pile);
    if (!file) return undefined;
    pile.next += 1;
    pile.bytes -= file.bytes;
    total -= file.bytes;
    if (pile.shelf.isOnDisk) missing -= file.bytes;
    return { shelf: pile.shelf, file, cause };
  }

  for (const pile of piles) {
    const { keepMs, keepBytes } = pile.shelf;
    const isTooOld = () => keepMs > 0 && (oldest(pile)?.startedAt ?? limits.now) + keepMs < limits.now;
    while (isTooOld()) yield* given(take(pile, "age"));
    while (keepBytes > 0 && pile.bytes > keepBytes && oldest(pile)) yield* given(take(pile, "size"));
  }
  const due = (among: readonly Pile[]) => furthest(among, limits.now);
  for (let pile = due(piles); pile && limits.keepBytes > 0 && total > limits.keepBytes; pile = due(piles)) {
    yield* given(take(pile, "total"));
  }
  const onDisk = piles.filter(({ shelf }) => shelf.isOnDisk);
  for (let pile = due(onDisk); pile && missing > 0; pile = due(onDisk)) yield* given(take(pile, "reserve"));
}

interface PileView {
  readonly shelf: Shelf;
  readonly next: number;
  readonly bytes: number;
}

function oldest({ shelf, next }: PileView): RecordedFile | undefined {
  return shelf.files[next];
}

function furthest<P extends PileView>(piles: readonly P[], now: number): P | undefined {
  let best: { pile: P; part: number } | undefined;
  for (const pile of piles) {
    const file = oldest(pile);
    if (!file) continue;
    const part = partOfLimits(pile, file, now);
    if (!best || part > best.part) best = { pile, part };
  }
  return best?.pile;
}

/** 1 and more: its own output would remove it. */
function partOfLimits({ shelf, bytes }: PileView, file: RecordedFile, now: number): number {
  const { keepMs, keepBytes } = shelf;
  const bySize = keepBytes > 0 ? bytes / keepBytes : 0;
  const isByAge = keepMs > 0 || keepBytes === 0;
  const byAge = isByAge ? (now - file.startedAt) / (keepMs || USUAL_MS) : 0;
  return Math.max(bySize, byAge);
}

function* given<T>(value: T | undefined): Generator<T> {
  if (value !== undefined) yield value;
}
