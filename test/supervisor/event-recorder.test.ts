import type { MediaStream, RecordOutput, StreamConfig } from "../../src/config/model.js";
import type { StreamSpec } from "../../src/policy/spec.js";
import { createEventRecorder, type EventRecorder } from "../../src/supervisor/event-recorder.js";
import { OrderRefused, type Worker, type WorkerOrder } from "../../src/worker/worker.js";
import { createFakeClock, type FakeClock } from "../rig/fake-clock.js";

const recorder: RecordOutput = {
  id: "record",
  kind: "record",
  format: "mkv",
  roots: ["/recordings"],
  path: "yard/{date}/yard_{time}",
  rotateEveryMs: 600_000,
  rotateBytes: 0,
  rotateAligned: false,
  fileMode: 0o640,
  directoryMode: 0o750,
  keepMs: 0,
  keepBytes: 0,
  event: null,
};
const event = { preMs: 10_000, postMs: 5_000, mostMs: 60_000, preBytes: 32e6 };
const forEvents = { ...recorder, id: "events", event };
const stream: MediaStream = {
  kind: "media",
  name: "yard",
  source: { kind: "file", path: "/a.mp4", loop: true, resume: false },
  outputs: [recorder],
  clip: { ...recorder, id: "clip", event: { ...event, postMs: 0, mostMs: 86_400_000 } },
  limits: {},
  retry: { strategy: "immediate" },
  timeouts: { connectMs: 1, firstFrameMs: 1, stallMs: "auto" },
};
const spec = { name: "yard", outputs: [recorder] } as unknown as StreamSpec;
const NOW = { forMs: 30_000, preMs: null, output: null };

let clock: FakeClock;
let config: StreamConfig;
let worker: Worker | undefined;
let orders: WorkerOrder[];
let changes: number;
let events: EventRecorder;

/** Takes every order, until there is another. */
function freshWorker(send = async (order: WorkerOrder) => void orders.push(order)): Worker {
  return { send } as unknown as Worker;
}

function create(): EventRecorder {
  return createEventRecorder({
    config: () => config,
    worker: () => worker,
    onChange: () => {
      changes += 1;
    },
    clock,
  });
}

beforeEach(() => {
  clock = createFakeClock();
  config = { ...stream, outputs: [recorder, forEvents] };
  orders = [];
  changes = 0;
  worker = freshWorker();
  events = create();
});

function opened(id: string, startedAt: number, path = `/recordings/${id}.mkv`): void {
  const report = { type: "segmentOpened", id, path, startedAt, encodings: ["h264"], continues: false } as const;
  events.see({ type: "report", report });
}

const wantedIds = () => events.wanted(spec).outputs.map(({ id }) => id);

test("an event goes to the outputs for events, with its end and the file that was begun", async () => {
  const asked = clock.now();
  const answer = events.record(NOW, false);
  await clock.pass(0);
  opened("events", asked - 8_200);
  expect(await answer).toEqual({
    ok: true,
    isAway: false,
    recordings: [
      {
        output: "events",
        path: "/recordings/events.mkv",
        until: new Date(asked + 35_000).toISOString(),
        preRollMs: 8_200,
      },
    ],
  });
  expect(orders).toEqual([{ type: "trigger", id: "events", forMs: 35_000 }]);
  expect(wantedIds()).toEqual(["record"]);
});

test("the longest recording ends an event, and the answer knows", async () => {
  opened("events", clock.now() - 20_000);
  const until = new Date(clock.now() + 40_000).toISOString();
  expect(await events.record({ ...NOW, forMs: 3_600_000 }, false)).toMatchObject({ recordings: [{ until }] });
});

test("without an output for events there is one for as long as the event lasts", async () => {
  config = stream;
  const answer = events.record({ ...NOW, preMs: 2_000 }, true);
  expect(wantedIds()).toEqual(["record", "clip"]);
  expect(await answer).toMatchObject({ ok: true, isAway: true, recordings: [{ output: "clip", path: null }] });
  expect(orders).toEqual([{ type: "trigger", id: "clip", forMs: 30_000, preMs: 2_000 }]);
  await clock.pass(20_000);
  await events.record(NOW, true); // goes on
  await clock.pass(30_000);
  expect(wantedIds()).toEqual(["record", "clip"]);
  await clock.pass(10_000);
  expect(wantedIds()).toEqual(["record"]);
  expect(changes).toBe(3);
});

test("the output for an event goes when its file is closed, unless there is more to come", async () => {
  config = stream;
  const closed = (reason: string) => {
    const file = { path: "/recordings/clip.mkv", startedAt: 0, endedAt: 1, frames: 1, keyframes: 1, bytes: 1 };
    const report = {
      type: "segmentClosed",
      id: "clip",
      ...file,
      durationMs: 1,
      encodings: [],
      whole: true,
      reason,
    } as const;
    events.see({ type: "report", report });
  };
  await events.record(NOW, true);
  await clock.pass(10_000);
  closed("event");
  await clock.pass(21_000);
  closed("time");
  expect(wantedIds()).toEqual(["record", "clip"]);
  closed("event");
  expect(wantedIds()).toEqual(["record"]);
});

test("a worker that is started anew goes on with the event, and one that knows of it is not told again", async () => {
  await events.record(NOW, true);
  await clock.pass(10_000);
  events.resume();
  expect(orders).toHaveLength(1);
  worker = freshWorker();
  events.resume();
  expect(orders[1]).toEqual({ type: "trigger", id: "events", forMs: 25_000, preMs: 0 });
  await clock.pass(30_000);
  worker = freshWorker();
  events.resume();
  expect(orders).toHaveLength(2);
});

test("an event of a stream without a worker waits for one", async () => {
  worker = undefined;
  await events.record(NOW, true);
  await clock.pass(10_000);
  worker = freshWorker();
  events.resume();
  expect(orders).toEqual([{ type: "trigger", id: "events", forMs: 25_000 }]);
});

test("the next supervisor keeps the output for an event until its end", async () => {
  config = stream;
  await events.record(NOW, true);
  const left = events.wanted(spec).outputs;
  events = create();
  events.adopted(left);
  expect(events.wanted(spec).outputs).toEqual(left);
  await clock.pass(40_000);
  expect(wantedIds()).toEqual(["record"]);
});

test("the next supervisor takes away the output for an event that is over", async () => {
  config = stream;
  await events.record(NOW, true);
  const left = events.wanted(spec).outputs;
  await clock.pass(40_000);
  events = create();
  events.adopted(left);
  expect(wantedIds()).toEqual(["record"]);
});

test.each([
  ["record", "Output record of yard records all the time, not events."],
  ["other", 'yard has no output "other".'],
])("output %s", async (output, message) => {
  expect(await events.record({ ...NOW, output }, false)).toMatchObject({
    ok: false,
    message,
    hint: expect.stringContaining("events"),
  });
});

test("a command records nothing", async () => {
  config = { kind: "command", name: "yard", command: "a", argv: ["a"], limits: {}, retry: stream.retry };
  expect(await events.record(NOW, false)).toMatchObject({
    ok: false,
    message: expect.stringContaining("is a command"),
  });
});

test("what the worker objects to is said", async () => {
  worker = freshWorker(async (order) => {
    throw new OrderRefused(order.type, "the disk is on fire");
  });
  expect(await events.record(NOW, false)).toMatchObject({ ok: false, message: expect.stringContaining("on fire") });
});
