/** Processes that a test did not start itself. */

import { readdirSync, readFileSync } from "node:fs";

/** The archive processes that look after a root. */
export function archivesOf(root: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const [, ...rest] = commandOf(pid);
      return rest.some((part) => part.endsWith("/archive-main.js")) && rest.includes(root);
    })
    .map(Number);
}

function commandOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}
