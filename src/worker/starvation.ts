/** Whether a process that does not answer was given CPU at all. One that hangs sleeps, or runs and answers nothing; a starved one waits. */

import { readFileSync } from "node:fs";
import { readStat } from "./identity.js";

/** The main thread of a process, which is the one that answers. */
export interface CpuSample {
  readonly at: number;
  readonly ranMs: number;
  /** Runnable, but without a CPU: others were first, or its control group has used up its share. */
  readonly waitedMs: number;
  readonly isRunnable: boolean;
}

/** `undefined`: it is gone. */
export function sampleCpu(pid: number): CpuSample | undefined {
  try {
    const [ran, waited] = readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ").map(Number);
    const at = performance.now();
    return { at, ranMs: (ran ?? 0) / 1e6, waitedMs: (waited ?? 0) / 1e6, isRunnable: readStat(pid)?.state === "R" };
  } catch {
    return undefined;
  }
}

/** A wait is counted when it ends, so one that lasts shows as a process that could run and did not. */
export function wasStarved(before: CpuSample | undefined, after: CpuSample | undefined): boolean {
  if (!before || !after) return false;
  const passedMs = after.at - before.at;
  const waitedMs = after.waitedMs - before.waitedMs;
  const ranMs = after.ranMs - before.ranMs;
  return waitedMs >= passedMs / 2 || (after.isRunnable && ranMs < passedMs / 10);
}
