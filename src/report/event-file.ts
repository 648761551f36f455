/**
 * A file of events: lines are appended, and from time to time it is written anew with what is kept. It can be cut short by a kill, be
 * removed or become unwritable at any time; the next write that succeeds makes it whole again.
 */

import {
  appendFileSync,
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import type { Clock } from "../supervisor/stream.js";

export interface EventFileParts {
  readonly path: string;
  readonly clock: Clock;
  /** All lines that the file should hold now. */
  readonly lines: () => readonly string[];
  /** Comes last in every write, and counts for all before. */
  readonly sum: () => string;
}

export interface EventFile {
  /** Written at once where nothing was written for a second, else at the end of that second. */
  append(line: string): void;
  /** Writes what waits to be written. */
  flush(): void;
}

const WRITE_EVERY_MS = 1_000;
/** After so many appended lines the file is written anew. */
const LONGEST_APPENDIX = 256;
/** What is behind this is not from us. */
const LONGEST_FILE_BYTES = 4 * 1024 * 1024;

export function openEventFile({ path, clock, lines, sum }: EventFileParts): EventFile {
  let waiting: string[] = [];
  /** What is in the file already may be torn, so the first write is a whole one. */
  let appended = LONGEST_APPENDIX;
  let cancel: (() => void) | undefined;

  function write(): void {
    const text = waiting.join("") + sum();
    appended += waiting.length;
    waiting = [];
    const isWhole = appended >= LONGEST_APPENDIX || !tryTo(() => appendToExisting(path, text));
    if (isWhole) appended = tryTo(() => replace(path, lines().join("") + sum())) ? 0 : LONGEST_APPENDIX;
  }

  function rest(): void {
    cancel = clock.after(WRITE_EVERY_MS, () => {
      cancel = undefined;
      if (waiting.length === 0) return;
      write();
      rest();
    });
  }

  return {
    append(line) {
      waiting.push(line);
      if (cancel) {
        if (waiting.length > LONGEST_APPENDIX) {
          // A burst: the next write is a whole one, so the single lines need not be kept.
          waiting = [line];
          appended = LONGEST_APPENDIX;
        }
        return;
      }
      write();
      rest();
    },
    flush() {
      cancel?.();
      cancel = undefined;
      if (waiting.length > 0) write();
    },
  };
}

/** "" where there is nothing to be read. */
export function readEventFile(path: string): string {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const { size } = fstatSync(file);
      const length = Math.min(size, LONGEST_FILE_BYTES);
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(file, bytes, 0, length, size - length)).toString("utf8");
    } finally {
      closeSync(file);
    }
  } catch {
    return "";
  }
}

/** A file that somebody removed is not made: it would lack what was in it. */
function appendToExisting(path: string, text: string): void {
  const file = openSync(path, constants.O_APPEND | constants.O_WRONLY);
  try {
    appendFileSync(file, text);
  } finally {
    closeSync(file);
  }
}

function replace(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.tmp`, text, { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}

/** A full or read-only disk: what is in memory goes on, and the next write is a whole one. */
function tryTo(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
