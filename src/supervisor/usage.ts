/** How much CPU and memory each worker uses, read every few seconds. A read that fails says nothing, and is tried again. */

import { readFile } from "node:fs/promises";
import pidusage from "pidusage";
import type { Clock } from "./stream.js";

export interface Usage {
  readonly cpuPercent: number | null;
  readonly memoryBytes: number | null;
}

export interface UsageReader {
  of(pid: number): Usage;
  stop(): void;
}

const EVERY_MS = 5_000;
/** To add up the memory of a process costs the kernel more than all the rest. Rounds from one time to the next. */
const MEMORY_EVERY = 6;
/** Until there is something to read. */
const FIRST_EVERY_MS = 500;

const UNKNOWN: Usage = { cpuPercent: null, memoryBytes: null };

export interface UsageParts {
  readonly clock: Clock;
  /** Of the workers that live now. */
  readonly pids: () => readonly number[];
  readonly onRead: (pid: number, usage: Usage) => void;
}

export function createUsageReader({ clock, pids, onRead }: UsageParts): UsageReader {
  let known = new Map<number, Usage>();
  let rounds = 0;
  let isStopped = false;
  let cancel = () => {};

  /** Not of all in the same round. */
  function knownMemory(pid: number): number | null {
    return (pid + rounds) % MEMORY_EVERY === 0 ? null : (known.get(pid)?.memoryBytes ?? null);
  }

  async function round(): Promise<void> {
    rounds += 1;
    const read = await Promise.all(pids().map(async (pid) => [pid, await readUsage(pid, knownMemory(pid))] as const));
    known = new Map(read);
    if (isStopped) return pidusage.clear();
    for (const [pid, usage] of read) onRead(pid, usage);
    cancel = clock.after(known.size === 0 ? FIRST_EVERY_MS : EVERY_MS, round);
  }

  cancel = clock.after(0, round);
  return {
    of: (pid) => known.get(pid) ?? UNKNOWN,
    stop() {
      isStopped = true;
      cancel();
      pidusage.clear();
    },
  };
}

async function readUsage(pid: number, knownMemory: number | null): Promise<Usage> {
  const [statistics, memory] = await Promise.all([
    pidusage(pid).catch(() => undefined),
    knownMemory ?? proportionalMemory(pid).catch(() => undefined),
  ]);
  return {
    cpuPercent: statistics ? Math.round(statistics.cpu * 10) / 10 : null,
    memoryBytes: memory ?? statistics?.memory ?? null,
  };
}

/** Resident memory counts the libraries that all workers share once for each of them; PSS divides them. */
async function proportionalMemory(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, "utf8");
  const kibibytes = /^Pss:\s+(\d+) kB$/m.exec(text)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}
