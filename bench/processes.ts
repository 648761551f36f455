/** What processes cost, from /proc. */

import { readdirSync, readFileSync } from "node:fs";

/** USER_HZ of every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** CPU seconds used so far. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function kibibytes(pid: number, file: string, key: string): number {
  const text = readFileSync(`/proc/${pid}/${file}`, "utf8");
  return Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0);
}

/** Its fair share of memory: pages shared with n others count 1/n. */
export function pssBytes(pid: number): number {
  return kibibytes(pid, "smaps_rollup", "Pss") * 1024;
}

export function rssBytes(pid: number): number {
  return kibibytes(pid, "status", "VmRSS") * 1024;
}

/** None of one that has just ended, and not those of a thread that has. */
export function childrenOf(pid: number): number[] {
  return entriesOf(`/proc/${pid}/task`).flatMap((task) => {
    try {
      return readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number);
    } catch {
      return [];
    }
  });
}

/** None of a directory that is gone. */
export function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

export function descendantsOf(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(descendantsOf)];
}
