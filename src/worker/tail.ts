/**
 * Follows worker.log: hands on what a process writes, line by line, and keeps the file small. Where it stopped is remembered in
 * a file, so that the next supervisor goes on from there.
 */

import {
  closeSync,
  copyFileSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname } from "node:path";
import { watchDirectory } from "./directory-watch.js";

const CHUNK_BYTES = 64 * 1024;
const LINE_LIMIT_BYTES = 8 * 1024;
const FILE_LIMIT_BYTES = 1024 * 1024;
const LINES_PER_SECOND = 200;

/** Where to begin: a size of the file, or where the last supervisor stopped. */
export type TailStart = number | "remembered";

export interface TailOptions {
  readonly path: string;
  readonly from: TailStart;
  readonly onLine: (line: string) => void;
}

export interface Tail {
  /** The last lines handed on or left out. */
  lastLines(): readonly string[];
  /** Reads what is there now, to the end; also a last line without an end. */
  drain(): void;
  close(): void;
}

const LAST_LINES = 10;

export function followFile({ path, from, onLine }: TailOptions): Tail {
  const positionPath = `${path}.position`;
  const lines = createLineCutter();
  const passes = createThrottle();
  const last: string[] = [];
  let offset = from === "remembered" ? rememberedOffset(positionPath) : from;

  function handOn(line: string) {
    last.push(line);
    if (last.length > LAST_LINES) last.shift();
    const { pass, leftOut } = passes(Date.now());
    if (leftOut > 0) onLine(`(${leftOut} lines left out)`);
    if (pass) onLine(line);
  }

  function read() {
    const before = offset;
    const file = open(path);
    if (file === undefined) return;
    try {
      const { size } = fstatSync(file);
      if (size < offset) offset = 0;
      // After a long time without a supervisor only the newest part is of interest.
      if (size - offset > FILE_LIMIT_BYTES) offset = size - FILE_LIMIT_BYTES;
      offset = readFrom(file, offset, (chunk) => lines.push(chunk).forEach(handOn));
    } finally {
      closeSync(file);
    }
    if (offset > FILE_LIMIT_BYTES) offset = startAnew(path, offset);
    if (offset !== before) remember(positionPath, offset);
  }

  const name = basename(path);
  const stop = watchDirectory(dirname(path), (changed) => {
    if (changed === undefined || changed === name) read();
  });
  read();
  return {
    lastLines: () => [...last],
    drain() {
      read();
      const rest = lines.rest();
      if (rest !== "") handOn(rest);
    },
    close: stop,
  };
}

function readFrom(file: number, start: number, onChunk: (chunk: Buffer) => void): number {
  const buffer = Buffer.alloc(CHUNK_BYTES);
  let offset = start;
  for (let length = -1; length !== 0; offset += length) {
    length = readSync(file, buffer, 0, CHUNK_BYTES, offset);
    onChunk(Buffer.from(buffer.subarray(0, length)));
  }
  return offset;
}

/** Copies and truncates: the process has the file open for appending, and goes on at its new beginning. One old file is kept. */
function startAnew(path: string, offset: number): number {
  try {
    copyFileSync(path, `${path}.1`);
    truncateSync(path);
    return 0;
  } catch {
    return offset; // a full disk, for instance: the log is not worth a failure
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
