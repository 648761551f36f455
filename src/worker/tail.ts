/**
 * Follows worker.log: hands on what a process writes, line by line, and keeps the file small. Where it stopped is remembered in
 * a file, so that the next supervisor goes on from there. A process that writes without end costs little: it is read so much in a while,
 * and of what it wrote meanwhile the newest.
 */

import { closeSync, fstatSync, openSync, readFileSync, readSync, truncateSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { watchDirectory } from "./directory-watch.js";

const CHUNK_BYTES = 64 * 1024;
/** So much is read in each while. */
const BUDGET_BYTES = 512 * 1024;
const WHILE_MS = 500;
const LINE_LIMIT_BYTES = 8 * 1024;
const FILE_LIMIT_BYTES = 1024 * 1024;
const LINES_PER_SECOND = 200;

/** Where to begin: a size of the file, or where the last supervisor stopped. */
export type TailStart = number | "remembered";

export interface TailOptions {
  readonly path: string;
  readonly from: TailStart;
  readonly onLine: (line: string) => void;
  /** Also for those of a flood that `onLine` does not get. */
  readonly onRead?: (line: string) => void;
  /** So much came at once that some of it was not even read. */
  readonly onLeap?: () => void;
}

export interface Tail {
  /** The last lines handed on or left out. */
  lastLines(): readonly string[];
  /** Reads what is there now, to the end; also a last line without an end. */
  drain(): void;
  close(): void;
}

const LAST_LINES = 10;

export function followFile({ path, from, onLine, onRead, onLeap }: TailOptions): Tail {
  const positionPath = `${path}.position`;
  const lines = createLineCutter();
  const passes = createThrottle();
  const last: string[] = [];
  let offset = from === "remembered" ? rememberedOffset(positionPath) : from;
  let hasLeapt = false;
  let spent = 0;
  let pause: NodeJS.Timeout | undefined;

  function handOn(line: string) {
    last.push(line);
    if (last.length > LAST_LINES) last.shift();
    say(line);
    onRead?.(line);
  }

  function say(line: string) {
    const { pass, leftOut } = passes(Date.now());
    if (!pass) return;
    if (leftOut > 0 || hasLeapt) onLine(`(${hasLeapt ? "more than " : ""}${leftOut} lines left out)`);
    hasLeapt = false;
    onLine(line);
  }

  /** Returns how many bytes it took. */
  function read(): number {
    const before = offset;
    const file = open(path);
    if (file === undefined) return 0;
    let taken = 0;
    try {
      const { size } = fstatSync(file);
      if (size < offset) offset = 0;
      // After a long time without a supervisor, and of a flood, only the newest part is of interest.
      if (size - offset > BUDGET_BYTES) {
        offset = size - BUDGET_BYTES;
        hasLeapt = true;
        lines.leap();
        onLeap?.();
      }
      taken = size - offset;
      readBetween(file, offset, size, (chunk) => lines.push(chunk).forEach(handOn));
      offset = size;
    } finally {
      closeSync(file);
    }
    if (offset > FILE_LIMIT_BYTES) offset = startAnew(path, offset);
    if (offset !== before) remember(positionPath, offset);
    return taken;
  }

  function look() {
    if (spent >= BUDGET_BYTES) return;
    spent += read();
    pause ??= setTimeout(() => {
      pause = undefined;
      const isBehind = spent >= BUDGET_BYTES;
      spent = 0;
      if (isBehind) look();
    }, WHILE_MS).unref();
  }

  const name = basename(path);
  const stop = watchDirectory(dirname(path), (changed) => {
    if (changed === undefined || changed === name) look();
  });
  look();
  return {
    lastLines: () => [...last],
    drain() {
      read();
      const rest = lines.rest();
      if (rest !== "") handOn(rest);
    },
    close() {
      clearTimeout(pause);
      stop();
    },
  };
}

/** Not to the end of the file: one that grows all the time has none. */
function readBetween(file: number, start: number, end: number, onChunk: (chunk: Buffer) => void): void {
  const buffer = Buffer.alloc(Math.min(CHUNK_BYTES, end - start));
  for (let offset = start, length = -1; offset < end && length !== 0; offset += length) {
    length = readSync(file, buffer, 0, Math.min(buffer.length, end - offset), offset);
    onChunk(Buffer.from(buffer.subarray(0, length)));
  }
}

/** Copies and truncates: the process has the file open for appending, and goes on at its new beginning. One old file is kept. */
function startAnew(path: string, offset: number): number {
  try {
    copyNewest(path, `${path}.1`, offset);
    truncateSync(path);
    return 0;
  } catch {
    return offset; // a full disk, for instance: the log is not worth a failure
  }
}

function copyNewest(path: string, copy: string, end: number): void {
  const file = openSync(path, "r");
  try {
    const newest = Buffer.alloc(Math.min(end, FILE_LIMIT_BYTES + BUDGET_BYTES));
    readSync(file, newest, 0, newest.length, end - newest.length);
    writeFileSync(copy, newest, { mode: 0o600 });
  } finally {
    closeSync(file);
  }
}

function open(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch {
    return undefined;
  }
}

/** 0 where it is missing. */
export function fileSize(path: string): number {
  const file = open(path);
  if (file === undefined) return 0;
  const { size } = fstatSync(file);
  closeSync(file);
  return size;
}

function rememberedOffset(path: string): number {
  try {
    const offset = Number(readFileSync(path, "utf8"));
    return Number.isSafeInteger(offset) && offset > 0 ? offset : 0;
  } catch {
    return 0;
  }
}

function remember(path: string, offset: number): void {
  try {
    writeFileSync(path, String(offset), { mode: 0o600 });
  } catch {
    // Then some lines may come twice after a restart.
  }
}

/** Lines over the limit are cut; what follows up to their end is dropped. */
function createLineCutter() {
  let rest = Buffer.alloc(0);
  let skipping = false;
  const text = (line: Buffer) => line.subarray(0, LINE_LIMIT_BYTES).toString("utf8").trimEnd();
  return {
    push(chunk: Buffer): string[] {
      const found: string[] = [];
      let data = Buffer.concat([rest, chunk]);
      for (let end = data.indexOf(10); end !== -1; end = data.indexOf(10)) {
        if (!skipping) found.push(text(data.subarray(0, end)));
        skipping = false;
        data = data.subarray(end + 1);
      }
      if (data.length > LINE_LIMIT_BYTES) {
        if (!skipping) found.push(text(data));
        skipping = true;
        data = data.subarray(data.length);
      }
      rest = data;
      return found.filter((line) => line !== "");
    },
    /** What follows does not continue what came. */
    leap(): void {
      rest = Buffer.alloc(0);
      skipping = true;
    },
    rest(): string {
      const line = skipping ? "" : text(rest);
      rest = Buffer.alloc(0);
      return line;
    },
  };
}

/** So many lines in each second; the first one after those that were left out says how many they were. */
function createThrottle() {
  let second = 0;
  let passed = 0;
  let dropped = 0;
  return (now: number): { pass: boolean; leftOut: number } => {
    if (Math.floor(now / 1000) !== second) {
      second = Math.floor(now / 1000);
      passed = 0;
    }
    passed += 1;
    if (passed > LINES_PER_SECOND) {
      dropped += 1;
      return { pass: false, leftOut: 0 };
    }
    const leftOut = dropped;
    dropped = 0;
    return { pass: true, leftOut };
  };
}
