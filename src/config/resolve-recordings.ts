/** From `recordings:` as written to the model. */

import { relative, resolve } from "node:path";
import type { RecordingsConfig } from "./model.js";
import type { Complain } from "./resolve.js";
import type { WrittenInstance } from "./schema.js";

type Written = WrittenInstance["recordings"];

const DEFAULT_ROOT = "./recordings";
/** Each has a process of its own that looks after it. */
const MOST_ROOTS = 8;

export function resolveRecordings(written: Written, folder: string, complain: Complain): RecordingsConfig {
  const { mode: fileMode, directoryMode, pathTemplate, keep, reserve } = written;
  checkRoots(written, folder, complain);
  const roots = (written.roots ?? [written.root ?? DEFAULT_ROOT]).map((root) => resolve(folder, root));
  return { roots, pathTemplate, fileMode, directoryMode, keepBytes: keep.size ?? 0, reserveBytes: reserve };
}

function checkRoots({ root, roots }: Written, folder: string, complain: Complain): void {
  if (roots === undefined) return;
  const path = ["recordings", "roots"];
  if (root !== undefined) complain(path, "stands beside `root`", "keep one of the two; `root` is a list of one");
  if (roots.length === 0) complain(path, "is empty", "write one root at least, or leave `roots` out");
  if (roots.length > MOST_ROOTS) complain(path, "has too many roots", `the most are ${MOST_ROOTS}`);
  for (const [index, later] of roots.entries()) {
    const other = roots.slice(0, index).find((earlier) => areNested(resolve(folder, earlier), resolve(folder, later)));
    if (other !== undefined)
      complain([...path, index], `and "${other}" lie in each other`, "give each root a place of its own");
  }
}

function areNested(one: string, other: string): boolean {
  return [relative(one, other), relative(other, one)].some((way) => way !== ".." && !way.startsWith("../"));
}
