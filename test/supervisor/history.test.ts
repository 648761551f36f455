import { readFileSync } from "node:fs";
import type { EventRecord } from "../../src/report/event.js";
import { eventText } from "../../src/report/event-text.js";
import { type EventStore, openEventStore } from "../../src/report/events.js";
import { createHistory, type History } from "../../src/supervisor/history.js";
import { summaryOf } from "../../src/supervisor/tally.js";
import { failureOf } from "../../src/worker/failures.js";
import type { WorkerReport } from "../../src/worker/worker.js";
import { temporaryDirectory } from "../report/directory.js";
import { createFakeClock, type FakeClock } from "../rig/fake-clock.js";
import { beginLife, type Life, POLICY } from "./life.js";

const directory = temporaryDirectory();
let clock: FakeClock;
let store: EventStore;
let history: History;
let life: Life;

beforeEach(() => {
  clock = createFakeClock();
  begin();
});

/** A supervisor starts. */
function begin(policy = POLICY): void {
  store = openEventStore({ directory: directory(), clock });
  history = createHistory({ name: "cam", store });
  life = beginLife(history, clock, policy);
}

function start(): void {
  life.post({ type: "startRequested", isAlive: false });
  life.comeUp();
}

function silence(silentMs: number): void {
  const { worker, ingest } = life.state().lives;
  life.post({ type: "silenceSuspected", worker, ingest, track: 0, silentMs, intervalMs: 40 });
}

const kinds = () => history.events().map(({ kind }) => kind);
const texts = () => history.events().map((event: EventRecord) => eventText(event));
const summary = () => summaryOf(history.tally(), clock.now());

test("an outage from the failure to the comeback, in events and in sums", () => {
  start();
  clock.advance(3_600_000);
  life.fail("reset");
  clock.advance(50);
  life.retry();
  clock.advance(10);
  life.fail("refused");
  clock.advance(1_000);
  life.retry();
  clock.advance(200);
  life.comeUp();
  expect(texts()).toEqual([
    "Starts.",
    "Runs.",
    "failed: The camera broke the connection. (detection 0 ms, next in 50 ms)",
    "failed: The camera refused the connection. (attempts 1, next in 1.0 s)",
    "Runs again. (down 1.3 s, recovery 1.3 s, failures 2)",
  ]);
  expect(summary()).toEqual({
    lastDay: { outages: 1, downMs: 1_260, longestMs: 1_260 },
    outages: 1,
    downMs: 1_260,
    longestMs: 1_260,
    attempts: 3,
    failures: { reset: 1, refused: 1 },
    falseAlarms: 0,
    detectionMs: { last: 0, median: 0, max: 0 },
    recoveryMs: { last: 1_260, median: 1_260, max: 1_260 },
  });
});

test("a silence is an outage from the last frame on; one that ends by itself is none", () => {
  start();
  clock.advance(60_000);
  silence(100);
  clock.advance(50);
  const { worker, ingest } = life.state().lives;
  life.post({ type: "silenceEnded", worker, ingest, track: 0 });
  expect(kinds()).toEqual(["starting", "running"]);
  expect(summary()).toMatchObject({ outages: 0, falseAlarms: 1 });
  silence(100);
  clock.advance(540);
  life.post({ type: "sourceProbed", ingest, found: "unreachable" });
  expect(life.state().is).toBe("recovering");
  expect(summary()).toMatchObject({ outages: 1, downMs: 640, detectionMs: { last: 640 } });
  expect(texts().at(-1)).toMatch(/detection 640 ms/);
});

test("a source that falters all the time is not written of all the time", () => {
  start();
  store.flush();
  const path = `${directory()}/events/cam.jsonl`;
  const before = readFileSync(path, "utf8");
  for (let time = 0; time < 20; time += 1) {
    clock.advance(2_000);
    silence(100);
    const { worker, ingest } = life.state().lives;
    life.post({ type: "silenceEnded", worker, ingest, track: 0 });
  }
  expect(summary().falseAlarms).toBe(20);
  expect(readFileSync(path, "utf8")).toBe(before);
});

test("the time from the end of a worker to the recovery is known where the end is", () => {
  start();
  clock.advance(60_000);
  const failure = failureOf("workerCrashed");
  life.post({ type: "workerExited", worker: life.state().lives.worker, failure }, clock.now() - 7);
  expect(summary()).toMatchObject({ detectionMs: { last: 7 }, downMs: 7 });
});

test("a failure that repeats itself is one event; the sums have them all", () => {
  start();
  for (let attempt = 0; attempt < 500; attempt += 1) {
    life.fail("notFound");
    clock.advance(60_000);
    life.retry();
  }
  expect(kinds()).toEqual(["starting", "running", "failed"]);
  expect(history.events().at(-1)?.times).toBe(500);
  expect(summary()).toMatchObject({ outages: 1, attempts: 501, failures: { notFound: 500 } });
});

test("a source that was never there is down since its first failure", () => {
  life.post({ type: "startRequested", isAlive: false });
  clock.advance(30);
  life.fail("refused");
  clock.advance(5_000);
  expect(summary()).toMatchObject({ outages: 1, downMs: 5_000, detectionMs: null });
});

test("a pause, a removal and a shutdown end an outage, but do not mend it", () => {
  start();
  life.fail("reset");
  clock.advance(5_000);
  life.post({ type: "pauseRequested" });
  life.post({ type: "workerExited", worker: life.state().lives.worker, failure: failureOf("internal") });
  clock.advance(3_600_000);
  expect(texts().at(-1)).toBe("Paused by a user.");
  expect(summary()).toMatchObject({ outages: 1, downMs: 5_000, recoveryMs: null });
});

test("what a user or an edit does to a healthy stream is no outage", () => {
  start();
  clock.advance(60_000);
  life.post({ type: "sourceEdited" });
  life.comeUp();
  life.post({ type: "restartRequested" });
  life.post({ type: "workerExited", worker: life.state().lives.worker, failure: failureOf("internal") });
  life.comeUp();
  expect(texts()).toEqual([
    "Starts.",
    "Runs.",
    "Connects anew: the source was edited.",
    "Runs.",
    "Restarted by a user.",
    "Starts with a fresh worker.",
    "Runs.",
  ]);
  expect(summary()).toMatchObject({ outages: 0, attempts: 3 });
  expect(summary().failures).toEqual({});
});

test("a hold says why, which credentials were refused, and when it ends", () => {
  begin({ ...POLICY, credentials: 2 });
  life.post({ type: "startRequested", isAlive: false });
  life.fail("unauthorized");
  expect(texts().at(-1)).toMatch(/^failed: .*credentials 1/);
  for (let attempt = 0; attempt < 20 && life.state().is !== "holding"; attempt += 1) {
    life.retry();
    life.fail("unauthorized");
  }
  expect(texts().at(-1)).toMatch(/^holding: The camera did not accept.*credentials 2.*next in 10m/);
});

test("to be barred is no failed attempt", () => {
  start();
  life.fail("refused");
  life.post({ type: "timerFired", timer: "retry" });
  life.post({ type: "attemptBarred" });
  expect(kinds().at(-1)).toBe("holding");
  expect(summary().failures).toEqual({ refused: 1 });
});

test("nor is it for a stream that never made one", () => {
  life.post({ type: "startRequested", isAlive: false });
  life.post({ type: "attemptBarred" });
  expect(kinds()).toEqual(["starting", "holding"]);
  expect(summary()).toMatchObject({ outages: 1, attempts: 0 });
  expect(summary().failures).toEqual({});
});

test("the next supervisor goes on with the sums, and with the outage", () => {
  start();
  clock.advance(60_000);
  life.fail("reset");
  clock.advance(10_000);
  begin();
  expect(summary()).toMatchObject({ outages: 1, downMs: 10_000 });
  life.post({ type: "startRequested", isAlive: true });
  clock.advance(500);
  const { worker } = life.state().lives;
  life.post({
    type: "workerConnected",
    worker,
    fit: "asWanted",
    ingest: { state: "up", life: 3, tracks: ["video"] },
  });
  expect(texts().slice(-2)).toEqual([
    "Goes on in the living worker.",
    "Runs again. (down 11 s, recovery 11 s, failures 1)",
  ]);
  expect(summary()).toMatchObject({ outages: 1, downMs: 10_500, attempts: 1, recoveryMs: { last: 10_500 } });
});

test("what else happens is kept beside", () => {
  history.note("edited", "cam: output record ends", clock.now());
  expect(texts()).toEqual(["cam: output record ends"]);
});

test("of the worker's reports those that are news are kept", () => {
  const failure = failureOf("recordingFailed");
  const output = { id: "record", kind: "record" };
  const video = { index: 0, media: "video", encoding: "h264", width: 1280, height: 720, fps: 25 } as const;
  const reports: WorkerReport[] = [
    { type: "outputUp", ...output },
    { type: "ingestUp", life: 1, tracks: [{ ...video, fps: 24 }] },
    { type: "tracks", life: 1, tracks: [video] },
    { type: "outputDown", ...output, failure },
    { type: "outputUp", ...output },
    { type: "outputUp", ...output },
    { type: "tracks", life: 1, tracks: [{ ...video, width: 1920, height: 1080 }] },
  ];
  for (const report of reports) history.reported(report, clock.now());
  expect(texts()).toEqual([
    "Output record is down: The recording cannot be written.",
    "Output record is up again.",
    "The source changed to H.264 1920x1080.",
  ]);
});

test("a recording that is degraded is news once, until it is another reason or over", () => {
  const output = { id: "record", kind: "record" } as const;
  const degraded = { ...output, state: "degraded", failure: failureOf("diskFull") } as const;
  const ingest = { state: "up", life: 1, tracks: [] } as const;
  const reports: WorkerReport[] = [
    { type: "stats", ingest, outputs: [degraded], hub: { bytes: 0 } },
    { type: "stats", ingest, outputs: [degraded], hub: { bytes: 0 } },
    { type: "outputDegraded", ...output, failure: failureOf("diskSlow") },
    { type: "outputUp", ...output },
    { type: "stats", ingest, outputs: [{ ...output, state: "up" }], hub: { bytes: 0 } },
  ];
  for (const report of reports) history.reported(report, clock.now());
  expect(texts()).toEqual([
    "Output record does not record as it should: The disk for the recordings is full.",
    "Output record does not record as it should: The disk for the recordings is too slow, or hangs.",
    "Output record records again.",
  ]);
});

test("only the last day counts as such", () => {
  start();
  for (const pause of [60_000, 86_400_000, 60_000]) {
    life.fail("reset");
    clock.advance(1_000);
    life.retry();
    life.comeUp();
    clock.advance(pause);
  }
  expect(summary()).toMatchObject({ outages: 3, lastDay: { outages: 1, downMs: 1_000, longestMs: 1_000 } });
});
