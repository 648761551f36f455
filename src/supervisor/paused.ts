/** Which streams a user paused: kept in the instance's directory, over edits and restarts of the supervisor. */

import { join } from "node:path";
import type { Log } from "../report/log.js";
import { readJsonObject } from "./files.js";
import { createKeptFile } from "./kept-file.js";
import type { Clock } from "./stream.js";

export interface PausedStreams {
  has(name: string): boolean;
  add(name: string): void;
  delete(name: string): void;
  /** Forgets all others: a stream that is added again later begins anew. */
  keepOnly(names: readonly string[]): void;
  /** A pause that could not be written yet is given up. */
  close(): void;
}

export interface PausedStreamsParts {
  /** Of the instance. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
}

export function openPausedStreams({ directory, clock, log }: PausedStreamsParts): PausedStreams {
  const path = join(directory, "paused.json");
  const stored = readJsonObject(path)?.streams;
  const paused = new Set<unknown>(Array.isArray(stored) ? stored : []);
  const file = createKeptFile({ path, outdated: "stays", clock, log });
  const save = () => file.write(`${JSON.stringify({ streams: [...paused] })}\n`);
  return {
    has: (name) => paused.has(name),
    add(name) {
      paused.add(name);
      save();
    },
    delete(name) {
      if (paused.delete(name)) save();
    },
    keepOnly(names) {
      const gone = [...paused].filter((name) => !names.includes(String(name)));
      for (const name of gone) paused.delete(name);
      if (gone.length > 0) save();
    },
    close: file.rest,
  };
}
