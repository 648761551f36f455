/** The files of one control group that limit memory and CPU. */

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readText } from "./cgroup.js";

export interface Group {
  readonly version: 1 | 2;
  readonly path: string;
}

const PERIOD_US = 100_000;
/** The kernel takes no less. */
const SMALLEST_QUOTA_US = 1000;

/** Returns why it could not be set. `null`: no limit. */
export function limitMemory(group: Group, bytes: number | null): string | undefined {
  return group.version === 1 ? limitMemory1(group.path, bytes) : limitMemory2(group.path, bytes);
}

/** Memory and memory + swap, which must never be the smaller of the two; so the order depends on the direction. */
function limitMemory1(path: string, bytes: number | null): string | undefined {
  const memory = join(path, "memory.limit_in_bytes");
  const withSwap = join(path, "memory.memsw.limit_in_bytes");
  const value = String(bytes ?? -1);
  const files = existsSync(withSwap) ? [memory, withSwap] : [memory];
  const lowered = write(files, value);
  if (lowered === "EINVAL") return explain(write(files.toReversed(), value));
  return explain(lowered);
}

/** Here the kernel would kill at once when more is in use; pages of files do not count, it can drop them. */
function limitMemory2(path: string, bytes: number | null): string | undefined {
  const inUse = Number(/^anon (\d+)$/m.exec(readText(join(path, "memory.stat")) ?? "")?.[1] ?? 0);
  if (bytes !== null && inUse > bytes) return explain("EBUSY");
  const swap = join(path, "memory.swap.max");
  const problem = write([join(path, "memory.max")], String(bytes ?? "max"));
  return explain(problem ?? (existsSync(swap) ? write([swap], bytes === null ? "max" : "0") : undefined));
}

/** `percent`: 100 is one core. */
export function limitCpu(group: Group, percent: number | null): string | undefined {
  const quota = percent === null ? null : Math.max(SMALLEST_QUOTA_US, Math.round((percent * PERIOD_US) / 100));
  if (group.version === 2) return explain(write([join(group.path, "cpu.max")], `${quota ?? "max"} ${PERIOD_US}`));
  const problem = write([join(group.path, "cpu.cfs_period_us")], String(PERIOD_US));
  return explain(problem ?? write([join(group.path, "cpu.cfs_quota_us")], String(quota ?? -1)));
}

/** The limit in force; `null`: none. */
export function memoryLimit({ version, path }: Group): number | null {
  const file = version === 1 ? "memory.limit_in_bytes" : "memory.max";
  const bytes = Number(readText(join(path, file)) ?? Number.NaN);
  // Version 1 says "none" with the largest multiple of a page.
  return Number.isFinite(bytes) && bytes < Number.MAX_SAFE_INTEGER ? bytes : null;
}

export function cpuLimit({ version, path }: Group): number | null {
  const file = version === 1 ? "cpu.cfs_quota_us" : "cpu.max";
  const quota = Number.parseInt(readText(join(path, file)) ?? "", 10);
  return quota > 0 ? (quota * 100) / PERIOD_US : null;
}

export function oomFile({ version, path }: Group): string {
  return join(path, version === 1 ? "memory.oom_control" : "memory.events");
}

/** Stops at the first file that is refused. */
function write(files: readonly string[], value: string): string | undefined {
  try {
    for (const file of files) writeFileSync(file, value);
    return undefined;
  } catch (problem) {
    return (problem as NodeJS.ErrnoException).code ?? String(problem);
  }
}

function explain(problem: string | undefined): string | undefined {
  return problem === "EBUSY" ? "the worker uses more than that now" : problem;
}
