import { gapsOf } from "../../src/recordings/gaps.js";
import type { Gap, Recording } from "../../src/recordings/recording.js";

const NOW = 100_000;

function recording(startedAt: number, endedAt: number | null, changes: Partial<Recording> = {}): Recording {
  const unknown = { durationMs: null, bytes: null, frames: null, keyframes: null, encodings: [], reason: null };
  const media = { path: `${startedAt}`, startedAt, endedAt, isOpen: endedAt === null, continues: null };
  return { stream: "yard", output: "record", ...unknown, ...media, ...changes };
}

function gap(from: number, to: number | null, gapClass = "reset"): Gap {
  return { stream: "yard", output: "record", from, to, class: gapClass, sentence: "It was reset." };
}

function gaps(recordings: readonly Recording[], noted: readonly Gap[] = [], isWanted = false) {
  const found = gapsOf({ stream: "yard", output: "record", recordings, gaps: noted }, NOW, isWanted);
  return found.map(({ from, to, class: gapClass }) => [from, to, gapClass]);
}

test("files that join have no gap between them, whatever the clocks did", () => {
  expect(gaps([recording(0, 10_000), recording(10_040, 20_000), recording(19_000, 30_000)])).toEqual([]);
});

test("a gap that was noted lasts from the last frame to the next", () => {
  const noted = [gap(10_700, 14_000)];
  expect(gaps([recording(0, 10_000), recording(14_300, 20_000)], noted)).toEqual([[10_000, 14_300, "reset"]]);
});

test("one that nobody ended goes up to the next recording, or to now", () => {
  expect(gaps([recording(0, 10_000), recording(14_000, 20_000)], [gap(10_000, null)])).toEqual([
    [10_000, 14_000, "reset"],
  ]);
  expect(gaps([recording(0, 10_000)], [gap(10_000, null)], true)).toEqual([[10_000, null, "reset"]]);
});

test("a pause ends the outage before it", () => {
  const noted = [gap(10_000, 12_000), gap(12_000, 15_000, "paused")];
  expect(gaps([recording(0, 10_000), recording(15_000, 20_000)], noted)).toEqual([
    [10_000, 12_000, "reset"],
    [12_000, 15_000, "paused"],
  ]);
});

test("what was salvaged takes its part of the gap back", () => {
  expect(gaps([recording(0, 12_000), recording(14_000, 20_000)], [gap(10_000, 14_000)])).toEqual([
    [12_000, 14_000, "reset"],
  ]);
});

test("without a note there is a gap all the same; a file that went on from one that is gone says that it was removed", () => {
  expect(gaps([recording(0, 10_000), recording(20_000, 30_000)])).toEqual([[10_000, 20_000, "unknown"]]);
  expect(gaps([recording(0, 10_000), recording(20_000, 30_000, { continues: true })])).toEqual([
    [10_000, 20_000, "removed"],
  ]);
});

test("a file that is being written reaches up to now; where none is and one should be, the gap goes on", () => {
  expect(gaps([recording(0, null)], [], true)).toEqual([]);
  expect(gaps([recording(0, 10_000)], [], true)).toEqual([[10_000, null, "unknown"]]);
  expect(gaps([recording(0, 10_000)], [], false)).toEqual([]);
});

test("a gap begins after the last of files that overlap", () => {
  expect(gaps([recording(0, 10_000), recording(5_000, 9_000)], [gap(9_500, 14_000)])).toEqual([
    [10_000, 14_000, "reset"],
  ]);
});

test("a camera that comes and goes for months leaves gaps that are still found in no time", () => {
  const times = Array.from({ length: 50_000 }, (_, index) => index * 60_000);
  const found = gaps(
    times.map((at) => recording(at, at + 55_000)),
    times.map((at) => gap(at + 55_000, at + 60_000)),
  );
  expect(found).toHaveLength(times.length);
});
