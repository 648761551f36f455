import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createLibrary } from "../../src/recordings/library.js";
import { createRetention, type Keeping, type KeptOutput, type Retention } from "../../src/recordings/retention.js";
import type { EventKind } from "../../src/report/event.js";
import type { Log } from "../../src/report/log.js";
import { temporaryDirectory } from "../report/directory.js";
import { DAY_MS, put, recordingName, tree } from "./tree.js";

const directory = temporaryDirectory();
const NOW = Date.parse("2026-03-20T12:00:00Z");
const FREE = { freeBytes: 1e9, totalBytes: 10e9 };

interface Run {
  /** Lets it look once more; resolves when it has. */
  look(): Promise<void>;
  readonly retention: Retention;
  readonly lines: string[];
  /** Paths, as the index is told of them. */
  readonly removed: string[];
  readonly events: { readonly kind: EventKind; readonly message: string }[];
}

const runs: Run[] = [];
afterEach(() => {
  for (const { retention } of runs.splice(0)) retention.stop();
});

function run(
  keeping: () => Keeping | undefined,
  space: () => { freeBytes: number; totalBytes: number } = () => FREE,
): Run {
  const lines: string[] = [];
  const removed: string[] = [];
  const events: Run["events"] = [];
  let now = NOW;
  let due = () => {};
  let isDue = () => {};
  let waiting = new Promise<void>(() => {});
  const clock = {
    now: () => now,
    after(ms: number, turn: () => void) {
      isDue();
      waiting = new Promise((resolve) => {
        isDue = resolve;
      });
      due = () => {
        now += ms;
        turn();
      };
      return () => {};
    },
  };
  const note = (kind: EventKind, message: string) => void events.push({ kind, message });
  const library = createLibrary({ root: directory(), now: clock.now, templatesOf: () => [] });
  const words = { log: logTo(lines), note, onRemoved: (paths: readonly string[]) => void removed.push(...paths) };
  const retention = createRetention({ clock, library, keeping, ...words, spaceOf: async () => space() });
  const looking = {
    retention,
    lines,
    removed,
    events,
    async look() {
      const done = waiting;
      due();
      await done;
    },
  };
  runs.push(looking);
  return looking;
}

function logTo(lines: string[]): Log {
  const write = (message: string) => void lines.push(message);
  return { debug: write, info: write, warn: write, error: write, forStream: () => logTo(lines) };
}

function keeping(changes: Partial<Keeping> = {}): Keeping {
  const outputs = [output("yard")];
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

function output(stream: string, changes: Partial<KeptOutput> = {}): KeptOutput {
  const template = `${stream}/{date}/${stream}_{time}`;
  return { stream, output: "record", template, isContinuous: true, keepMs: 0, keepBytes: 0, ...changes };
}

/** One file of ten bytes a day, from `days` ago to yesterday. */
function fill(stream: string, days: number): string[] {
  return Array.from({ length: days }, (_, index) =>
    put(join(directory(), stream, recordingName(stream, NOW - (days - index) * DAY_MS))),
  );
}

const filesOf = (stream: string) => tree(join(directory(), stream)).filter((path) => path.includes("/"));

test("keeps an output to its size, says so, and removes the folders that this empties", async () => {
  fill("yard", 6);
  const { look, lines, events, removed } = run(() => keeping({ outputs: [output("yard", { keepBytes: 40 })] }));
  await look();
  expect(removed).toHaveLength(2);
  expect(filesOf("yard")).toHaveLength(4);
  expect(lines).toEqual([
    "Removed 2 recordings (20B), up to that of 2026-03-15T12:00:00.000Z: the output has more than keep.size",
  ]);
  expect(events).toEqual([]);
  for (let looks = 0; looks < 13; looks += 1) await look();
  expect(tree(join(directory(), "yard")).filter((path) => !path.includes("/"))).toHaveLength(4);
});

test("neither the file being written, nor a protected one, nor anything of others goes", async () => {
  const [oldest = ""] = fill("yard", 3);
  put(`${oldest}.keep`, 0);
  put(join(directory(), "yard", recordingName("yard", NOW - 9 * DAY_MS, ".mkv.part")));
  put(join(directory(), "yard", "2026-03-01", "notes.txt"));
  put(join(directory(), "gone", recordingName("gone", NOW - 99 * DAY_MS)));
  const before = tree(directory()).filter((path) => !/yard_2026-03-1[89]T/.test(path));
  const { look } = run(() =>
    keeping({ outputs: [output("yard", { keepBytes: 1, keepMs: 1 })], keepBytes: 1, reserveBytes: 2e9 }),
  );
  await look();
  expect(tree(directory())).toEqual(before);
});

test("what was recorded by order goes for the reserve and the limit of all like everything else, the oldest first", async () => {
  fill("yard", 3);
  for (let days = 1; days <= 6; days += 1) {
    put(join(directory(), "yard/clip", recordingName("clip", NOW - days * DAY_MS)));
  }
  const clip = { stream: "yard", output: "clip", template: "yard/clip/{date}/clip_{time}" };
  const removed = () => 9 - tree(join(directory(), "yard")).filter((path) => path.endsWith(".mkv")).length;
  const space = () => ({ freeBytes: 70 + removed() * 10, totalBytes: 10_000 });
  let now = keeping({ others: [clip], reserveBytes: 90 });
  const { look, retention } = run(() => now, space);
  await look();
  expect([removed(), filesOf("yard/clip").length]).toEqual([2, 4]);
  now = keeping({ others: [clip], keepBytes: 60 });
  retention.lookSoon();
  await look();
  expect([removed(), filesOf("yard/clip").length]).toEqual([3, 3]);
});

test("a folder that becomes a link to elsewhere is not followed", async () => {
  fill("yard", 3);
  const outside = put(join(directory(), "outside", recordingName("yard", NOW - DAY_MS)));
  const { look } = run(() => keeping({ outputs: [output("yard", { keepMs: 1 })] }));
  rmSync(join(directory(), "yard", "2026-03-19"), { recursive: true });
  symlinkSync(join(outside, ".."), join(directory(), "yard", "2026-03-19"));
  await look();
  expect(tree(join(directory(), "outside"))).toHaveLength(2);
  expect(filesOf("yard").filter((path) => !path.startsWith("2026-03-19"))).toEqual([]);
});

test("makes room before the reserve is touched, and tells it as an event", async () => {
  fill("yard", 6);
  const removed = () => 6 - filesOf("yard").length;
  const space = () => ({ freeBytes: 95 + removed() * 10, totalBytes: 10_000 });
  // 90 are to be free, and 30 more are written until the next look but one.
  const { look, events, retention } = run(() => keeping({ reserveBytes: 90, bytesPerSecond: 2 }), space);
  await look();
  expect(removed()).toBe(3);
  expect(events).toEqual([
    {
      kind: "recordingsRemoved",
      message: "The disk was short of its reserve: 3 recordings (30B) made room, the oldest.",
    },
  ]);
  expect(retention.roots()).toEqual([
    { path: directory(), freeBytes: 125, totalBytes: 10_000, reserveBytes: 90, problem: null },
  ]);
});

test("a disk that cannot be brought above its reserve is said once, and when it can again", async () => {
  let freeBytes = 10;
  fill("yard", 1);
  const { look, events, lines, retention } = run(
    () => keeping({ reserveBytes: 90 }),
    () => ({ freeBytes, totalBytes: 10_000 }),
  );
  for (let looks = 0; looks < 30; looks += 1) await look();
  expect(events).toMatchObject([
    { kind: "recordingsRemoved" },
    { kind: "reserveMissed", message: expect.stringContaining("10B free, 90B to be kept. No recording is left") },
  ]);
  expect(lines).toHaveLength(2);
  expect(retention.roots()).toMatchObject([{ problem: expect.stringContaining("Remove other files from the disk") }]);
  freeBytes = 1_000;
  await look();
  expect(events.map(({ kind }) => kind)).toEqual(["recordingsRemoved", "reserveMissed", "reserveHeld"]);
  expect(retention.roots()).toMatchObject([{ problem: null }]);
});

test("other limits apply at once; a stream that left the config is left alone, one that comes is looked after", async () => {
  fill("yard", 5);
  fill("gate", 5);
  let now = keeping({ outputs: [output("yard")] });
  const { look, retention } = run(() => now);
  await look();
  now = keeping({ outputs: [output("gate", { keepBytes: 20 })] });
  retention.lookSoon();
  await look();
  expect([filesOf("yard").length, filesOf("gate").length]).toEqual([5, 2]);
});

test("a root that is not there, or nothing to record, is no trouble", async () => {
  let now: Keeping | undefined;
  const { look, lines, retention } = run(() => now);
  await look();
  now = keeping();
  await look();
  expect(lines).toEqual([]);
  expect(retention.roots()).toHaveLength(1);
});

test("100,000 files: each batch is bounded, and all that is too old goes in the end", async () => {
  const days = 50;
  for (let day = 1; day <= days; day += 1) {
    const start = Date.parse(new Date(NOW - day * DAY_MS).toISOString().slice(0, 10));
    mkdirSync(join(directory(), "yard", recordingName("yard", start), ".."), { recursive: true });
    for (let file = 0; file < 2_000; file += 1) {
      writeFileSync(join(directory(), "yard", recordingName("yard", start + file * 1_000)), "");
    }
  }
  const { look, lines } = run(() => keeping({ outputs: [output("yard", { keepMs: 49.6 * DAY_MS })] }));
  await look();
  expect(lines).toEqual([expect.stringContaining("Removed 1000 recordings")]);
  await look();
  await look();
  expect(filesOf("yard")).toHaveLength(98_000);
  expect(lines).toHaveLength(2);
}, 120_000);
