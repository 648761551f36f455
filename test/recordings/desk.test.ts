/** What the archive process of a root does, in this process: with real files, the real database and the real dslrs-mend. */

import { once } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { execa } from "execa";
import { type Desk, openDesk } from "../../src/recordings/archive-desk.js";
import type { ArchiveWord } from "../../src/recordings/archive-messages.js";
import { recordingsIn } from "../../src/recordings/find.js";
import type { Recording } from "../../src/recordings/recording.js";
import type { Keeping } from "../../src/recordings/retention.js";
import { nativePaths } from "../../src/worker/native.js";
import { temporaryDirectory } from "../report/directory.js";
import { decodingErrors, packetsOf } from "../rig/media.js";
import { type Clips, makeClips, putClip, putLeftover } from "./clips.js";
import { put, recordingName, tree } from "./tree.js";

const { mend } = nativePaths().paths;
const START = Date.parse("2026-11-20T10:00:00Z");

let clips: Clips;
let clipFolder = "";
beforeAll(async () => {
  clipFolder = mkdtempSync(join(tmpdir(), "dslrs-clips-"));
  clips = await makeClips(clipFolder);
}, 60_000);
afterAll(() => rmSync(clipFolder, { recursive: true, force: true }));

const desks: Desk[] = [];
afterEach(() => {
  for (const desk of desks.splice(0)) desk.stop();
});
// Afterwards: what works in it has ended when it goes.
const directory = temporaryDirectory();

function openedDesk(now = Date.now): { desk: Desk; words: ArchiveWord[]; looksInMs: number[] } {
  const words: ArchiveWord[] = [];
  const looksInMs: number[] = [];
  const after = (ms: number) => {
    looksInMs.push(ms);
    return () => {};
  };
  const clock = { now, after };
  const desk = openDesk({ root: directory(), mend, clock, isMending: true, say: (word) => words.push(word) });
  desks.push(desk);
  return { desk, words, looksInMs };
}

function keeping(changes: Partial<Keeping> = {}): Keeping {
  const output = { stream: "yard", output: "record", template: "yard/{date}/yard_{time}" };
  const outputs = [{ ...output, isContinuous: true, keepMs: 0, keepBytes: 0 }];
  return {
    root: directory(),
    keepBytes: 0,
    reserveBytes: 0,
    outputs,
    bytesPerSecond: 0,
    others: [],
    ...changes,
  };
}

const yard = (minutes: number, suffix = ".mkv") =>
  join("yard", recordingName("yard", START + minutes * 60_000, suffix));
const inRoot = (path: string) => join(directory(), path);

async function look(desk: Desk, kept = keeping()): Promise<readonly Recording[]> {
  await desk.carryOut({ do: "beat", keeping: kept, isNew: true });
  return lookAgain(desk);
}

async function lookAgain(desk: Desk): Promise<readonly Recording[]> {
  await desk.carryOut({ do: "look" });
  await desk.settled();
  return (await desk.carryOut({ do: "find", query: {} })).recordings;
}

test("files that nobody told of are looked into; those that a person removes go from the index", async () => {
  const [mkv, mp4] = [putClip(clips.mkv, inRoot(yard(0))), putClip(clips.mp4, inRoot(yard(10, ".mp4")))];
  put(inRoot(yard(20)), 100);
  const { desk } = openedDesk();
  const media = { durationMs: 2_000, frames: 50, keyframes: 5, encodings: ["h264"], isOpen: false };
  const found = await look(desk);
  expect(found).toMatchObject([
    { path: yard(0), startedAt: START, endedAt: START + 2_000, ...media },
    { path: yard(10, ".mp4"), ...media },
    { path: yard(20), bytes: 100, durationMs: null, endedAt: null, isOpen: false },
  ]);
  rmSync(mkv);
  renameSync(mp4, inRoot(yard(11, ".mp4")));
  expect((await lookAgain(desk)).map(({ path }) => path)).toEqual([yard(11, ".mp4"), yard(20)]);
});

test("leftovers of both formats become recordings that play, and what has no media goes to quarantine", async () => {
  putLeftover(clips.mkv, inRoot(yard(0, ".mkv.part")));
  putLeftover(clips.mp4, inRoot(yard(10, ".mp4.part")));
  putLeftover(clips.mp4, inRoot(yard(20, ".mp4.part")), 300);
  const { desk, words } = openedDesk();
  const found = await look(desk);
  expect(found).toMatchObject([
    { path: yard(0), reason: "salvaged" },
    { path: yard(10, ".mp4"), reason: "salvaged" },
  ]);
  for (const { path, frames, durationMs, endedAt, startedAt } of found) {
    expect(await decodingErrors(inRoot(path))).toBe("");
    expect((await packetsOf(inRoot(path))).length).toBe(frames);
    expect(endedAt).toBe(startedAt + (durationMs ?? 0));
  }
  const quarantined = join("quarantine", yard(20, ".mp4.part"));
  expect(tree(inRoot("quarantine"))).toContain(yard(20, ".mp4.part"));
  expect(readFileSync(inRoot("quarantine/log.txt"), "utf8")).toMatch(new RegExp(`Z ${yard(20, ".mp4.part")}: .+\\n$`));
  expect(words).toContainEqual(
    expect.objectContaining({
      tell: "event",
      kind: "recordingQuarantined",
      stream: "yard",
      message: expect.stringContaining(quarantined),
    }),
  );
  expect(tree(inRoot("yard")).filter((path) => path.endsWith(".part"))).toEqual([]);
  expect(words.flatMap((word) => (word.tell === "salvaged" ? [word.recording] : []))).toEqual(found);
});

test("of a file that was begun anew one is kept: what was to take its place is quarantined, or is what there is", async () => {
  putLeftover(clips.mkv, inRoot(yard(0, ".mkv.part")));
  putLeftover(clips.mkv, inRoot(yard(0, ".mkv.new")));
  putClip(clips.mkv, inRoot(yard(1)));
  putLeftover(clips.mkv, inRoot(yard(1, ".mkv.new")));
  putLeftover(clips.mp4, inRoot(yard(2, ".mp4.part")), 300);
  putLeftover(clips.mp4, inRoot(yard(2, ".mp4.new")));
  putLeftover(clips.mkv, inRoot(yard(3, ".mkv.new")));
  const { desk } = openedDesk();
  expect((await look(desk)).map(({ path, reason }) => [path, reason])).toEqual([
    [yard(0), "salvaged"],
    [yard(1), null],
    [yard(2, ".mp4"), "salvaged"],
    [yard(3), "salvaged"],
  ]);
  const isFile = (path: string) => /\.(part|new)$/.test(path);
  expect(tree(inRoot("quarantine")).filter(isFile)).toEqual([
    yard(0, ".mkv.new"),
    yard(1, ".mkv.new"),
    yard(2, ".mp4.part"),
  ]);
  expect(tree(inRoot("yard")).filter(isFile)).toEqual([]);
  expect(readFileSync(inRoot("quarantine/log.txt"), "utf8")).toContain(`${yard(0, ".mkv.new")}: the file that it was`);
});

test("a leftover that two looks find at the same time is mended once, without a complaint", async () => {
  for (let minutes = 0; minutes < 30; minutes += 1) putLeftover(clips.mkv, inRoot(yard(minutes, ".mkv.part")));
  const { desk, words } = openedDesk();
  const found = await look(desk);
  expect(found).toHaveLength(30);
  for (let minutes = 30; minutes < 60; minutes += 1) putLeftover(clips.mkv, inRoot(yard(minutes, ".mkv.part")));
  await Promise.all(Array.from({ length: 20 }, () => desk.carryOut({ do: "look" })));
  expect(await lookAgain(desk)).toHaveLength(60);
  expect(words.flatMap((word) => (word.tell === "log" && word.level === "warn" ? [word.message] : []))).toEqual([]);
  expect(words.filter(({ tell }) => tell === "salvaged")).toHaveLength(60);
});

test("what cannot be put in order now is tried again by itself, first after half a minute, and complained of once", async () => {
  putLeftover(clips.mkv, inRoot(yard(0, ".mkv.part")), 300);
  put(inRoot("quarantine"), 1);
  let passedMs = 0;
  const { desk, words, looksInMs } = openedDesk(() => Date.now() + passedMs);
  await desk.carryOut({ do: "beat", keeping: keeping(), isNew: true });
  await desk.settled();
  expect(looksInMs.at(-1)).toBeLessThanOrEqual(30_000);
  passedMs = 31_000;
  await lookAgain(desk);
  const warnings = words.flatMap((word) => (word.tell === "log" && word.level === "warn" ? [word.message] : []));
  expect(warnings).toEqual([expect.stringContaining("the folder quarantine cannot be used")]);
  rmSync(inRoot("quarantine"));
  await lookAgain(desk);
  expect(tree(directory())).toContain(yard(0, ".mkv.part"));
  passedMs += 61_000;
  await lookAgain(desk);
  expect(tree(inRoot("quarantine"))).toContain(yard(0, ".mkv.part"));
});

test("a file that somebody writes is left alone, and so is one that is too young to tell", async () => {
  const written = putLeftover(clips.mkv, inRoot(yard(0, ".mkv.part")));
  const writer = execa("flock", [written, "sh", "-c", "echo; cat"], { stdin: "pipe", reject: false });
  await once(writer.stdout as Readable, "data");
  writeFileSync(inRoot(yard(1, ".mkv.part")), readFileSync(clips.mkv).subarray(0, 12_000));
  const { desk } = openedDesk();
  expect(await look(desk)).toMatchObject([{ path: yard(0), isOpen: true }]);
  expect(tree(inRoot("yard"))).toHaveLength(3);
  writer.stdin?.end();
  await writer;
  expect((await lookAgain(desk)).map(({ path }) => path)).toEqual([yard(0)]);
});

test("what somebody writes that nobody told of is shown as being written, and leaves no hole that looks removed", async () => {
  putClip(clips.mkv, inRoot(yard(0)));
  const written = putLeftover(clips.mkv, inRoot(yard(1, ".mkv.part")));
  putLeftover(clips.mkv, inRoot(yard(2, ".mkv.part")));
  const writer = execa("flock", [written, "sh", "-c", "echo; cat"], { stdin: "pipe", reject: false });
  await once(writer.stdout as Readable, "data");
  const { desk } = openedDesk();
  expect(await look(desk)).toMatchObject([
    { path: yard(0), isOpen: false },
    { path: yard(1), isOpen: true, endedAt: null, startedAt: START + 60_000 },
    { path: yard(2), isOpen: false, reason: "salvaged" },
  ]);
  writer.stdin?.end();
  await writer;
  expect((await lookAgain(desk)).map(({ isOpen }) => isOpen)).toEqual([false, false, false]);
});

test("a file that is only made ready for what comes is not shown: it gets another name", async () => {
  putClip(clips.mkv, inRoot(yard(0)));
  const ready = inRoot(yard(1, ".mkv.part"));
  writeFileSync(ready, "");
  const writer = execa("flock", [ready, "sh", "-c", "echo; cat"], { stdin: "pipe", reject: false });
  await once(writer.stdout as Readable, "data");
  const { desk } = openedDesk();
  expect((await look(desk)).map(({ path }) => path)).toEqual([yard(0)]);
  writer.stdin?.end();
  await writer;
});

test("many files without media are told of together, each with its line in the log", async () => {
  for (let minutes = 0; minutes < 20; minutes += 1) putLeftover(clips.mp4, inRoot(yard(minutes, ".mp4.part")), 300);
  const { desk, words } = openedDesk();
  expect(await look(desk)).toEqual([]);
  const told = (level: string) => words.filter((word) => word.tell === "log" && word.level === level);
  expect([told("info").length, told("warn"), words.filter(({ tell }) => tell === "event")]).toEqual([
    20,
    [expect.objectContaining({ stream: "yard", message: expect.stringMatching(/^20 unfinished recordings/) })],
    [expect.objectContaining({ kind: "recordingQuarantined", stream: "yard" })],
  ]);
  expect(readFileSync(inRoot("quarantine/log.txt"), "utf8").match(/\n/g)).toHaveLength(20);
});

test("an index that somebody removes is found again from the files at the next beat, and that is told once", async () => {
  putClip(clips.mkv, inRoot(yard(0)));
  const { desk, words } = openedDesk();
  await look(desk);
  rmSync(inRoot(".dslrs"), { recursive: true });
  putClip(clips.mkv, inRoot(yard(1)));
  for (let beats = 0; beats < 2; beats += 1) await desk.carryOut({ do: "beat", keeping: keeping(), isNew: false });
  await desk.settled();
  desk.stop();
  expect((await recordingsIn([directory()], {}, { mend })).recordings.map(({ frames }) => frames)).toEqual([50, 50]);
  expect(words.filter(({ tell }) => tell === "event")).toEqual([expect.objectContaining({ kind: "indexRebuilt" })]);
});

test("links are followed nowhere: not to files, not to folders, not into quarantine", async () => {
  const outside = mkdtempSync(join(clipFolder, "outside-"));
  putClip(clips.mkv, join(outside, "2026-11-21", "yard_2026-11-21T01-00-00.000Z.mkv"));
  putLeftover(clips.mkv, inRoot(yard(0, ".mkv.part")), 40);
  symlinkSync(join(outside, "2026-11-21"), inRoot("yard/2026-11-21"));
  symlinkSync(outside, inRoot("quarantine"));
  const { desk, words } = openedDesk();
  expect(await look(desk)).toEqual([]);
  expect(tree(outside)).toEqual(["2026-11-21", "2026-11-21/yard_2026-11-21T01-00-00.000Z.mkv"]);
  expect(tree(inRoot("yard"))).toContain(yard(0, ".mkv.part").slice("yard/".length));
  expect(words).toContainEqual(
    expect.objectContaining({ level: "warn", message: expect.stringContaining("quarantine") }),
  );
});

test("what was noted stays when the files are looked into again", async () => {
  putClip(clips.mkv, inRoot(yard(0)));
  const { desk } = openedDesk();
  const [found] = await look(desk);
  const noted = { ...(found as Recording), reason: "ingestDown", continues: false };
  const gap = { stream: "yard", output: "record", from: START + 2_000, class: "reset", sentence: "It was reset." };
  await desk.carryOut({
    do: "remember",
    notes: [
      { is: "recording", recording: noted },
      { is: "gap", gap, isBetter: false },
    ],
  });
  expect(await desk.carryOut({ do: "reindex" })).toBe(1);
  await desk.settled();
  const { recordings, gaps } = await desk.carryOut({ do: "find", query: {} });
  expect([recordings, gaps]).toEqual([[noted], [{ ...gap, to: null }]]);
});

test("without any index, files of streams that no config has any more are found as they lie by default", async () => {
  putClip(clips.mkv, inRoot(yard(0)));
  putClip(clips.mkv, inRoot(join("gate/low", recordingName("low", START))));
  put(inRoot("notes.txt"));
  const answer = await recordingsIn([directory()], {}, { mend });
  expect(answer.recordings).toMatchObject([
    { stream: "gate", output: "low", frames: 50 },
    { stream: "yard", output: "record", frames: 50, root: directory() },
  ]);
  expect(answer.roots).toEqual([{ path: directory(), problem: null }]);
});

test("files of an earlier template stay known and are kept within limits", async () => {
  putClip(clips.mkv, inRoot(yard(0)));
  const { desk } = openedDesk();
  await look(desk);
  const [output] = keeping().outputs;
  const moved = { ...(output as NonNullable<typeof output>), template: "{date}/yard_{time}" };
  putClip(clips.mkv, inRoot(yard(10).slice("yard/".length)));
  const found = await look(desk, keeping({ outputs: [moved] }));
  expect(found.map(({ path }) => path)).toEqual([yard(0), yard(10).slice("yard/".length)]);
});

test("thousands of files that are known cost no look into any of them", async () => {
  const many = 2_500;
  for (let file = 0; file < many; file += 1) {
    const path = inRoot(join("yard", recordingName("yard", START + file * 600_000)));
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, "");
  }
  const first = openedDesk();
  await look(first.desk);
  first.desk.stop();
  const clock = { now: Date.now, after: () => () => {} };
  // A program that is not there would be told of for every file that is asked about.
  const again = openDesk({ root: directory(), mend: "/nowhere", clock, isMending: true, say: () => {} });
  desks.push(again);
  expect(await look(again)).toHaveLength(many);
  expect(readdirSync(directory()).sort()).toEqual([".dslrs", "yard"]);
}, 60_000);

test("a note that no index can take is lost with a word, those beside it are remembered on the disk", async () => {
  const { desk, words } = openedDesk();
  const gap = (stream: string, from: number) =>
    ({
      is: "gap",
      isBetter: false,
      gap: { stream, output: "record", from, class: "reset", sentence: "Reset." },
    }) as const;
  await desk.carryOut({ do: "beat", keeping: keeping(), isNew: true });
  await desk.carryOut({ do: "remember", notes: [gap("yard", 1), gap("gate", null as never), gap("barn", 3)] });
  const { gaps } = await desk.carryOut({ do: "find", query: {} });
  expect(gaps.map(({ stream }) => stream)).toEqual(["barn", "yard"]);
  expect(words).toContainEqual(expect.objectContaining({ level: "warn", message: expect.stringContaining("is lost") }));
  expect(await desk.carryOut({ do: "beat", keeping: keeping(), isNew: false })).toMatchObject({ indexProblem: null });
});

test("what was recorded by order is found and mended where its template puts it, also when the stream has left the config", async () => {
  putClip(clips.mkv, inRoot(join("extra", recordingName("yard", START))));
  putLeftover(clips.mkv, inRoot(join("extra", recordingName("yard", START + 60_000, ".mkv.part"))));
  const { desk } = openedDesk();
  const others = [{ stream: "yard", output: "clip", template: "extra/{date}/yard_{time}" }];
  expect(await look(desk, keeping({ outputs: [], others }))).toMatchObject([
    { output: "clip", reason: null },
    { output: "clip", reason: "salvaged" },
  ]);
  expect(await look(desk, keeping({ outputs: [] }))).toHaveLength(2);
});
