/**
 * Folders below the root of the recordings. They are held open while they are worked in, and reached through the open one: nobody can put
 * a link in their place between a look and a deed, and nothing outside the root is ever touched.
 */

import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, mkdir, open, readdir, rename, rmdir, unlink } from "node:fs/promises";

export interface Folder {
  /** Good as long as the folder is worked in. */
  readonly path: string;
  names(): Promise<string[]>;
  /** `undefined`: there is no such entry. Of a link, not of what it points to. */
  stat(name: string): Promise<Stats | undefined>;
  /** `undefined`: there is no such folder; a link is none. */
  inside<T>(name: string, work: (folder: Folder) => Promise<T>): Promise<T | undefined>;
  /** One that is there already stays as it is. */
  makeFolder(name: string): Promise<void>;
  /** Replaces nothing: the caller knows the new name to be free. */
  moveFile(name: string, to: Folder, newName: string): Promise<void>;
  removeFile(name: string): Promise<void>;
  /** One that holds something stays. */
  removeEmptyFolder(name: string): Promise<void>;
}

/** `names`: each is in the one before. `undefined`: one of them, or the root, is no folder. The root itself may be a link. */
export async function inFolders<T>(
  root: string,
  names: readonly string[],
  work: (folder: Folder) => Promise<T>,
): Promise<T | undefined> {
  const descend = (folder: Folder, [name, ...rest]: readonly string[]): Promise<T | undefined> =>
    name === undefined ? work(folder) : folder.inside(name, (below) => descend(below, rest));
  return inFolder(root, constants.O_DIRECTORY, (folder) => descend(folder, names));
}

async function inFolder<T>(path: string, flags: number, work: (folder: Folder) => Promise<T>): Promise<T | undefined> {
  const handle = await openFolder(path, flags);
  if (!handle) return undefined;
  try {
    return await work(folderAt(`/proc/self/fd/${handle.fd}`));
  } finally {
    await handle.close();
  }
}

async function openFolder(path: string, flags: number): Promise<FileHandle | undefined> {
  return unlessCode(["ENOENT", "ENOTDIR", "ELOOP"], open(path, flags));
}

function folderAt(path: string): Folder {
  return {
    path,
    // The slash makes it the folder that the link in /proc stands for.
    names: () => readdir(`${path}/`),
    stat: (name) => unlessCode(["ENOENT"], lstat(`${path}/${name}`)),
    inside: (name, work) => inFolder(`${path}/${name}`, constants.O_DIRECTORY | constants.O_NOFOLLOW, work),
    makeFolder: async (name) => unlessCode(["EEXIST"], mkdir(`${path}/${name}`, { mode: 0o750 })),
    moveFile: async (name, to, newName) => rename(`${path}/${name}`, `${to.path}/${newName}`),
    removeFile: async (name) => unlessCode(["ENOENT"], unlink(`${path}/${name}`)),
    removeEmptyFolder: async (name) => unlessCode(["ENOENT", "ENOTEMPTY", "EEXIST"], rmdir(`${path}/${name}`)),
  };
}

async function unlessCode<T>(codes: readonly string[], work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (codes.includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}
