/** What lies in a bundle, and the files that dslrs-shim writes into it: docs/worker-protocol.md, "Launch". */

import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { ProcessIdentity, WorkerExit } from "./worker.js";

const process = z.object({ pid: z.int().positive(), startTime: z.number() });
const processFile = z.object({ bootId: z.string(), shim: process, worker: process });
const exitFile = z.object({
  pid: z.number(),
  code: z.number().nullable(),
  signal: z.string().nullable(),
  oomKills: z.number(),
  endedAt: z.number(),
});

export interface ProcessFile {
  readonly shim: ProcessIdentity;
  /** The command that the shim runs. */
  readonly command: ProcessIdentity;
  /** ms since 1970 */
  readonly startedAt: number;
}

export const PROCESS_FILE = "process.json";
export const EXIT_FILE = "exit.json";
export const CONTROL_SOCKET = "control.sock";
export const LOG_FILE = "worker.log";
/** One sentence for viewers, while the stream has no picture. */
export const REASON_FILE = "reason.txt";
/** Where the worker of a file with `resume` keeps how far it is. */
export const POSITION_FILE = "position.json";

/** The directory of the instance that a stream's bundle belongs to. */
export function instanceOf(bundle: string): string {
  return dirname(dirname(bundle));
}

/** `undefined`: not there (yet), or not written by a shim. */
export function readProcessFile(bundle: string): ProcessFile | undefined {
  const path = join(bundle, PROCESS_FILE);
  const file = readJson(path, processFile);
  if (!file) return undefined;
  const { bootId, shim, worker } = file.value;
  return { shim: { bootId, ...shim }, command: { bootId, ...worker }, startedAt: Math.round(file.modifiedMs) };
}

export function readExitFile(bundle: string): (WorkerExit & { readonly pid: number }) | undefined {
  return readJson(join(bundle, EXIT_FILE), exitFile)?.value;
}

function readJson<Value>(path: string, schema: z.ZodType<Value>): { value: Value; modifiedMs: number } | undefined {
  try {
    const value = schema.parse(JSON.parse(readFileSync(path, "utf8")));
    return { value, modifiedMs: statSync(path).mtimeMs };
  } catch {
    return undefined;
  }
}
