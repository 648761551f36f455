/**
 * Log files that cannot fill the disk: each is at most a few files of fixed size, `x.log`, `x.log.1`, `x.log.2`.
 * A file is opened for each line: lines are rare, no descriptor is held for any stream, and a file that somebody
 * removed comes back by itself. A line that cannot be written is lost; logging never stops the work.
 */

import { appendFileSync, mkdirSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";

export interface LogFileLimits {
  readonly bytes: number;
  readonly files: number;
}

export const LOG_FILE_LIMITS: LogFileLimits = { bytes: 1024 * 1024, files: 3 };

export interface LogFile {
  append(line: string): void;
}

export function openLogFile(path: string, limits: LogFileLimits = LOG_FILE_LIMITS): LogFile {
  return {
    append(line) {
      try {
        if (sizeOf(path) + Buffer.byteLength(line) > limits.bytes) rotate(path, limits.files);
        appendOrMakeFolder(path, line);
      } catch {
        // A full or read-only disk: the line is lost, the next one is tried again.
      }
    },
  };
}

/** Oldest first. */
export function logFileChain(path: string, files = LOG_FILE_LIMITS.files): string[] {
  const older = Array.from({ length: files - 1 }, (_, index) => `${path}.${files - 1 - index}`);
  return [...older, path];
}

function rotate(path: string, files: number): void {
  const chain = logFileChain(path, files);
  chain.slice(1).forEach((newer, index) => {
    const older = chain[index];
    if (older !== undefined && sizeOf(newer) > 0) renameSync(newer, older);
  });
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function appendOrMakeFolder(path: string, line: string): void {
  try {
    appendFileSync(path, line, { mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    appendFileSync(path, line, { mode: 0o600 });
  }
}
