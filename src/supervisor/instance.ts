/**
 * The directory of an instance, and the right to run it. `<runtime dir>/<instance>/` is ours alone (0700); the lock is an abstract Unix
 * socket, which the kernel gives to one process at a time and takes back when that process dies, so it is never stale.
 */

import { createHash, createHmac, randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { dirname, join } from "node:path";
import type { Fingerprint } from "../policy/spec.js";
import { instanceDirectory } from "../report/instance.js";
import { notWritten, readJsonObject, readText, writeAtomically } from "./files.js";

export interface Instance {
  readonly directory: string;
  /** Higher than that of every supervisor of this instance before: workers refuse an older one. */
  readonly epoch: number;
  readonly fingerprint: Fingerprint;
  release(): Promise<void>;
}

export interface InstanceRefused {
  readonly message: string;
  readonly hint: string;
}

export type OpenedInstance =
  | { readonly ok: true; readonly instance: Instance }
  | { readonly ok: false; readonly refused: InstanceRefused };

const ownUid = process.getuid?.() ?? 0;

export async function openInstance(runtimeDir: string, name: string): Promise<OpenedInstance> {
  const directory = instanceDirectory(runtimeDir, name);
  const refused = makePrivate(directory);
  if (refused) return { ok: false, refused };
  const key = written(() => keyOf(directory));
  if ("error" in key) return { ok: false, refused: notWritable(directory, key.error) };
  const lock = await takeLock(directory, key.value);
  if (!lock) return { ok: false, refused: alreadyRuns(name, directory) };
  const release = () => new Promise<void>((resolve) => lock.close(() => resolve()));
  const epoch = written(() => {
    writeAtomically(join(directory, "supervisor.json"), `${JSON.stringify({ pid: process.pid })}\n`);
    return nextEpoch(directory);
  });
  if ("error" in epoch) {
    await release();
    return { ok: false, refused: notWritable(directory, epoch.error) };
  }
  const fingerprint = (text: string) => createHmac("sha256", key.value).update(text).digest("hex");
  return { ok: true, instance: { directory, epoch: epoch.value, fingerprint, release } };
}

function written<T>(work: () => T): { readonly value: T } | { readonly error: unknown } {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}

function notWritable(directory: string, error: unknown): InstanceRefused {
  return {
    message: `The runtime directory: ${notWritten(directory, error)}`,
    hint: "Make room there, or choose another with --runtime-dir DIR or DSLRS_RUNTIME_DIR.",
  };
}

function makePrivate(directory: string): InstanceRefused | undefined {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    return {
      message: `The runtime directory ${directory} cannot be made: ${(error as Error).message}.`,
      hint: "Choose one that you may write to with --runtime-dir DIR or DSLRS_RUNTIME_DIR.",
    };
  }
  if (isSafe(dirname(directory), [0, ownUid]) && isSafe(directory, [ownUid])) return undefined;
  return {
    message: `Other users could change files in ${directory}.`,
    hint: "Remove it, or choose another with --runtime-dir DIR.",
  };
}

/** Nobody else can put files there, or replace those that are there. */
function isSafe(directory: string, owners: readonly number[]): boolean {
  const { uid, mode } = statSync(directory);
  const isSticky = (mode & 0o1000) !== 0;
  return owners.includes(uid) && ((mode & 0o022) === 0 || isSticky);
}

/** The name holds the key, so that other users cannot guess it and take the lock. */
function takeLock(directory: string, key: Buffer): Promise<Server | undefined> {
  const name = createHash("sha256").update(key).update(directory).digest("hex");
  const server = createServer((connection) => connection.destroy());
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
    );
    server.listen(`\0dslrs-${name}`, () => {
      server.unref();
      resolve(server);
    });
  });
}

function alreadyRuns(name: string, directory: string): InstanceRefused {
  const pid = readJsonObject(join(directory, "supervisor.json"))?.pid;
  const who = typeof pid === "number" ? ` (pid ${pid})` : "";
  return {
    message: `The instance "${name}" is already running${who}.`,
    hint: "Stop it with `dslrs down`, or start this one under another name with --instance NAME.",
  };
}

/** Of two starts at once one makes the key; it has its name only when it is whole. */
function keyOf(directory: string): Buffer {
  const path = join(directory, "key");
  const made = `${path}.${randomBytes(4).toString("hex")}.tmp`;
  if (readText(path) === undefined) {
    try {
      writeFileSync(made, randomBytes(32).toString("hex"), { mode: 0o600, flag: "wx" });
      linkUnlessThere(made, path);
    } finally {
      rmSync(made, { force: true });
    }
  }
  return Buffer.from(readFileSync(path, "utf8"), "hex");
}

function linkUnlessThere(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

function nextEpoch(directory: string): number {
  const path = join(directory, "epoch");
  const last = Number(readText(path) ?? "0");
  const epoch = (Number.isSafeInteger(last) ? last : 0) + 1;
  writeAtomically(path, `${epoch}\n`);
  return epoch;
}
