import { mkdirSync, renameSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createCatalogue } from "../../src/recordings/catalogue.js";
import { layoutOf } from "../../src/recordings/layout.js";
import { temporaryDirectory } from "../report/directory.js";
import { DAY_MS, put, recordingName, tree } from "./tree.js";

const directory = temporaryDirectory();
const NOW = Date.parse("2026-03-20T12:00:00Z");

const yard = (startedAt: number, suffix?: string) =>
  join(directory(), "yard", recordingName("yard", startedAt, suffix));
const catalogue = (stream: string) => looking(`${stream}/{date}/${stream}_{time}`);
const looking = (template: string) =>
  createCatalogue({ root: directory(), layout: layoutOf(template), now: () => NOW });

test("finds finished files by their names, oldest first, and what is unfinished as bytes only", async () => {
  put(yard(NOW - 2_000, ".mp4"), 3);
  put(yard(NOW - 3_000, "-1.mkv"), 2);
  put(yard(NOW - 9 * DAY_MS), 1);
  put(yard(NOW, ".mkv.part"), 7);
  const listing = await catalogue("yard").look();
  expect(listing?.files.map(({ bytes, startedAt }) => [bytes, NOW - startedAt])).toEqual([
    [1, 9 * DAY_MS],
    [2, 3_000],
    [3, 2_000],
  ]);
  expect(listing?.unfinished.map(({ bytes }) => bytes)).toEqual([7]);
});

test("a marker protects the file beside it, also one that comes later", async () => {
  const path = put(yard(NOW - 9 * DAY_MS));
  const looks = catalogue("yard");
  expect((await looks.look())?.files.map(({ isProtected }) => isProtected)).toEqual([false]);
  put(`${path}.keep`, 0);
  expect((await looks.look())?.files.map(({ isProtected }) => isProtected)).toEqual([true]);
});

test("what dslrs did not write, and every link, is overlooked", async () => {
  const outside = put(join(directory(), "outside", recordingName("yard", NOW - DAY_MS)));
  const day = join(directory(), "yard", "2026-03-19");
  mkdirSync(day, { recursive: true });
  symlinkSync(outside, join(day, "yard_2026-03-19T01-00-00.000Z.mkv"));
  symlinkSync(join(directory(), "outside", "2026-03-19"), join(directory(), "yard", "2026-03-18"));
  put(join(day, "holiday.mkv"));
  put(join(day, "gate_2026-03-19T01-00-00.000Z.mkv"));
  put(join(directory(), "yard", "archive", recordingName("yard", NOW)));
  mkdirSync(join(day, "yard_2026-03-19T02-00-00.000Z.mkv"));
  expect((await catalogue("yard").look())?.files).toEqual([]);
});

test("an output whose folder is a link, or is not there, has nothing", async () => {
  put(join(directory(), "outside", recordingName("yard", NOW)));
  symlinkSync(join(directory(), "outside"), join(directory(), "yard"));
  expect(await catalogue("yard").look()).toBeUndefined();
  expect(await catalogue("gate").look()).toBeUndefined();
});

test("empty folders of days that are over go, others stay", async () => {
  const folder = (...names: string[]) => mkdirSync(join(directory(), "yard", ...names), { recursive: true });
  for (const day of ["2026-03-10", "2026-03-19", "2026-03-20", "mine"]) folder(day);
  folder("2026-03-11", "mine");
  writeFileSync(join(directory(), "yard", "2026-03-12"), "");
  await catalogue("yard").look();
  expect(tree(join(directory(), "yard"))).toEqual([
    "2026-03-11",
    "2026-03-11/mine",
    "2026-03-12",
    "2026-03-19",
    "2026-03-20",
    "mine",
  ]);
});

test("a day that did not change is not read again; one that did is", async () => {
  const path = put(yard(NOW - 9 * DAY_MS));
  const day = join(path, "..");
  const longAgo = new Date(NOW - 8 * DAY_MS);
  utimesSync(day, longAgo, longAgo);
  const looks = catalogue("yard");
  expect((await looks.look())?.files).toHaveLength(1);
  put(yard(NOW - 9 * DAY_MS + 1_000));
  utimesSync(day, longAgo, longAgo);
  expect((await looks.look())?.files).toHaveLength(1);
  put(yard(NOW - 9 * DAY_MS + 2_000));
  expect((await looks.look())?.files).toHaveLength(3);
});

test("a file that was being written is there when it is finished", async () => {
  const part = put(yard(NOW, ".mkv.part"), 4);
  const looks = catalogue("yard");
  await looks.look();
  put(part, 6);
  expect((await looks.look())?.unfinished).toMatchObject([{ bytes: 6 }]);
  renameSync(part, part.replace(".part", ""));
  expect(await looks.look()).toMatchObject({ unfinished: [], files: [{ bytes: 6 }] });
});

test("a look that finds nothing new gives the same listing", async () => {
  utimesSync(join(put(yard(NOW - 9 * DAY_MS)), ".."), new Date(NOW - 8 * DAY_MS), new Date(NOW - 8 * DAY_MS));
  const looks = catalogue("yard");
  expect(await looks.look()).toBe(await looks.look());
});

test("files lie where the template says, however deep, and folders that are over go from below", async () => {
  const time = "2026-03-19T01-00-00.000Z";
  put(join(directory(), "2026/03/19/01/yard", `yard_${time}.mkv`));
  put(join(directory(), "2026/03/19/01/gate", `gate_${time}.mkv`));
  put(join(directory(), `yard-${time}.mp4`));
  mkdirSync(join(directory(), "2026/01/02/03/yard"), { recursive: true });
  const names = async (template: string) => (await looking(template).look())?.files.map(({ name }) => name);
  expect(await names("{year}/{month}/{day}/{hour}/yard/yard_{time}")).toEqual([`yard_${time}.mkv`]);
  expect(await names("yard-{time}")).toEqual([`yard-${time}.mp4`]);
  expect(tree(join(directory(), "2026"))).not.toContain("01");
});
