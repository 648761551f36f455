/**
 * Which process is which. A pid alone is reused; boot id + pid + start time name one process for ever. All of it is read
 * from /proc, synchronously: these files are made by the kernel on the spot and never block.
 */

import { readdirSync, readFileSync } from "node:fs";
import type { ProcessIdentity } from "./worker.js";

export interface ProcessStat {
  readonly pid: number;
  /** One letter; `Z` and `X` are dead. */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Clock ticks since boot. */
  readonly startTime: number;
}

export function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}

/** `undefined`: there is no such process. */
export function readStat(pid: number): ProcessStat | undefined {
  try {
    return parseStat(pid, readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return undefined;
  }
}

/** The second field is the program's name in parentheses, and may itself hold blanks and parentheses. */
function parseStat(pid: number, text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return {
    pid,
    state: fields[0] ?? "X",
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    startTime: Number(fields[19]),
  };
}

/** A zombie counts as gone: it does nothing any more, only its parent has not asked for it yet. */
function lives(stat: ProcessStat): boolean {
  return stat.state !== "Z" && stat.state !== "X";
}

export function identityOf(pid: number): ProcessIdentity | undefined {
  const stat = readStat(pid);
  return stat && lives(stat) ? { bootId: bootId(), pid, startTime: stat.startTime } : undefined;
}

/** The living process of that identity. */
export function statOf(identity: ProcessIdentity): ProcessStat | undefined {
  const stat = readStat(identity.pid);
  if (!stat || !lives(stat) || stat.startTime !== identity.startTime) return undefined;
  return identity.bootId === bootId() ? stat : undefined;
}

export function isAlive(identity: ProcessIdentity): boolean {
  return statOf(identity) !== undefined;
}

/** Living members of the session that `leader` began, itself included; also those that outlived it. */
export function membersOfSession(leader: ProcessIdentity): ProcessStat[] {
  if (leader.bootId !== bootId()) return [];
  const all = livingProcesses();
  // A pid is not given away while a session bears its number, so another process of that pid means the session ended.
  const reused = all.some((stat) => stat.pid === leader.pid && stat.startTime !== leader.startTime);
  return reused ? [] : all.filter((stat) => stat.session === leader.pid && stat.startTime >= leader.startTime);
}

function livingProcesses(): ProcessStat[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readStat(Number(name)))
    .filter((stat) => stat !== undefined)
    .filter(lives);
}
