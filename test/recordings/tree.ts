/** A tree of recordings as recorders leave it. */

import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export const DAY_MS = 86_400_000;

/** `<day>/<stem>_<start>.mkv` */
export function recordingName(stem: string, startedAt: number, suffix = ".mkv"): string {
  const start = new Date(startedAt).toISOString();
  return join(start.slice(0, 10), `${stem}_${start.replaceAll(":", "-")}${suffix}`);
}

export function put(path: string, bytes = 10): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, Buffer.alloc(bytes));
  return path;
}

/** All that is below `folder`, folders too, as paths from there. */
export function tree(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String).sort() : [];
}
