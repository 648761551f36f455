/**
 * A file that the supervisor keeps for the next one. A disk that is full, or may not be written, stops nothing: it is said once, and the
 * file is written when that is possible again.
 */

import { rmSync } from "node:fs";
import type { Log } from "../report/log.js";
import { notWritten, writeAtomically } from "./files.js";
import type { Clock } from "./stream.js";

export interface KeptFileParts {
  readonly path: string;
  /** What becomes of the text of before while the new one cannot be written: one that would mislead is removed. */
  readonly outdated: "stays" | "goes";
  readonly clock: Clock;
  readonly log: Log;
}

export interface KeptFile {
  /** Replaces a text that still waits to be written. */
  write(text: string): void;
  /** What still waits is not wanted any more. */
  rest(): void;
}

const RETRY_MS = 5_000;

export function createKeptFile({ path, outdated, clock, log }: KeptFileParts): KeptFile {
  let isTold = false;
  let cancelRetry = () => {};

  function write(text: string): void {
    cancelRetry();
    const problem = attempt(text);
    if (problem === undefined) {
      if (isTold) log.info(`${path} is written again`);
      isTold = false;
      return;
    }
    if (!isTold) log.warn(`${problem} It is tried again until it can be; everything else goes on.`);
    isTold = true;
    cancelRetry = clock.after(RETRY_MS, () => write(text));
  }

  /** Why it is not written. What goes makes room on a full disk. */
  function attempt(text: string): string | undefined {
    const problem = problemOf(() => writeAtomically(path, text));
    if (problem === undefined || outdated === "stays") return problem;
    problemOf(() => rmSync(path, { force: true }));
    return problemOf(() => writeAtomically(path, text));
  }

  function problemOf(work: () => void): string | undefined {
    try {
      work();
      return undefined;
    } catch (error) {
      return notWritten(path, error);
    }
  }

  return { write, rest: () => cancelRetry() };
}
