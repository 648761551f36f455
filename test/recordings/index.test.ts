import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { openIndex, type RecordingsIndex } from "../../src/recordings/index.js";
import type { SetAside } from "../../src/recordings/index-file.js";
import type { Recording } from "../../src/recordings/recording.js";
import { temporaryDirectory } from "../report/directory.js";

const open: RecordingsIndex[] = [];
afterEach(() => {
  for (const index of open.splice(0)) index.close();
});
const directory = temporaryDirectory();

function opened(now = () => 0, root = directory()) {
  const aside: SetAside[] = [];
  let gone = 0;
  const onGone = () => {
    gone += 1;
  };
  const index = openIndex({ root, now, onSetAside: (each) => aside.push(each), onGone });
  open.push(index);
  return { index, aside, gone: () => gone };
}

function recording(path: string, changes: Partial<Recording> = {}): Recording {
  const media = { durationMs: 10, bytes: 20, frames: 30, keyframes: 4, encodings: ["h264", "aac"], reason: "time" };
  const times = { startedAt: 1_000, endedAt: 1_010, isOpen: false, continues: true };
  return { stream: "yard", output: "record", path, ...times, ...media, ...changes };
}

const file = () => join(directory(), ".dslrs", "index.sqlite");
const pathsIn = (index: RecordingsIndex) => index.use((store) => store.find({}).recordings.map(({ path }) => path));

test("what it was told it knows after it was opened again", () => {
  const first = opened().index;
  first.use((store) => store.put(recording("a")));
  first.use((store) => store.openGap({ stream: "yard", output: "record", from: 2_000, class: "reset", sentence: "S" }));
  first.close();
  const { index, aside } = opened();
  expect(index.use((store) => store.find({}))).toEqual({
    recordings: [recording("a")],
    gaps: [{ stream: "yard", output: "record", from: 2_000, to: null, class: "reset", sentence: "S" }],
  });
  expect([aside, index.problem(), index.takeDoubt()]).toEqual([[], null, false]);
});

test("finds by stream, output and time; the next recording ends a gap", () => {
  const { index } = opened();
  index.use((store) => {
    store.put(recording("a", { startedAt: 0, endedAt: 10 }));
    store.openGap({ stream: "yard", output: "record", from: 10, class: "reset", sentence: "" });
    store.put(recording("b", { startedAt: 20, endedAt: null, isOpen: true }));
    store.put(recording("c", { stream: "gate", startedAt: 15 }));
    store.put(recording("d", { output: "low" }));
  });
  const found = (query: object) => index.use((store) => store.find(query).recordings.map(({ path }) => path));
  expect(found({ stream: "yard", output: "record" })).toEqual(["a", "b"]);
  expect(found({ stream: "yard", from: 10, to: 21 })).toEqual(["b"]);
  expect(found({ stream: "gate" })).toEqual(["c"]);
  expect(index.use((store) => store.find({}).gaps)).toMatchObject([{ from: 10, to: 20 }]);
});

test.each([
  ["no database at all", (path: string) => writeFileSync(path, "what is this?".repeat(1_000))],
  [
    "damaged pages",
    (path: string) => {
      const bytes = readFileSync(path);
      writeFileSync(path, Buffer.concat([bytes.subarray(0, 4_096), Buffer.alloc(bytes.length - 4_096, 0x5a)]));
    },
  ],
  [
    "one of another version",
    (path: string) => {
      const database = new Database(path);
      database.pragma("user_version = 99");
      database.close();
    },
  ],
])("%s is set aside, and a new one begun", (_what, damage) => {
  const before = opened().index;
  before.use((store) => store.put(recording("a")));
  before.close();
  damage(file());
  const { index, aside } = opened();
  index.use((store) => store.put(recording("b")));
  expect(aside).toHaveLength(1);
  expect(readdirSync(join(directory(), ".dslrs"))).toContain(aside[0]?.path.split("/").at(-1));
  expect([pathsIn(index), index.takeDoubt(), index.problem()]).toEqual([["b"], true, null]);
});

test("a database that breaks while it is used is replaced too", () => {
  const { index, aside } = opened();
  for (let count = 0; count < 500; count += 1) index.use((store) => store.put(recording(`a${count}`)));
  index.use(() => {
    const other = new Database(file());
    other.pragma("wal_checkpoint(TRUNCATE)");
    other.close();
  });
  const bytes = readFileSync(file());
  writeFileSync(file(), Buffer.alloc(bytes.length, 0x5a));
  index.use((store) => store.put(recording("b")));
  expect(pathsIn(index)).toEqual(["b"]);
  expect(aside).toHaveLength(1);
});

test("where it cannot be written it goes on in memory, and moves to the disk when it can", () => {
  let now = 0;
  writeFileSync(join(directory(), ".dslrs"), "in the way");
  const { index } = opened(() => now);
  index.use((store) => store.put(recording("a")));
  expect([pathsIn(index), index.problem()]).toEqual([["a"], expect.stringContaining("is no folder")]);
  rmSync(join(directory(), ".dslrs"));
  now += 60_000;
  expect([pathsIn(index), index.problem()]).toEqual([["a"], null]);
  expect(opened().index.use((store) => store.count())).toBe(1);
});

test("while another program holds the database it goes on in memory, with all that it knew", () => {
  let now = 0;
  const { index } = opened(() => now);
  index.use((store) => store.put(recording("a")));
  const other = new Database(file());
  other.exec("BEGIN IMMEDIATE");
  index.use((store) => store.put(recording("b")));
  expect([pathsIn(index), index.problem()]).toEqual([["a", "b"], expect.stringContaining("locked")]);
  other.exec("COMMIT");
  other.close();
  now += 60_000;
  expect([pathsIn(index), index.problem()]).toEqual([["a", "b"], null]);
});

test("a link is not followed out of the root", () => {
  const outside = join(directory(), "outside");
  mkdirSync(outside);
  symlinkSync(outside, join(directory(), ".dslrs"));
  const { index } = opened();
  index.use((store) => store.put(recording("a")));
  expect([readdirSync(outside), index.problem()]).toEqual([[], expect.stringContaining("is no folder")]);
});

test("one that is removed while it is used is begun anew with all that it knew, and said so once", () => {
  const { index, gone } = opened();
  index.use((store) => store.put(recording("a")));
  index.follow();
  expect([gone(), index.takeDoubt()]).toEqual([0, true]);
  rmSync(join(directory(), ".dslrs"), { recursive: true });
  index.use((store) => store.openGap({ stream: "yard", output: "record", from: 2_000, class: "reset", sentence: "S" }));
  index.follow();
  index.follow();
  expect([gone(), index.takeDoubt(), index.problem()]).toEqual([1, true, null]);
  index.use((store) => store.put(recording("b", { startedAt: 3_000 })));
  index.close();
  const again = opened().index.use((store) => store.find({}));
  expect(again.recordings.map(({ path }) => path)).toEqual(["a", "b"]);
  expect(again.gaps).toMatchObject([{ from: 2_000, to: 3_000, class: "reset" }]);
});

test("another disk in the place of the first has its own index, and the first is let go", () => {
  const other = mkdtempSync("/dev/shm/dslrs-");
  try {
    const [mine, root] = [join(directory(), "mine"), join(directory(), "root")];
    mkdirSync(mine);
    symlinkSync(mine, root);
    const { index, gone } = opened(undefined, root);
    index.use((store) => store.put(recording("a")));
    rmSync(root);
    symlinkSync(other, root);
    index.follow();
    index.use((store) => store.put(recording("b")));
    expect([pathsIn(index), gone(), index.takeDoubt()]).toEqual([["b"], 1, true]);
    expect(pathsIn(opened(undefined, mine).index)).toEqual(["a"]);
    expect(pathsIn(opened(undefined, other).index)).toEqual(["b"]);
  } finally {
    rmSync(other, { recursive: true });
  }
});

test("without its root it goes on in memory, and makes no folder", () => {
  let now = 0;
  const root = join(directory(), "disk");
  mkdirSync(root);
  const { index, gone } = opened(() => now, root);
  rmSync(root, { recursive: true });
  index.follow();
  now += 60_000;
  index.use((store) => store.put(recording("a")));
  expect([pathsIn(index), gone(), index.problem(), readdirSync(directory())]).toEqual([
    ["a"],
    1,
    expect.any(String),
    [],
  ]);
  mkdirSync(root);
  now += 60_000;
  expect([pathsIn(index), index.problem(), readdirSync(root)]).toEqual([["a"], null, [".dslrs"]]);
});

test("two instances use one at the same time", () => {
  const [one, other] = [opened().index, opened().index];
  for (let count = 0; count < 50; count += 1) {
    one.use((store) => store.put(recording(`one-${count}`)));
    other.use((store) => store.put(recording(`other-${count}`)));
  }
  expect([one.use((store) => store.count()), other.use((store) => store.count())]).toEqual([100, 100]);
});
