/** The times without a recording, from recordings and from what was noted of why there is none. Pure. */

import type { Gap, Recording } from "./recording.js";

/** What one output left, each oldest first. */
export interface Tracks {
  readonly stream: string;
  readonly output: string;
  readonly recordings: readonly Recording[];
  /** As they were noted. */
  readonly gaps: readonly Gap[];
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Files of one time of recording are no further apart than this, whatever the clocks did. */
const SEAM_MS = 1_500;
/** A failure is noticed so much later than the last frame, at most. */
const NOTICED_MS = 60_000;

/** `isWanted`: something is to be recorded now. A gap that goes on has no end. */
export function gapsOf(tracks: Tracks, now: number, isWanted: boolean): Gap[] {
  const files = tracks.recordings.map((recording) => ({ ...spanOf(recording, now), recording })).sort(byStart);
  const covered = joined(files);
  const explained: (Gap & Span)[] = [];
  for (const gap of tracks.gaps) {
    const next = files[indexFrom(files, gap.from + 1)];
    const whole = { from: gap.from, to: gap.to ?? next?.from ?? Math.max(now, gap.from) };
    for (const piece of piecesOf(gap, whole, covered, explained)) {
      explained.splice(indexFrom(explained, piece.from), 0, piece);
    }
  }
  const holes = holesIn(covered, isWanted ? now : undefined);
  const unexplained = holes.flatMap((hole) => without(hole, near(explained, hole)));
  const guessed = unexplained
    .filter((span) => span.to - span.from > SEAM_MS)
    .map((span) => ({ ...ownerOf(tracks), ...span, ...guess(files[indexFrom(files, span.to)]?.recording) }));
  return [...explained, ...guessed]
    .sort(byStart)
    .map((gap) => ({ ...gap, to: gap.to >= now && isWanted ? null : gap.to }));
}

/** One that is being written goes up to now; of one that nobody could read only the beginning is known. */
function spanOf({ startedAt, endedAt, isOpen }: Recording, now: number): Span {
  return { from: startedAt, to: Math.max(startedAt, endedAt ?? (isOpen ? now : startedAt)) };
}

/** Spans by their beginnings, in which nothing overlaps. */
function joined(spans: readonly Span[]): Span[] {
  const all: Span[] = [];
  for (const { from, to } of spans) {
    const last = all.at(-1);
    if (last && from <= last.to) all[all.length - 1] = { from: last.from, to: Math.max(last.to, to) };
    else all.push({ from, to });
  }
  return all;
}

/** Of the first that begins then or later: a week of a camera that comes and goes has thousands. */
function indexFrom(spans: readonly Span[], at: number): number {
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle]?.from ?? at) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Those that reach into this time. */
function near(spans: readonly Span[], { from, to }: Span): readonly Span[] {
  return spans.slice(Math.max(0, indexFrom(spans, from) - 1), indexFrom(spans, to));
}

/** What is left of a gap beside the recordings, which know better when they began and ended, and beside the gaps `before`. */
function piecesOf(gap: Gap, whole: Span, covered: readonly Span[], before: readonly Span[]): (Gap & Span)[] {
  const known = [...near(covered, whole), ...near(before, whole)];
  return without(whole, known).map((span) => ({ ...gap, ...snapped(span, covered, before) }));
}

/** It began with the last frame, not when somebody noticed. */
function snapped(span: Span, covered: readonly Span[], explained: readonly Span[]): Span {
  const before = covered[indexFrom(covered, span.from + 1) - 1];
  const after = covered[indexFrom(covered, span.to)];
  const between = before && near(explained, { from: before.to, to: span.from });
  const isFirst = between && !between.some(({ to }) => to > before.to && to <= span.from);
  return {
    from: isFirst && span.from - before.to <= NOTICED_MS ? before.to : span.from,
    to: after && after.from - span.to <= SEAM_MS ? after.from : span.to,
  };
}

function holesIn(covered: readonly Span[], upTo: number | undefined): Span[] {
  const [first] = covered;
  const end = upTo ?? covered.reduce((latest, { to }) => Math.max(latest, to), 0);
  return first ? without({ from: first.from, to: Math.max(first.from, end) }, covered) : [];
}

/** `spans`: by their beginnings. */
function without(whole: Span, spans: readonly Span[]): Span[] {
  const left: Span[] = [];
  let from = whole.from;
  for (const span of [...spans].sort(byStart)) {
    if (span.to <= from) continue;
    if (span.from >= whole.to) break;
    if (span.from > from) left.push({ from, to: span.from });
    from = Math.max(from, span.to);
  }
  if (from < whole.to) left.push({ from, to: whole.to });
  return left;
}

/** A recording that went on from one which is not there says that somebody took it away. */
function guess(next: Recording | undefined): Pick<Gap, "class" | "sentence"> {
  return next?.continues === true
    ? { class: "removed", sentence: "The recording was removed." }
    : { class: "unknown", sentence: "Nobody saw why: dslrs was not running, or its notes are lost." };
}

function ownerOf({ stream, output }: Tracks) {
  return { stream, output };
}

function byStart(a: Span, b: Span): number {
  return a.from - b.from || a.to - b.to;
}
