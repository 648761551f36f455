/**
 * What there is of the recordings of one layout. Of a folder that has not changed since the last look, nothing is read again: to look
 * costs a system call a folder, not one a file.
 */

import type { Stats } from "node:fs";
import { type Folder, inFolders } from "./folder.js";
import { endOfFolders, type Layout, type NamedFile, readPath } from "./layout.js";

export interface RecordedFile {
  /** From the root; "" is the root itself. */
  readonly folder: string;
  readonly name: string;
  /** By its name: ms since 1970. */
  readonly startedAt: number;
  readonly bytes: number;
  /** A person put a marker beside it. */
  readonly isProtected: boolean;
  /** As far as its path tells. */
  readonly stream?: string;
  readonly output?: string;
}

/** One that is being written or was left behind. */
export interface UnfinishedFile {
  /** From the root. */
  readonly path: string;
  /** It is another file's, with the same frames, until it takes its place. */
  readonly isNew: boolean;
  /** By its name. */
  readonly startedAt: number;
  readonly bytes: number;
  readonly changedAtMs: number;
}

export interface Listing {
  /** Finished, oldest first. */
  readonly files: readonly RecordedFile[];
  readonly unfinished: readonly UnfinishedFile[];
  /** The file system it is on. */
  readonly device: number;
}

export interface Catalogue {
  /** The same object as before where nothing changed. `undefined`: there is no folder yet. */
  look(): Promise<Listing | undefined>;
}

export interface CatalogueParts {
  readonly root: string;
  readonly layout: Layout;
  readonly now: () => number;
}

/** One folder with files. */
interface Shelf {
  readonly changedAtMs: number;
  /** Another look may find something new though the folder's time of change is the same. */
  readonly isUnsure: boolean;
  readonly files: readonly RecordedFile[];
  readonly unfinished: readonly UnfinishedFile[];
}

type Found = Map<string, Shelf>;

/** Beside a file: it stays. */
export const KEEP_MARKER = ".keep";
const DAY_MS = 86_400_000;
/** Two changes within a tick of the kernel's clock look like one. */
const TIME_OF_CHANGE_STEP_MS = 2_000;

export function createCatalogue({ root, layout, now }: CatalogueParts): Catalogue {
  let shelves: ReadonlyMap<string, Shelf> = new Map();
  let last: Listing | undefined;

  /** `names`: the folders that `layout.folders` stand for, so far. */
  async function lookBelow(folder: Folder, names: readonly string[], found: Found): Promise<void> {
    const pattern = layout.folders[names.length];
    if (!pattern) return lookAtShelf(folder, names, await folder.stat("."), found);
    for (const name of (await folder.names()).filter((each) => pattern.test(each)).sort()) {
      const stat = await folder.stat(name);
      if (stat?.isDirectory()) await lookInside(folder, [...names, name], stat, found);
    }
  }

  async function lookInside(parent: Folder, names: readonly string[], stat: Stats, found: Found): Promise<void> {
    const before = found.size;
    const name = names.at(-1) ?? "";
    const isShelf = names.length === layout.folders.length;
    const known = isShelf ? unchanged(pathOf(names), stat) : undefined;
    if (known) found.set(pathOf(names), known);
    else if (isShelf) await parent.inside(name, (folder) => lookAtShelf(folder, names, stat, found));
    else await parent.inside(name, (folder) => lookBelow(folder, names, found));
    if (found.size === before && isOver(names)) await removeIfEmpty(parent, name);
  }

  async function lookAtShelf(folder: Folder, names: readonly string[], stat: Stats | undefined, found: Found) {
    const path = pathOf(names);
    const shelf = stat && (unchanged(path, stat) ?? (await readShelf(folder, path, stat)));
    // Where it holds nothing, the folder of a day that is over goes.
    if (shelf && (shelf.files.length > 0 || shelf.unfinished.length > 0 || !isOver(names))) found.set(path, shelf);
  }

  function unchanged(path: string, stat: Stats): Shelf | undefined {
    const before = shelves.get(path);
    return before && !before.isUnsure && before.changedAtMs === stat.mtimeMs ? before : undefined;
  }

  async function readShelf(folder: Folder, path: string, stat: Stats): Promise<Shelf> {
    const read = await readFiles(folder, path, layout, shelves.get(path));
    const isUnsure = Math.abs(now() - stat.mtimeMs) < TIME_OF_CHANGE_STEP_MS || read.unfinished.length > 0;
    return { ...read, changedAtMs: stat.mtimeMs, isUnsure };
  }

  /** Not yesterday's: a recorder may just have made it for a file that began before midnight. */
  function isOver(names: readonly string[]): boolean {
    const end = endOfFolders(layout, names);
    return end !== undefined && end + DAY_MS < now();
  }

  function pathOf(names: readonly string[]): string {
    return [...layout.prefix, ...names].join("/");
  }

  async function look(folder: Folder): Promise<Listing> {
    const device = (await folder.stat("."))?.dev ?? 0;
    const found: Found = new Map();
    await lookBelow(folder, [], found);
    if (last?.device === device && isSame(found, shelves)) return last;
    shelves = found;
    const all = [...found.values()];
    const files = all.flatMap((shelf) => shelf.files).sort(byTime);
    last = { files, unfinished: all.flatMap(({ unfinished }) => unfinished), device };
    return last;
  }

  return {
    async look() {
      const listing = await inFolders(root, layout.prefix, look);
      if (!listing) {
        shelves = new Map();
        last = undefined;
      }
      return listing;
    },
  };
}

function isSame(found: Found, before: ReadonlyMap<string, Shelf>): boolean {
  return found.size === before.size && [...found].every(([path, shelf]) => before.get(path) === shelf);
}

function byTime(a: RecordedFile, b: RecordedFile): number {
  return a.startedAt - b.startedAt || (a.name < b.name ? -1 : 1);
}

/** A finished file does not change: of those known from `before` nothing is asked. */
async function readFiles(folder: Folder, path: string, layout: Layout, before: Shelf | undefined) {
  const known = new Map(before?.files.map((file) => [file.name, file.bytes]));
  const names = new Set(await folder.names());
  const files: RecordedFile[] = [];
  const unfinished: UnfinishedFile[] = [];
  for (const name of names) {
    const itsPath = path === "" ? name : `${path}/${name}`;
    const named = readPath(layout, itsPath);
    if (!named) continue;
    const isFinished = named.state === "finished";
    const stat = isFinished && known.has(name) ? undefined : await plainFile(folder, name);
    const bytes = stat?.size ?? known.get(name);
    if (bytes === undefined) continue;
    if (isFinished) files.push(fileOf(path, name, named, { bytes, isProtected: names.has(name + KEEP_MARKER) }));
    else unfinished.push(unfinishedOf(itsPath, named, bytes, stat));
  }
  return { files, unfinished };
}

function unfinishedOf(
  path: string,
  { startedAt, state }: NamedFile,
  bytes: number,
  stat: Stats | undefined,
): UnfinishedFile {
  return { path, isNew: state === "new", startedAt, bytes, changedAtMs: stat?.mtimeMs ?? 0 };
}

function fileOf(
  folder: string,
  name: string,
  { stream, output, startedAt }: NamedFile,
  facts: Pick<RecordedFile, "bytes" | "isProtected">,
): RecordedFile {
  const owner = { ...(stream !== undefined && { stream }), ...(output !== undefined && { output }) };
  return { folder, name, startedAt, ...facts, ...owner };
}

/** `undefined`: it is no plain file. */
async function plainFile(folder: Folder, name: string): Promise<Stats | undefined> {
  const stat = await folder.stat(name);
  return stat?.isFile() ? stat : undefined;
}

async function removeIfEmpty(parent: Folder, name: string): Promise<void> {
  // What cannot be removed is no trouble: it is empty.
  await parent.removeEmptyFolder(name).catch(() => {});
}

/** From the root. */
export function pathOfFile({ folder, name }: Pick<RecordedFile, "folder" | "name">): string {
  return folder === "" ? name : `${folder}/${name}`;
}
