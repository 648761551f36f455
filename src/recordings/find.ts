/** The recordings of roots as their files and indexes tell them, without a supervisor: in this process. */

import { statSync } from "node:fs";
import { answerOf, type RootResult, widened } from "./answer.js";
import { openDesk } from "./archive-desk.js";
import type { RecordingsAnswer, RecordingsQuery } from "./recording.js";

export interface FindOptions {
  /** Path of dslrs-mend. */
  readonly mend: string;
  /** Every file is looked into again, and what was left behind is mended. */
  readonly reindex?: boolean;
}

/** Oldest first. An index that is missing is made on the way. */
export async function recordingsIn(
  roots: readonly string[],
  query: RecordingsQuery,
  { mend, reindex = false }: FindOptions,
): Promise<RecordingsAnswer> {
  const results: RootResult[] = [];
  for (const root of roots) results.push(await findIn(root, query, mend, reindex));
  // Nothing is known here of what is to be recorded now.
  return answerOf({ roots: results, query, now: Date.now(), isWanted: () => false });
}

/** What of one output lies between two times (ms since 1970). */
export function recordingsBetween(
  answer: RecordingsAnswer,
  stream: string,
  output: string,
  from: number,
  to: number,
): RecordingsAnswer["recordings"] {
  return answer.recordings.filter(
    (recording) =>
      recording.stream === stream &&
      recording.output === output &&
      recording.startedAt < to &&
      (recording.endedAt === null || recording.endedAt > from),
  );
}

async function findIn(path: string, query: RecordingsQuery, mend: string, isAnew: boolean): Promise<RootResult> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return { path, findings: undefined, problem: "there is no such folder." };
  if (!found.isDirectory()) return { path, findings: undefined, problem: "it is a file, not a folder." };
  const clock = { now: Date.now, after: () => () => {} };
  const desk = openDesk({ root: path, mend, clock, isMending: isAnew, say: () => {} });
  try {
    await desk.carryOut({ do: isAnew ? "reindex" : "look" });
    await desk.settled();
    return { path, findings: await desk.carryOut({ do: "find", query: widened(query) }), problem: null };
  } catch (error) {
    return { path, findings: undefined, problem: error instanceof Error ? error.message : String(error) };
  } finally {
    desk.stop();
  }
}
