import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { createLog, type Log, streamLogPath } from "../../src/report/log.js";
import { followLog, type LogTail, loggedStreams, readLog } from "../../src/report/log-read.js";
import { temporaryDirectory } from "./directory.js";

const directory = temporaryDirectory();
const SMALL = { bytes: 700, files: 3 };

function logOf(stream: string): Log {
  return createLog({ directory: directory(), output: { write: () => true }, fileLimits: SMALL }).forStream(stream);
}

const tails: LogTail[] = [];
afterEach(() => {
  for (const tail of tails.splice(0)) tail.stop();
});

/** Collects what a tail reports, and waits for a message. */
function tailOf(path: string) {
  const messages: string[] = [];
  const waiting: { message: string; resolve: () => void }[] = [];
  const tail = followLog(path, (record) => {
    messages.push(record.message);
    for (const { message, resolve } of waiting) if (messages.includes(message)) resolve();
  });
  tails.push(tail);
  const seen = (message: string) =>
    new Promise<void>((resolve) => {
      if (messages.includes(message)) resolve();
      else waiting.push({ message, resolve });
    });
  return { messages, seen };
}

test("reads the last lines over all files, in order of time", () => {
  const cam = logOf("cam");
  for (let line = 0; line < 15; line += 1) cam.info(`line ${line}`);
  const records = readLog(streamLogPath(directory(), "cam"), 10) ?? [];
  expect(records.map((record) => record.message)).toEqual([...Array(10).keys()].map((index) => `line ${index + 5}`));
});

test("knows which streams have a log, and that others have none", () => {
  const cam = logOf("cam");
  for (let line = 0; line < 15; line += 1) cam.info(`line ${line}`);
  logOf("lobby").info("x");
  const path = streamLogPath(directory(), "gone");
  expect(readLog(path, 10)).toBeUndefined();
  expect(loggedStreams(dirname(path))).toEqual(["cam", "lobby"]);
});

test("follows only what is new, through rotations, each line once", async () => {
  const cam = logOf("cam");
  cam.info("old");
  const tail = tailOf(streamLogPath(directory(), "cam"));
  const expected = [...Array(40).keys()].map((index) => `line ${index}`);
  for (const message of expected) {
    cam.info(message);
    await tail.seen(message);
  }
  expect(tail.messages).toEqual(expected);
});

test("follows through several rotations between two looks", async () => {
  const cam = logOf("cam");
  cam.info("old");
  const tail = tailOf(streamLogPath(directory(), "cam"));
  for (let line = 0; line < 15; line += 1) cam.info(`line ${line}`);
  await tail.seen("line 14");
  expect(tail.messages).toEqual([...Array(15).keys()].map((index) => `line ${index}`));
});

test("follows a log that is removed and written anew", async () => {
  const path = streamLogPath(directory(), "cam");
  logOf("cam").info("first");
  const tail = tailOf(path);
  rmSync(path);
  logOf("cam").info("second");
  await tail.seen("second");
  expect(tail.messages).toEqual(["second"]);
});
