/** Carries out what is to go from the shelves, in batches, and tells what went. */

import { KEEP_MARKER, pathOfFile, type RecordedFile } from "./catalogue.js";
import type { Cause, Removal, Shelf } from "./choice.js";
import { type Folder, inFolders } from "./folder.js";

/** A shelf that is somewhere. */
export interface PlacedShelf extends Shelf {
  readonly stream: string;
  readonly output: string;
}

export interface Removed {
  readonly stream: string;
  readonly cause: Cause;
  readonly files: number;
  readonly bytes: number;
  /** Of the newest of them. */
  readonly upTo: number;
}

export interface Batch {
  /** By stream and cause. */
  readonly removed: readonly Removed[];
  /** Of the files that went, from the root. */
  readonly paths: readonly string[];
  /** Of one that stays though it was to go. */
  readonly problem: string | null;
  /** There is more to do. */
  readonly isCut: boolean;
}

/** A batch is done in a second or less; other work of this process goes on between any two of its files. */
const BATCH = 1_000;
/** A disk that takes no removal is not asked a thousand times. */
const MOST_FAILURES = 20;

export async function removeFiles(
  root: string,
  removals: Iterable<Removal<PlacedShelf>>,
  isStopped: () => boolean,
): Promise<Batch> {
  const removed = new Map<string, Removed>();
  const paths: string[] = [];
  let problem: string | null = null;
  let failures = 0;
  let tried = 0;
  let isCut = false;
  for (const { shelf, file, cause } of removals) {
    if (isStopped() || failures >= MOST_FAILURES) break;
    if (tried >= BATCH) {
      isCut = true;
      break;
    }
    tried += 1;
    try {
      if (!(await removeFile(root, file))) continue;
      paths.push(pathOfFile(file));
      const key = `${shelf.stream} ${cause}`;
      removed.set(key, counted(removed.get(key), { shelf, file, cause }));
    } catch (error) {
      failures += 1;
      problem = `${file.name}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return { removed: [...removed.values()], paths, problem, isCut };
}

/** False: it stays, since a person has put a marker there meanwhile, or it is no plain file now. */
async function removeFile(root: string, { folder: itsFolder, name }: RecordedFile): Promise<boolean> {
  const remove = async (folder: Folder) => {
    if (await folder.stat(`${name}${KEEP_MARKER}`)) return false;
    if (!(await folder.stat(name))?.isFile()) return false;
    await folder.removeFile(name);
    return true;
  };
  return (await inFolders(root, itsFolder === "" ? [] : itsFolder.split("/"), remove)) ?? false;
}

function counted(before: Removed | undefined, { shelf, file, cause }: Removal<PlacedShelf>): Removed {
  return {
    stream: shelf.stream,
    cause,
    files: (before?.files ?? 0) + 1,
    bytes: (before?.bytes ?? 0) + file.bytes,
    upTo: Math.max(before?.upTo ?? 0, file.startedAt),
  };
}
