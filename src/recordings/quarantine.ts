/** Where unfinished recordings go that hold nothing to show, or nothing that another does not hold: `<root>/quarantine`, each under its own path, with a line that says why. */

import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { type Folder, inFolders } from "./folder.js";

export const QUARANTINE = "quarantine";
export const QUARANTINE_LOG = "log.txt";

/** Resolves with its new path, from the root; `undefined`: it stays, since something is in the way. */
export async function quarantine(root: string, path: string, why: string, now: number): Promise<string | undefined> {
  const folders = path.split("/");
  const name = folders.pop() ?? "";
  const moved = await inFolders(root, [], (top) =>
    inMadeFolders(top, [QUARANTINE, ...folders], (below) =>
      inFolders(root, folders, async (from) => {
        const newName = await freeName(below, name);
        await from.moveFile(name, below, newName);
        return [QUARANTINE, ...folders, newName].join("/");
      }),
    ),
  );
  if (moved !== undefined) await inFolders(root, [QUARANTINE], (folder) => addLine(folder, lineOf(path, why, now)));
  return moved;
}

/** Files that are there; the log is none of them. */
export async function countQuarantined(root: string): Promise<number> {
  const count = await inFolders(root, [QUARANTINE], countFiles);
  const hasLog = await inFolders(root, [QUARANTINE], (folder) => folder.stat(QUARANTINE_LOG));
  return Math.max(0, (count ?? 0) - (hasLog ? 1 : 0));
}

async function countFiles(folder: Folder): Promise<number> {
  let count = 0;
  for (const name of await folder.names()) {
    const stat = await folder.stat(name);
    if (stat?.isFile()) count += 1;
    else if (stat?.isDirectory()) count += (await folder.inside(name, countFiles)) ?? 0;
  }
  return count;
}

function inMadeFolders<T>(
  folder: Folder,
  [name, ...rest]: readonly string[],
  work: (folder: Folder) => Promise<T>,
): Promise<T | undefined> {
  if (name === undefined) return work(folder);
  return folder.makeFolder(name).then(() => folder.inside(name, (below) => inMadeFolders(below, rest, work)));
}

async function freeName(folder: Folder, name: string): Promise<string> {
  const taken = new Set(await folder.names());
  for (let count = 0; ; count += 1) {
    const free = count === 0 ? name : `${name}-${count}`;
    if (!taken.has(free)) return free;
  }
}

function lineOf(path: string, why: string, now: number): string {
  return `${new Date(now).toISOString()} ${path}: ${why.replaceAll(/\s+/g, " ")}\n`;
}

async function addLine(folder: Folder, line: string): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
  const file = await open(`${folder.path}/${QUARANTINE_LOG}`, flags, 0o640);
  try {
    await file.write(line);
  } finally {
    await file.close();
  }
}
