/**
 * What a test run left behind: processes, files and cgroups. Run `before` and `after` with the directory that the
 * tests use as TMPDIR (and where cgroups are not in /sys/fs/cgroup, their root); what is left is named, and processes
 * that are left are ended.
 */

import { readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [, , moment, directory, cgroupRoot = "/sys/fs/cgroup"] = process.argv;
const memory = `${directory}.cgroups`;

if (moment === "before") {
  writeFileSync(memory, JSON.stringify(cgroupsBelow(cgroupRoot)));
} else {
  const before = new Set(JSON.parse(readFileSync(memory, "utf8")));
  rmSync(memory);
  const processes = processesOf(directory);
  const left = [
    ...processes.map(({ pid, command }) => `process ${pid}: ${command}`),
    ...readdirSync(directory, { recursive: true }).map((file) => `file ${join(directory, file)}`),
    ...cgroupsBelow(cgroupRoot).flatMap((cgroup) => (before.has(cgroup) ? [] : [`cgroup ${cgroup}`])),
  ];
  for (const { pid } of processes) end(pid);
  for (const thing of left) console.error(`left behind: ${thing}`);
  if (left.length === 0) console.log("ok");
  process.exitCode = left.length === 0 ? 0 : 1;
}

/** Processes that have the directory in their environment, their arguments or as their working directory. */
function processesOf(mark) {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && !isThisRun(Number(name)))
    .map((pid) => ({ pid: Number(pid), command: read(pid, "cmdline").replaceAll("\0", " ").trim() }))
    .filter(
      ({ pid, command }) => command.includes(mark) || read(pid, "environ").includes(mark) || cwd(pid).startsWith(mark),
    );
}

/** This process and the shell that started it. */
function isThisRun(pid) {
  return pid === process.pid || pid === process.ppid;
}

/** Empty where the process is gone, is a zombie, or belongs to somebody else. */
function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}

function cwd(pid) {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return "";
  }
}

function end(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself meanwhile.
  }
}

/** The groups below any directory `dslrs` of a cgroup tree, by their paths; such a directory itself stays. */
function cgroupsBelow(root, depth = 6) {
  if (depth === 0) return [];
  return children(root).flatMap((name) => {
    const path = join(root, name);
    return name === "dslrs" ? descendants(path) : cgroupsBelow(path, depth - 1);
  });
}

function descendants(path) {
  return children(path).flatMap((name) => [join(path, name), ...descendants(join(path, name))]);
}

function children(path) {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}
