/** Reads a rotating log from its files, so that it can be read when no supervisor runs, and follows it. */

import { closeSync, type FSWatcher, fstatSync, openSync, readdirSync, readFileSync, readSync, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { logFileChain } from "./log-file.js";
import { type LogRecord, parseLogLine } from "./log-line.js";

/** Where watching is not available (or an event got lost), the file is looked at this often. */
const POLL_MS = 500;
const CHUNK_BYTES = 64 * 1024;

/** The last `count` records, oldest first; `undefined` when there is no such log. */
export function readLog(path: string, count: number): LogRecord[] | undefined {
  const texts = logFileChain(path).map(readTextIfThere);
  if (texts.every((text) => text === undefined)) return undefined;
  const records = texts.flatMap((text) => recordsOf(text ?? ""));
  // Lines of one writer are in order already; after a step of the clock the order of time is the more useful one.
  records.sort((one, other) => one.time.localeCompare(other.time));
  return count === 0 ? [] : records.slice(-count);
}

/** Streams with a log in `directory` (the folder of a stream's log); null where this user may not look. */
export function loggedStreams(directory: string): string[] | null {
  try {
    const names = readdirSync(directory).flatMap((file) => /^(.+?)\.log(\.\d+)?$/.exec(file)?.[1] ?? []);
    return [...new Set(names)].sort();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EACCES" ? null : [];
  }
}

export interface LogTail {
  stop(): void;
}

/** Calls `onRecord` for each line appended from now on, also after rotation and when the file comes (back) later. */
export function followLog(path: string, onRecord: (record: LogRecord) => void): LogTail {
  let reader = openReader(path, "end");
  const onLine = (line: string) => {
    const record = parseLogLine(line);
    if (record !== undefined) onRecord(record);
  };
  const look = () => {
    reader?.drain(onLine);
    for (const newer of filesAfter(path, reader?.inode)) {
      reader?.close();
      reader = newer;
      reader.drain(onLine);
    }
  };
  const watcher = watchFolder(path, look);
  const timer = setInterval(look, POLL_MS);
  return {
    stop() {
      clearInterval(timer);
      watcher?.close();
      reader?.close();
    },
  };
}

interface FileReader {
  readonly inode: number;
  /** Everything up to the present end, by whole lines. */
  drain(onLine: (line: string) => void): void;
  close(): void;
}

function openReader(path: string, from: "start" | "end"): FileReader | undefined {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch {
    return undefined;
  }
  const { ino: inode, size } = fstatSync(fd);
  let offset = from === "end" ? size : 0;
  let unfinished = Buffer.alloc(0);
  const chunk = Buffer.alloc(CHUNK_BYTES);
  return {
    inode,
    drain(onLine) {
      if (fstatSync(fd).size < offset) offset = 0; // somebody emptied the file
      for (let read = readSync(fd, chunk, 0, CHUNK_BYTES, offset); read > 0; ) {
        offset += read;
        unfinished = Buffer.concat([unfinished, chunk.subarray(0, read)]);
        for (let end = unfinished.indexOf(10); end >= 0; end = unfinished.indexOf(10)) {
          onLine(unfinished.subarray(0, end).toString("utf8"));
          unfinished = unfinished.subarray(end + 1);
        }
        read = readSync(fd, chunk, 0, CHUNK_BYTES, offset);
      }
    },
    close: () => closeSync(fd),
  };
}

/** The files of the chain that came after the one with `inode`, oldest first; only the newest when that one is gone. */
function filesAfter(path: string, inode: number | undefined): FileReader[] {
  const readers = logFileChain(path).map((file) => openReader(file, "start"));
  const found = readers.findIndex((reader) => reader !== undefined && reader.inode === inode);
  const firstNewer = found >= 0 ? found + 1 : readers.length - 1;
  for (const old of readers.slice(0, firstNewer)) old?.close();
  return readers.slice(firstNewer).filter((reader) => reader !== undefined);
}

function watchFolder(path: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(dirname(path), (_event, file) => {
      if (file === null || file === basename(path)) onChange();
    });
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}

function readTextIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function recordsOf(text: string): LogRecord[] {
  return text.split("\n").flatMap((line) => parseLogLine(line) ?? []);
}
