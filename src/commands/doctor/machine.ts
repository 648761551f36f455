/** What the machine must have, whatever the config says. */

import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { openIndexInMemory } from "../../recordings/index-file.js";
import type { NativeResult } from "../../worker/native.js";
import { neededElements } from "./elements.js";
import { type Finding, missing, ok, warn } from "./finding.js";

const OLDEST_NODE = [20, 19] as const;
const OLDEST_GSTREAMER = [1, 22] as const;
const LIBRARIES = {
  "libgstrtspserver-1.0.so.0": "libgstrtspserver-1.0-0",
  "libjson-glib-1.0.so.0": "libjson-glib-1.0-0",
} as const;
/** Sockets, pipes and files of the supervisor alone, and of one stream with a few viewers. */
const FILES_OF_SUPERVISOR = 64;
const FILES_PER_STREAM = 40;

export async function machineFindings(native: NativeResult, streams: number): Promise<Finding[]> {
  return [
    nodeFinding(process.versions.node),
    ...(await gstreamerFindings(native.paths.pipelines)),
    ...(await libraryFindings()),
    tlsFinding(),
    programsFinding(native),
    sqliteFinding(),
    cgroupFinding(),
    openFilesFinding(streams),
    psFinding(),
  ];
}

function nodeFinding(version: string): Finding {
  return isAtLeast(version, OLDEST_NODE)
    ? ok("Node.js", version)
    : missing("Node.js", `${version} is older than ${OLDEST_NODE.join(".")}`, "install Node.js 20.19 or newer");
}

async function gstreamerFindings(pipelines: string): Promise<Finding[]> {
  const inspect = await execa("gst-inspect-1.0", ["--version"], { reject: false });
  const version = /GStreamer (\d+\.\d+\.\d+)/.exec(inspect.stdout ?? "")?.[1];
  if (version === undefined) {
    return [missing("GStreamer", "gst-inspect-1.0 is not there", apt(["gstreamer1.0-tools"]))];
  }
  const versionFinding = isAtLeast(version, OLDEST_GSTREAMER)
    ? ok("GStreamer", version)
    : missing("GStreamer", `${version} is older than ${OLDEST_GSTREAMER.join(".")}`, "use Debian 12 or newer");
  const { stdout } = await execa("gst-inspect-1.0", [], { reject: false });
  const present = new Set([...stdout.matchAll(/^\s*\S+:\s+(\S+): /gm)].map((match) => match[1]));
  return [versionFinding, ...elementFindings(pipelines, present)];
}

function elementFindings(pipelines: string, present: ReadonlySet<string | undefined>): Finding[] {
  return neededElements(pipelines).map(({ name, debianPackage, onlyFor }) => {
    const what = `element ${name}`;
    if (present.has(name)) return ok(what, "");
    return onlyFor === null
      ? missing(what, "not installed", apt([debianPackage]))
      : warn(what, `not installed; needed for ${onlyFor} only`, apt([debianPackage]));
  });
}

async function libraryFindings(): Promise<Finding[]> {
  const path = `${process.env.PATH ?? ""}${delimiter}/sbin${delimiter}/usr/sbin`;
  const { stdout } = await execa("ldconfig", ["-p"], { reject: false, env: { PATH: path } });
  return Object.entries(LIBRARIES).map(([library, debianPackage]) =>
    (stdout ?? "").includes(library) ? ok(library, "") : missing(library, "not installed", apt([debianPackage])),
  );
}

/** GLib finds its TLS backend at run time, as a module. */
function tlsFinding(): Finding {
  const folders = ["/usr/lib", ...readdirSync("/usr/lib").map((name) => join("/usr/lib", name))];
  const isThere = folders.some((folder) =>
    ["libgiognutls.so", "libgioopenssl.so"].some((module) => existsSync(join(folder, "gio/modules", module))),
  );
  return isThere
    ? ok("TLS", "")
    : warn(
        "TLS",
        "GLib's module is not installed; needed for rtsps:// cameras and to serve RTSPS",
        apt(["glib-networking"]),
      );
}

function programsFinding(native: NativeResult): Finding {
  return native.ok
    ? ok("native programs", "built")
    : missing("native programs", `not there: ${native.missing.join(", ")}`, "scripts/build-native");
}

/** Its part in machine code is made for one version of Node.js. */
function sqliteFinding(): Finding {
  try {
    openIndexInMemory().close();
    return ok("better-sqlite3", "");
  } catch (error) {
    const [why] = String(error).split("\n");
    return missing("better-sqlite3", `cannot be loaded: ${why}`, "npm rebuild better-sqlite3");
  }
}

function cgroupFinding(): Finding {
  const what = "cgroups";
  if (isWritable("/sys/fs/cgroup/memory") && isWritable("/sys/fs/cgroup/cpu")) return ok(what, "version 1, writable");
  const controllers = readIfThere("/sys/fs/cgroup/cgroup.controllers");
  const own = /^0::(.*)$/m.exec(readIfThere("/proc/self/cgroup"))?.[1] ?? "/";
  const detail = "limits fall back to RLIMIT_DATA and nice";
  const mend = "run dslrs by its systemd unit (docs/systemd.md), which delegates a cgroup to it";
  if (!controllers.includes("memory")) return warn(what, `no memory controller; ${detail}`, mend);
  return isWritable(join("/sys/fs/cgroup", own, "cgroup.procs"))
    ? ok(what, "version 2, writable")
    : warn(what, `version 2, not writable by this user; ${detail}`, mend);
}

function openFilesFinding(streams: number): Finding {
  const limits = /^Max open files\s+(\d+|unlimited)/m.exec(readIfThere("/proc/self/limits"))?.[1];
  const limit = limits === "unlimited" ? Number.POSITIVE_INFINITY : Number(limits ?? 0);
  const needed = FILES_OF_SUPERVISOR + FILES_PER_STREAM * streams;
  const detail = `limit ${limit}, about ${needed} needed for ${streams} stream${streams === 1 ? "" : "s"}`;
  return limit >= needed ? ok("open files", detail) : warn("open files", detail, `ulimit -n ${needed}`);
}

function psFinding(): Finding {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.some((folder) => isExecutable(join(folder, "ps")))
    ? ok("ps", "")
    : warn("ps", "not installed; used as the last resort to end a process", apt(["procps"]));
}

export function apt(packages: readonly string[]): string {
  const sudo = process.getuid?.() === 0 ? "" : "sudo ";
  return `${sudo}apt-get install --no-install-recommends ${packages.join(" ")}`;
}

function isAtLeast(version: string, oldest: readonly [number, number]): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

function isExecutable(path: string): boolean {
  return isAllowed(path, constants.X_OK) && existsSync(path) && statSync(path).isFile();
}

function isWritable(path: string): boolean {
  return isAllowed(path, constants.W_OK);
}

function isAllowed(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
