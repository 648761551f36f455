/** What the roots found, put together: one row of recordings per output, whatever disk each is on, and the gaps in it. Pure. */

import { gapsOf } from "./gaps.js";
import type { Gap, PlacedRecording, RecordingsAnswer, RecordingsQuery, RootFindings } from "./recording.js";

export interface RootResult {
  readonly path: string;
  readonly findings: RootFindings | undefined;
  readonly problem: string | null;
}

export interface AnswerParts {
  readonly roots: readonly RootResult[];
  readonly query: RecordingsQuery;
  readonly now: number;
  /** Whether this output is to record now. */
  readonly isWanted: (stream: string, output: string) => boolean;
}

/** Gaps are seen between recordings: so far around the times that are asked for, others are looked at too. */
export const SURROUNDINGS_MS = 8 * 86_400_000;

/** What to ask a root for `query`. */
export function widened({ from, to, ...about }: RecordingsQuery): RecordingsQuery {
  return {
    ...about,
    ...(from !== undefined && { from: from - SURROUNDINGS_MS }),
    ...(to !== undefined && { to: to + SURROUNDINGS_MS }),
  };
}

export function answerOf({ roots, query, now, isWanted }: AnswerParts): RecordingsAnswer {
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = query;
  const recordings = roots.flatMap(({ path: root, findings }) =>
    (findings?.recordings ?? []).map((recording) => ({ ...recording, root })),
  );
  const noted = roots.flatMap(({ findings }) => findings?.gaps ?? []);
  const ofOutputs = grouped(recordings, noted);
  const isAsked = (span: { from: number; to: number | null }) => span.from < to && (span.to ?? now) > from;
  const sorted = ofOutputs.flatMap((each) => each.recordings);
  return {
    recordings: sorted.filter((each) => isAsked({ from: each.startedAt, to: each.endedAt ?? endOf(each, now) })),
    gaps: ofOutputs.flatMap((each) => gapsOf(each, now, isWanted(each.stream, each.output))).filter(isAsked),
    roots: roots.map(({ path, problem }) => ({ path, problem })),
  };
}

function endOf({ isOpen, startedAt }: PlacedRecording, now: number): number {
  return isOpen ? now : startedAt + 1;
}

interface OfOutput {
  readonly stream: string;
  readonly output: string;
  readonly recordings: PlacedRecording[];
  readonly gaps: Gap[];
}

function grouped(recordings: readonly PlacedRecording[], gaps: readonly Gap[]): OfOutput[] {
  const groups = new Map<string, OfOutput>();
  const groupOf = ({ stream, output }: { stream: string; output: string }) => {
    const key = `${stream}/${output}`;
    const group = groups.get(key) ?? { stream, output, recordings: [], gaps: [] };
    groups.set(key, group);
    return group;
  };
  for (const recording of recordings) groupOf(recording).recordings.push(recording);
  for (const gap of gaps) groupOf(gap).gaps.push(gap);
  for (const group of groups.values()) {
    group.recordings.sort((a, b) => a.startedAt - b.startedAt || (a.path < b.path ? -1 : 1));
    group.gaps.sort((a, b) => a.from - b.from);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
}
