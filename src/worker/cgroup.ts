/**
 * Control groups, version 1 and 2: where dslrs may make some, and what is done with one. All synchronous: cgroupfs lives in
 * memory. Groups of one supervisor are `<tree>/dslrs/<instance>/<stream>.<launch>`.
 */

import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";

export type Controller = "memory" | "cpu";
const CONTROLLERS: readonly Controller[] = ["memory", "cpu"];

/** A place below which groups with a controller can be made. */
export interface CgroupTree {
  readonly version: 1 | 2;
  /** `<tree>/dslrs` */
  readonly base: string;
}

export type CgroupTrees = { readonly [Name in Controller]?: CgroupTree };

/** `proc` is `/proc/self`, or in a test a directory with a `mountinfo` and a `cgroup` that looks like it. */
export function findCgroupTrees(proc = "/proc/self"): CgroupTrees {
  const mounts = parseMountInfo(readText(join(proc, "mountinfo")) ?? "");
  const delegated = delegateUnified(mounts, readText(join(proc, "cgroup")) ?? "");
  const trees = CONTROLLERS.flatMap((controller) => {
    const legacy = mounts.find((mount) => mount.type === "cgroup" && mount.options.includes(controller));
    const tree = legacy ? writable(1, legacy.point) : undefined;
    const found = tree ?? (delegated?.controllers.includes(controller) ? writable(2, delegated.directory) : undefined);
    return found ? [[controller, found] as const] : [];
  });
  return Object.fromEntries(trees);
}

interface Mount {
  readonly root: string;
  readonly point: string;
  readonly type: string;
  readonly options: readonly string[];
}

/** Format: proc_pid_mountinfo(5). */
function parseMountInfo(text: string): Mount[] {
  return text.split("\n").flatMap((line) => {
    const [place, kind] = line.split(" - ");
    const [, , , root, point] = place?.split(" ") ?? [];
    const [type, , options] = kind?.split(" ") ?? [];
    return root && point && type ? [{ root, point, type, options: options?.split(",") ?? [] }] : [];
  });
}

function writable(version: 1 | 2, directory: string): CgroupTree | undefined {
  try {
    accessSync(directory, constants.W_OK);
    return { version, base: join(directory, "dslrs") };
  } catch {
    return undefined;
  }
}

/** Version 2 */

const SUPERVISOR_LEAF = "supervisor";

/**
 * In version 2 a group with processes of its own cannot limit groups below it, so the supervisor moves into a leaf. That works
 * where the group was delegated to it alone (systemd: `Delegate=yes`; a container); anywhere else it moves back.
 */
function delegateUnified(mounts: readonly Mount[], ownCgroups: string) {
  const mount = mounts.find(({ type }) => type === "cgroup2");
  const path = /^0::(.*)$/m.exec(ownCgroups)?.[1];
  if (!mount || path === undefined) return undefined;
  const own = join(mount.point, path.startsWith(mount.root) ? path.slice(mount.root.length) : path);
  const directory = basename(own) === SUPERVISOR_LEAF ? dirname(own) : own;
  const controllers = words(join(directory, "cgroup.controllers")).filter(isController);
  if (controllers.length === 0) return undefined;
  const enabled = words(join(directory, "cgroup.subtree_control"));
  const complete = controllers.every((controller) => enabled.includes(controller));
  return complete || moveToLeaf(directory) ? { directory, controllers } : undefined;
}

function isController(word: string): word is Controller {
  return CONTROLLERS.some((controller) => controller === word);
}

function moveToLeaf(directory: string): boolean {
  const leaf = join(directory, SUPERVISOR_LEAF);
  try {
    mkdirSync(leaf, { recursive: true });
    writeFileSync(join(leaf, "cgroup.procs"), String(process.pid));
    passOnControllers(directory);
    return true;
  } catch {
    tryTo(() => writeFileSync(join(directory, "cgroup.procs"), String(process.pid)));
    tryTo(() => rmdirSync(leaf));
    return false;
  }
}

function passOnControllers(directory: string): void {
  const present = words(join(directory, "cgroup.controllers")).filter(isController);
  writeFileSync(join(directory, "cgroup.subtree_control"), present.map((controller) => `+${controller}`).join(" "));
}

/** Both versions */

/** Throws where that is not allowed. `launch` tells it from the group of the stream's last process, which is just being removed. */
export function makeGroup(tree: CgroupTree, instance: string, stream: string, launch: string): string {
  const ofInstance = join(tree.base, instance);
  const group = join(ofInstance, `${stream}.${launch}`);
  for (const directory of [tree.base, ofInstance]) {
    mkdirSync(directory, { recursive: true });
    if (tree.version === 2) passOnControllers(directory);
  }
  mkdirSync(group, { recursive: true });
  return group;
}

/** The group of a stream that a process is in. */
export function findGroup(tree: CgroupTree, instance: string, stream: string, pid: number): string | undefined {
  return directories(join(tree.base, instance))
    .filter((name) => name.startsWith(`${stream}.`))
    .map((name) => join(tree.base, instance, name))
    .find((group) => words(join(group, "cgroup.procs")).includes(String(pid)));
}

/** Removes a group and the folders above it that are empty by now. `false`: there are still processes in it. */
export function removeGroup(group: string): boolean {
  if (!removed(group)) return false;
  removeEmpty(dirname(group));
  return true;
}

function removeEmpty(ofInstance: string): void {
  if (removed(ofInstance)) removed(dirname(ofInstance));
}

function removed(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch (problem) {
    return (problem as NodeJS.ErrnoException).code === "ENOENT";
  }
}

/** Another instance may have made a group that its worker has not joined yet. */
const FRESH_MS = 60_000;

/** Removes the groups that nobody uses: all of this instance, and the old ones of others. */
export function removeLeftovers(tree: CgroupTree, instance: string): void {
  for (const other of directories(tree.base)) {
    for (const stream of directories(join(tree.base, other))) {
      const group = join(tree.base, other, stream);
      if (other === instance || isOld(group)) removeGroup(group);
    }
    if (other === instance) removed(join(tree.base, other));
  }
  removed(tree.base);
}

function isOld(directory: string): boolean {
  const age = tryTo(() => Date.now() - statSync(directory).mtimeMs);
  return age !== undefined && age > FRESH_MS;
}

/** Wakes a process that was frozen by its group; in version 1 it would not even die of SIGKILL. */
export function thaw(pid: number): void {
  const mounts = parseMountInfo(readText("/proc/self/mountinfo") ?? "");
  const groups = readText(`/proc/${pid}/cgroup`) ?? "";
  const freezer = mounts.find(({ type, options }) => type === "cgroup" && options.includes("freezer"));
  const legacyPath = /^\d+:[^:]*\bfreezer\b[^:]*:(.+)$/m.exec(groups)?.[1];
  if (freezer && legacyPath) wake(join(freezer.point, legacyPath, "freezer.state"), /FR/, "THAWED");
  const unified = mounts.find(({ type }) => type === "cgroup2");
  const path = /^0::(.+)$/m.exec(groups)?.[1];
  if (unified && path) wake(join(unified.point, path, "cgroup.freeze"), /1/, "0");
}

function wake(file: string, frozen: RegExp, awake: string): void {
  if (frozen.test(readText(file) ?? "")) tryTo(() => writeFileSync(file, awake));
}

export function readText(path: string): string | undefined {
  return tryTo(() => readFileSync(path, "utf8"));
}

function words(path: string): string[] {
  return (readText(path) ?? "").split(/\s+/).filter((word) => word !== "");
}

function directories(path: string): string[] {
  const entries = tryTo(() => readdirSync(path, { withFileTypes: true })) ?? [];
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

function tryTo<Value>(attempt: () => Value): Value | undefined {
  try {
    return attempt();
  } catch {
    return undefined;
  }
}
