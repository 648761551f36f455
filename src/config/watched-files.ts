/** Remembers what watched files held when they were last told of, so that only a new content counts as a change. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** So long a file may be missing or empty while it is being saved. */
const GRACE_MS = 1_000;

export interface WatchedFiles {
  paths(): readonly string[];
  /** Replaces the files beside the first one; what new ones hold now counts as known. */
  follow(paths: readonly string[]): void;
  /** `changed` is told once for each change; `unsettled`: in the middle of one, look again soon. */
  look(nowMs: number): "same" | "changed" | "unsettled";
  /** Whether a file was last told of as missing. */
  isAnyMissing(): boolean;
}

export function watchFiles(first: string): WatchedFiles {
  const told = new Map([[first, stateOf(first)]]);
  const goneSince = new Map<string, number>();

  /** Whether `path` may just be in the middle of being saved. */
  const isInGrace = (path: string, state: string, nowMs: number) => {
    if ((state !== MISSING && state !== EMPTY) || state === told.get(path)) {
      goneSince.delete(path);
      return false;
    }
    const since = goneSince.get(path) ?? nowMs;
    goneSince.set(path, since);
    return nowMs - since < GRACE_MS;
  };

  return {
    paths: () => [...told.keys()],
    follow: (paths) => {
      const wanted = new Set([first, ...paths]);
      for (const path of told.keys()) if (!wanted.has(path)) told.delete(path);
      for (const path of wanted) if (!told.has(path)) told.set(path, stateOf(path));
    },
    look: (nowMs) => {
      const current = [...told.keys()].map((path) => [path, stateOf(path)] as const);
      if (current.filter(([path, state]) => isInGrace(path, state, nowMs)).length > 0) return "unsettled";
      if (current.every(([path, state]) => told.get(path) === state)) return "same";
      for (const [path, state] of current) told.set(path, state);
      return "changed";
    },
    isAnyMissing: () => [...told.values()].includes(MISSING),
  };
}

const MISSING = "missing";
const EMPTY = "empty";

/** A digest, not the content: password files are among them. */
function stateOf(path: string): string {
  const content = readIfPossible(path);
  if (content === undefined) return MISSING;
  return content.length === 0 ? EMPTY : createHash("sha256").update(content).digest("hex");
}

export function readIfPossible(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
