/** What others on the machine could read of an instance and of its processes. Both change while one looks. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The files below its directory, but for the copy of the config, which holds what the file holds. */
export function filesOfInstance(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true, encoding: "utf8" })
    .filter((entry) => entry.isFile() && entry.name !== "config.json")
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Arguments and environment. */
export function filesOfProcess(pid: number): string[] {
  return [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`];
}

export function everyProcess(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Nothing of a file that is gone by now, or that is not for us. */
export function textOf(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}
