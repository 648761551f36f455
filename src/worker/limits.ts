/**
 * Memory and CPU limits of one stream's process: by control groups where they can be written, else by RLIMIT_DATA and nice,
 * which are coarser. `applied` says which.
 */

import { getPriority } from "node:os";
import { join } from "node:path";
import type { Limits } from "../config/model.js";
import {
  type CgroupTrees,
  type Controller,
  findCgroupTrees,
  findGroup,
  makeGroup,
  readText,
  removeGroup,
  removeLeftovers,
} from "./cgroup.js";
import { cpuLimit, type Group, limitCpu, limitMemory, memoryLimit, oomFile } from "./cgroup-limits.js";
import type { AppliedLimits, LimitsChange } from "./worker.js";

/**
 * RLIMIT_DATA counts what is reserved, not what is used: thread stacks of 8 MiB and the allocator's arenas. Set too close, a pipeline
 * does not fail but waits for ever, so this much comes on top of what was asked for.
 */
const RLIMIT_HEADROOM_BYTES = 256 * 1024 * 1024;
/** A share cannot be set by priority; the others at least come first. */
const NICE = 10;

export interface PreparedLimits {
  /** For the command line of the shim. */
  readonly shimArguments: readonly string[];
  readonly applied: AppliedLimits;
  /** Changes them while the process runs. */
  set(limits: Limits): LimitsChange;
  /** Removes the groups; the process is gone. */
  release(): void;
}

export interface Limiter {
  /** For a process that is about to start. */
  prepare(stream: string, limits: Limits): PreparedLimits;
  /** Of a process that an earlier supervisor started. */
  adopt(stream: string, pid: number): PreparedLimits;
}

type Groups = { readonly [Name in Controller]?: Group };

/** `instance` is a name that no other living supervisor uses. Groups that an earlier life left behind are removed. */
export function createLimiter(instance: string, trees: CgroupTrees = findCgroupTrees()): Limiter {
  for (const tree of Object.values(trees)) removeLeftovers(tree, instance);
  return {
    prepare(stream, limits) {
      const wanted = limits.memoryBytes !== undefined || limits.cpuPercent !== undefined;
      const groups = wanted ? makeGroups(trees, instance, stream) : {};
      return preparedLimits(groups, startingLimits(groups, limits));
    },
    adopt(stream, pid) {
      const groups = groupsOf(trees, instance, stream, pid);
      return preparedLimits(groups, limitsInForce(groups, pid));
    },
  };
}

export function unlimited(): PreparedLimits {
  return preparedLimits({}, NO_LIMITS);
}

const NO_LIMITS: AppliedLimits = { memoryBytes: null, cpuPercent: null, memoryBy: "none", cpuBy: "none" };

/** Groups of both controllers, also where one limit is asked for, so that the other can be set while the process runs. */
function makeGroups(trees: CgroupTrees, instance: string, stream: string): Groups {
  const groups: { [Name in Controller]?: Group } = {};
  const launch = Date.now().toString(36);
  for (const controller of ["memory", "cpu"] as const) {
    const tree = trees[controller];
    if (!tree) continue;
    try {
      groups[controller] = { version: tree.version, path: makeGroup(tree, instance, stream, launch) };
    } catch {
      // Without the group its limit falls back to what every process may set; `applied` shows it.
    }
  }
  return groups;
}

function groupsOf(trees: CgroupTrees, instance: string, stream: string, pid: number): Groups {
  const groups: { [Name in Controller]?: Group } = {};
  for (const controller of ["memory", "cpu"] as const) {
    const tree = trees[controller];
    const path = tree && findGroup(tree, instance, stream, pid);
    if (path) groups[controller] = { version: tree.version, path };
  }
  return groups;
}

/** Sets what groups can hold, and leaves the rest to the shim. */
function startingLimits({ memory, cpu }: Groups, limits: Limits): AppliedLimits {
  const memoryBytes = limits.memoryBytes ?? null;
  const cpuPercent = limits.cpuPercent ?? null;
  const memoryHolds = memory !== undefined && limitMemory(memory, memoryBytes) === undefined;
  const cpuHolds = cpu !== undefined && limitCpu(cpu, cpuPercent) === undefined;
  return {
    memoryBytes: memoryBytes === null || memoryHolds ? memoryBytes : memoryBytes + RLIMIT_HEADROOM_BYTES,
    cpuPercent,
    memoryBy: means(memoryBytes, memoryHolds ? memory : undefined, "rlimit"),
    cpuBy: means(cpuPercent, cpuHolds ? cpu : undefined, "nice"),
  };
}

function limitsInForce({ memory, cpu }: Groups, pid: number): AppliedLimits {
  const memoryBytes = memory ? memoryLimit(memory) : dataLimit(pid);
  const cpuPercent = cpu ? cpuLimit(cpu) : null;
  return {
    memoryBytes,
    cpuPercent,
    memoryBy: means(memoryBytes, memory, "rlimit"),
    cpuBy: cpu === undefined && isNice(pid) ? "nice" : means(cpuPercent, cpu, "nice"),
  };
}

function means<Fallback extends string>(limit: number | null, group: Group | undefined, fallback: Fallback) {
  if (limit === null) return "none";
  return group ? (`cgroup${group.version}` as const) : fallback;
}

function dataLimit(pid: number): number | null {
  const bytes = /^Max data size +(\d+)/m.exec(readText(`/proc/${pid}/limits`) ?? "")?.[1];
  return bytes === undefined ? null : Number(bytes);
}

function isNice(pid: number): boolean {
  try {
    return getPriority(pid) === NICE;
  } catch {
    return false;
  }
}

function preparedLimits(groups: Groups, starting: AppliedLimits): PreparedLimits {
  let applied = starting;
  return {
    shimArguments: shimArguments(groups, starting),
    get applied() {
      return applied;
    },
    set(limits) {
      const change = changeLimits(groups, applied, limits);
      applied = change.applied;
      return change.problem === undefined ? { ok: true } : { ok: false, message: change.problem };
    },
    release: () => removeGroups(Object.values(groups)),
  };
}

function shimArguments(groups: Groups, { memoryBytes, memoryBy, cpuBy }: AppliedLimits): string[] {
  const joined = [...new Set(Object.values(groups).map((group) => join(group.path, "cgroup.procs")))];
  return [
    ...joined.flatMap((file) => ["--cgroup-procs", file]),
    ...(groups.memory ? ["--oom-file", oomFile(groups.memory)] : []),
    ...(memoryBy === "rlimit" ? ["--data-limit", String(memoryBytes)] : []),
    ...(cpuBy === "nice" ? ["--nice", String(NICE)] : []),
  ];
}

const NEEDS_PROCESS = "it takes a new process to change the limits of this one";

interface Change {
  readonly applied: AppliedLimits;
  readonly problem?: string;
}

function changeLimits(groups: Groups, applied: AppliedLimits, limits: Limits): Change {
  const memory = changeMemory(groups, applied, limits.memoryBytes ?? null);
  const cpu = changeCpu(groups, memory.applied, limits.cpuPercent ?? null);
  const problems = [memory.problem, cpu.problem].filter((problem) => problem !== undefined);
  return { applied: cpu.applied, ...(problems.length > 0 ? { problem: problems.join("; ") } : {}) };
}

function changeMemory({ memory }: Groups, applied: AppliedLimits, bytes: number | null): Change {
  if (applied.memoryBy === "rlimit" || !memory)
    return withoutGroup(applied, applied.memoryBy === "none" && bytes === null);
  const problem = limitMemory(memory, bytes);
  if (problem !== undefined) return { applied, problem: `limits.memory: ${problem}` };
  return { applied: { ...applied, memoryBytes: bytes, memoryBy: means(bytes, memory, "rlimit") } };
}

function changeCpu({ cpu }: Groups, applied: AppliedLimits, percent: number | null): Change {
  if (applied.cpuBy === "nice" || !cpu) return withoutGroup(applied, applied.cpuBy === "none" && percent === null);
  const problem = limitCpu(cpu, percent);
  if (problem !== undefined) return { applied, problem: `limits.cpu: ${problem}` };
  return { applied: { ...applied, cpuPercent: percent, cpuBy: means(percent, cpu, "nice") } };
}

function withoutGroup(applied: AppliedLimits, nothingToDo: boolean): Change {
  return nothingToDo ? { applied } : { applied, problem: NEEDS_PROCESS };
}

/** A killed process leaves its group a moment after its death was reported. */
const REMOVE_AGAIN_MS = 50;
const REMOVE_TRIES = 20;

function removeGroups(groups: readonly Group[], tries = REMOVE_TRIES): void {
  const busy = groups.filter((group) => !removeGroup(group.path));
  if (busy.length > 0 && tries > 0) setTimeout(() => removeGroups(busy, tries - 1), REMOVE_AGAIN_MS).unref();
}
