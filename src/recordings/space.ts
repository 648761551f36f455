/** The room on the disk that a folder is on. */

import { stat, statfs } from "node:fs/promises";
import type { Space } from "./reserve.js";

/** `undefined`: there is no such folder. */
export async function spaceOf(folder: string): Promise<Space | undefined> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The file system that a folder is on. */
export async function deviceOf(folder: string): Promise<number> {
  return (await stat(folder)).dev;
}
