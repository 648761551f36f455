import { nextAttemptAt, reasonOf } from "../../src/policy/states.js";
import { openEventStore } from "../../src/report/events.js";
import type { StreamStatus } from "../../src/report/status.js";
import type { WhyReport } from "../../src/report/why.js";
import { createHistory, type History } from "../../src/supervisor/history.js";
import { whyRemoved, whyReport } from "../../src/supervisor/why.js";
import { failureOf } from "../../src/worker/failures.js";
import { temporaryDirectory } from "../report/directory.js";
import { runningStream } from "../report/reports.js";
import { createFakeClock, type FakeClock } from "../rig/fake-clock.js";
import { beginLife, type Life, POLICY } from "./life.js";

const directory = temporaryDirectory();
let clock: FakeClock;
let history: History;
let life: Life;

beforeEach(() => begin());

function begin(policy = POLICY): void {
  clock = createFakeClock();
  history = createHistory({ name: "cam", store: openEventStore({ directory: directory(), clock }) });
  life = beginLife(history, clock, policy);
}

function start(): void {
  life.post({ type: "startRequested", isAlive: false });
  life.comeUp();
}

function exit(): void {
  life.post({ type: "workerExited", worker: life.state().lives.worker, failure: failureOf("internal") });
}

function why(change: Partial<StreamStatus> = {}, configError: Parameters<typeof whyReport>[0]["configError"] = null) {
  const state = life.state();
  const next = nextAttemptAt(state);
  const status = runningStream({
    name: "cam",
    state: state.is,
    reason: reasonOf(state),
    nextAttemptAt: next === null ? null : new Date(next).toISOString(),
    ...change,
  });
  const facts = { tally: history.tally(), events: history.events(), now: clock.now() };
  return whyReport({ ...facts, status, state, configError });
}

test("a healthy stream: nothing is wrong, nothing is to be done", () => {
  start();
  expect(why()).toMatchObject({ isWell: true, verdict: "Nothing is wrong.", tried: null, next: null, advice: [] });
});

test("a stream that has all the viewers it may have says so, and is well", () => {
  start();
  const output = { id: "rtsp", kind: "rtsp", state: "up", failure: null, viewers: 2, viewersRefused: 3 } as const;
  expect(why({ outputs: [{ ...output, maxViewers: 2 }] })).toMatchObject({
    isWell: true,
    advice: [
      expect.stringMatching(/^Output rtsp: it has the 2 viewers that it may have; 3 were refused.*`dslrs viewers cam`/),
    ],
  });
  expect(why({ outputs: [{ ...output, maxViewers: 3 }] }).advice).toEqual([]);
});

test("between attempts: what failed, how often, and when the next one is", () => {
  start();
  life.fail("reset");
  life.retry();
  life.fail("refused");
  life.retry();
  life.fail("refused");
  const { tried, ...report } = why();
  expect(tried?.failures).toEqual({ reset: 1, refused: 2 });
  expect(report).toMatchObject({
    isWell: false,
    verdict: "The camera refused the connection.",
    next: { sentence: "Another attempt.", at: new Date(clock.now() + 1_000).toISOString() },
    advice: [expect.stringContaining("Check the port")],
    entry: "The camera refused the connection.",
  });
});

test("during an attempt: how far it is", () => {
  const next = () => why().next?.sentence;
  life.post({ type: "startRequested", isAlive: false });
  expect(next()).toMatch(/its turn/);
  life.post({ type: "attemptGranted" });
  expect(next()).toMatch(/its worker is being started/);
  life.fail("refused");
  life.retry();
  expect(next()).toMatch(/first keyframe/);
});

test("held credentials: which set is next, and when", () => {
  begin({ ...POLICY, credentials: 2 });
  life.post({ type: "startRequested", isAlive: false });
  life.fail("unauthorized");
  for (let attempt = 0; attempt < 20 && life.state().is !== "holding"; attempt += 1) {
    life.retry();
    life.fail("unauthorized");
  }
  expect(why()).toMatchObject({
    isWell: false,
    verdict: expect.stringContaining("did not accept"),
    tried: { failures: { unauthorized: 6 }, credentials: { next: 1, of: 2 } },
    next: { sentence: expect.stringContaining("sooner after an edit"), at: expect.any(String) },
    advice: [expect.stringContaining("password"), "`dslrs restart cam` tries at once."],
  });
});

test("held until an edit", () => {
  start();
  life.fail("pipelineInvalid");
  expect(why()).toMatchObject({ next: { sentence: expect.stringContaining("waits for an edit"), at: null } });
});

test("held by its host: no time is given, for it may be any moment", () => {
  start();
  life.fail("refused");
  life.post({ type: "timerFired", timer: "retry" });
  life.post({ type: "attemptBarred" });
  const nextAttemptAt = new Date(clock.now()).toISOString();
  expect(why({ breaker: "open", nextAttemptAt })).toMatchObject({
    breaker: "open",
    next: { sentence: expect.stringContaining("as soon as the source's host answers"), at: null },
  });
});

test("a silence is not judged yet", () => {
  start();
  const { worker, ingest } = life.state().lives;
  life.post({ type: "silenceSuspected", worker, ingest, track: 0, silentMs: 100, intervalMs: 40 });
  expect(why()).toMatchObject({ isWell: false, verdict: "No frames come from the source.", advice: [] });
});

test("what a user did is no fault, and can be undone", () => {
  start();
  life.post({ type: "pauseRequested" });
  expect(why()).toMatchObject({ isWell: true, state: "stopping" });
  exit();
  expect(why()).toMatchObject({ isWell: true, next: { sentence: "Nothing, until `dslrs resume cam`." } });
});

test("a file that ended says how to play it again", () => {
  start();
  life.fail("fileEnded");
  exit();
  expect(why()).toMatchObject({
    isWell: true,
    verdict: "Nothing is wrong: the file ended.",
    next: { sentence: expect.stringContaining("dslrs restart cam") },
    advice: [expect.stringContaining("loop")],
  });
});

test("a stream that runs and is interrupted again and again is not well", () => {
  start();
  for (let outage = 0; outage < 3; outage += 1) {
    clock.advance(120_000);
    life.fail("reset");
    life.retry();
    life.comeUp();
  }
  expect(why()).toMatchObject({
    isWell: false,
    verdict: "It runs, but was interrupted 3 times in the last hour; last: The camera broke the connection.",
    entry: "The camera broke the connection.",
  });
  clock.advance(7_200_000);
  expect(why()).toMatchObject({ isWell: true, history: { lastDay: { outages: 3 } } });
});

test("a stream that runs without one of its outputs is not well", () => {
  start();
  const failure = { class: "recordingFailed", message: "The disk is full.", at: new Date().toISOString() };
  const report: WhyReport = why({ outputs: [{ id: "record", kind: "record", state: "down", failure }] });
  expect(report.verdict).toBe("It runs, but its output record does not: The disk is full.");
  expect(report).toMatchObject({ isWell: false, entry: "The recording cannot be written." });
});

test("a recording that is degraded makes a stream unwell", () => {
  start();
  const failure = { class: "diskSlow", message: "The disk is slow.", at: new Date().toISOString() };
  const report: WhyReport = why({ outputs: [{ id: "record", kind: "record", state: "degraded", failure }] });
  expect(report.verdict).toBe("It runs, but its output record does not record as it should: The disk is slow.");
  expect(report).toMatchObject({ isWell: false, entry: "The disk for the recordings is too slow, or hangs." });
});

test("an edit that is not in force may be the answer", () => {
  start();
  const at = new Date().toISOString();
  const { advice } = why({}, { concerns: "all", message: "unknown key", line: 7, column: 1, hint: null, at });
  expect(advice).toEqual([expect.stringContaining("no edit is in force until then: unknown key (line 7)")]);
});

test("a removed stream is known as one, with what it went through", () => {
  start();
  life.post({ type: "stopRequested", why: "removed" });
  exit();
  const facts = { tally: history.tally(), events: history.events(), now: clock.now() };
  const report = whyRemoved("cam", facts);
  expect(report).toMatchObject({ state: "removed", isWell: true, since: history.events().at(-1)?.at });
  expect(report.events.at(-1)?.message).toBe("Removed from the config.");
});
