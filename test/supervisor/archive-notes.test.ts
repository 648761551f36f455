import type { Gap, Recording } from "../../src/recordings/recording.js";
import { openEventStore } from "../../src/report/events.js";
import { withArchive } from "../../src/supervisor/archive-notes.js";
import { createHistory, type History } from "../../src/supervisor/history.js";
import { failureOf } from "../../src/worker/failures.js";
import type { WorkerReport } from "../../src/worker/worker.js";
import { createFakeClock } from "../rig/fake-clock.js";
import { beginLife } from "./life.js";

type Note = Omit<Gap, "to"> & { readonly isBetter: boolean };

function begin(isContinuous = true) {
  const clock = createFakeClock();
  const recordings: Omit<Recording, "path">[] = [];
  const gaps: Note[] = [];
  let looks = 0;
  const target = {
    recording: (_path: string, recording: Omit<Recording, "path">) => void recordings.push(recording),
    gap: (gap: Omit<Gap, "to">, isBetter: boolean) => void gaps.push({ ...gap, isBetter }),
    writerGone() {
      looks += 1;
    },
  };
  const store = openEventStore({ directory: "/dev/null", clock });
  const own = createHistory({ name: "yard", store });
  const history = withArchive({ stream: "yard", history: own, target, isContinuous: () => isContinuous });
  const life = beginLife(history, clock);
  life.post({ type: "startRequested", isAlive: false });
  life.comeUp();
  return { clock, life, history, recordings, gaps, looks: () => looks, ...reporting(history, () => clock.now()) };
}

function reporting(history: History, now: () => number) {
  const encodings = ["h264"];
  const report = (made: WorkerReport) => history.reported(made, now());
  return {
    report,
    opened: (startedAt: number, continues = false) =>
      report({ type: "segmentOpened", id: "record", path: `/r/${startedAt}`, startedAt, encodings, continues }),
    closed(startedAt: number, durationMs: number, reason: string, whole = true) {
      const media = { frames: 10, keyframes: 1, bytes: 100, durationMs, encodings };
      const ends = { endedAt: startedAt + durationMs + 700, whole, reason };
      report({ type: "segmentClosed", id: "record", path: `/r/${startedAt}`, startedAt, ...media, ...ends });
    },
  };
}

test("files that follow each other are recordings without a gap", () => {
  const { opened, closed, recordings, gaps } = begin();
  opened(1_000);
  opened(11_000, true);
  closed(1_000, 10_000, "time");
  expect(recordings).toMatchObject([
    { startedAt: 1_000, isOpen: true, endedAt: null, continues: false },
    { startedAt: 11_000, isOpen: true, continues: true },
    { startedAt: 1_000, isOpen: false, endedAt: 11_000, reason: "time", continues: false, frames: 10 },
  ]);
  expect(gaps).toEqual([]);
});

test("the last file may be finished before the one before it", () => {
  const { opened, closed, gaps } = begin();
  opened(1_000);
  opened(11_000, true);
  closed(11_000, 2_000, "ingestDown");
  closed(1_000, 10_000, "time");
  expect(gaps).toMatchObject([{ from: 13_000, class: "ingestDown" }]);
});

test("the first failure of the stream is why there is a gap, whenever it is known", () => {
  const { opened, closed, gaps, life } = begin();
  opened(1_000);
  closed(1_000, 10_000, "ingestDown");
  life.fail("reset");
  life.retry();
  life.fail("connectTimeout");
  expect(gaps).toMatchObject([
    { from: 11_000, class: "ingestDown", isBetter: false },
    { from: 11_000, class: "reset", isBetter: true },
  ]);
});

test("a failure of the output itself comes before that of the stream", () => {
  const { report, opened, closed, gaps } = begin();
  opened(1_000);
  report({ type: "outputDegraded", id: "record", kind: "record", failure: failureOf("diskFull") });
  closed(1_000, 10_000, "error", false);
  expect(gaps).toMatchObject([{ from: 11_000, class: "diskFull", isBetter: false }]);
});

test("of a pause it is said that it is one, also when it follows an outage", () => {
  const paused = begin();
  paused.opened(1_000);
  paused.life.post({ type: "pauseRequested" });
  paused.closed(1_000, 10_000, "stopped");
  expect(paused.gaps).toMatchObject([{ from: 11_000, class: "paused", sentence: "Paused by a user." }]);
  const outage = begin();
  outage.opened(1_000);
  outage.closed(1_000, 10_000, "ingestDown");
  outage.life.fail("reset");
  outage.life.post({ type: "pauseRequested" });
  outage.life.post({ type: "workerExited", worker: outage.life.state().lives.worker, failure: failureOf("internal") });
  expect(outage.gaps.map((gap) => gap.class)).toEqual(["ingestDown", "reset", "paused"]);
});

test("a worker that dies says nothing of its files: what it left is looked for, and the gap begins then", () => {
  const { opened, recordings, gaps, life, looks, clock } = begin();
  opened(clock.now());
  const failure = failureOf("workerCrashed");
  life.post({ type: "workerExited", worker: life.state().lives.worker, failure }, clock.now() + 5_000);
  expect(gaps.at(-1)).toMatchObject({ from: clock.now() + 5_000, class: "workerCrashed" });
  expect(recordings.at(-1)).toMatchObject({ isOpen: true, endedAt: clock.now() + 5_000 });
  expect(looks()).toBe(1);
});

test("a file that could not be finished is left behind, and looked for", () => {
  const { opened, closed, recordings, looks } = begin();
  opened(1_000);
  closed(1_000, 4_000, "error", false);
  expect(recordings.at(-1)).toMatchObject({ startedAt: 1_000, isOpen: true, endedAt: 5_000, encodings: ["h264"] });
  expect(looks()).toBe(1);
});

test("an output that records events has no gaps", () => {
  const { opened, closed, gaps, life } = begin(false);
  opened(1_000);
  closed(1_000, 10_000, "event");
  life.fail("reset");
  expect(gaps).toEqual([]);
});
