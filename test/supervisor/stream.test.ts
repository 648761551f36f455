import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MediaStream, OutputConfig, RecordOutput, SourceConfig } from "../../src/config/model.js";
import type { FailureClass } from "../../src/failure.js";
import { streamPolicy, streamSpec } from "../../src/policy/spec.js";
import type { StateName, StreamState } from "../../src/policy/states.js";
import { initialState } from "../../src/policy/transitions.js";
import { openEventStore } from "../../src/report/events.js";
import type { Log } from "../../src/report/log.js";
import { openAccounts } from "../../src/supervisor/accounts.js";
import { createAdmission } from "../../src/supervisor/admission.js";
import { createHistory } from "../../src/supervisor/history.js";
import type { Found } from "../../src/supervisor/host.js";
import { createHosts } from "../../src/supervisor/hosts.js";
import type { Wanted } from "../../src/supervisor/link.js";
import { createOrigins, type Origins } from "../../src/supervisor/origins.js";
import { createStream, type Stream } from "../../src/supervisor/stream.js";
import { failureOf } from "../../src/worker/failures.js";
import type { Workers } from "../../src/worker/worker.js";
import { createFakeClock, type FakeClock } from "../rig/fake-clock.js";
import { createFakeWorkers, type FakeWorkers } from "./fake-workers.js";

let directory: string;
let workers: FakeWorkers;
let lines: string[];
/** By whoever looks whether the camera is there. */
let found: Found;
let probes: number;
let clock: FakeClock;
/** Of the stream `front`. */
let originState: StreamState;
let origins: Origins;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "dslrs-stream-"));
  workers = createFakeWorkers();
  lines = [];
  clock = createFakeClock();
  found = "answers";
  probes = 0;
  origins = createOrigins((name) => (name === "front" ? originState : undefined));
});

afterEach(() => rmSync(directory, { recursive: true }));

const served: OutputConfig = { id: "rtsp", kind: "rtsp", mount: "/yard", fallback: "none", slowViewerMs: 10_000 };
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
const event = { preMs: 10_000, postMs: 5_000, mostMs: 600_000, preBytes: 32e6 };

function wanted(change: Partial<MediaStream> = {}): Wanted {
  const source = {
    kind: "rtsp",
    uri: "rtsp://cam/1",
    transport: "tcp",
    latencyMs: 200,
    credentials: [
      { user: "u", password: "hunter2" },
      { user: "v", password: "hunter3" },
    ],
    tls: { insecure: false },
  } as const;
  const config: MediaStream = {
    kind: "media",
    name: "yard",
    source,
    outputs: [served, recorder],
    clip: { ...recorder, id: "clip", path: "yard/clip/{date}/clip_{time}", event: { ...event, postMs: 0 } },
    limits: {},
    retry: { strategy: "exponential", minMs: 500, maxMs: 30_000 },
    timeouts: { connectMs: 5_000, firstFrameMs: 15_000, stallMs: "auto" },
    ...change,
  };
  return {
    config,
    spec: streamSpec(
      config,
      (text) => Buffer.from(text).toString("base64").slice(-40),
      (text) => text,
    ),
  };
}

const log: Log = {
  debug: () => {},
  info: (message) => lines.push(message),
  warn: (message) => lines.push(message),
  error: (message) => lines.push(message),
  forStream: () => log,
};

function open(first = wanted(), from: Workers = workers): Stream {
  return createStream(first, {
    workers: from,
    clock,
    random: () => 0.5,
    log,
    admission: createAdmission(clock, { perSecond: 20, burst: 40 }),
    hosts: createHosts({
      probe: async () => {
        probes += 1;
        return found;
      },
      clock,
      log,
      onChange: () => {},
    }),
    accounts: openAccounts({ directory, clock, log, fingerprint: (text) => text }),
    history: createHistory({ name: "yard", store: openEventStore({ directory, clock }) }),
    hooks: { reported: () => {} },
    origins,
    bundle: join(directory, "yard"),
    orphanGraceSeconds: 600,
    urlOf: (mount) => `rtsp://host${mount}`,
    onGuess: () => {},
    onAtRest: () => {},
  });
}

/** Lets everything that is not a timer happen. */
async function until(stream: Stream, is: StateName): Promise<void> {
  for (let turn = 0; turn < 100 && stream.view().state.is !== is; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(stream.view().state.is).toBe(is);
}

/** The interruption of a running source. */
function interrupt(failureClass: FailureClass): void {
  const { orders, emit } = workers.newest("yard");
  const life = orders.findLast((order) => order.type === "startIngest")?.life ?? 0;
  emit({ type: "report", report: { type: "ingestDown", life, failure: failureOf(failureClass) } });
}

async function running(first = wanted()): Promise<Stream> {
  const stream = open(first);
  stream.order({ type: "startRequested", isAlive: false });
  await until(stream, "running");
  return stream;
}

const ordersOf = (index = 0) => workers.started("yard")[index]?.orders.map((order) => order.type) ?? [];

test("a started stream has its outputs before its ingest, and says where to watch it", async () => {
  await running();
  expect(ordersOf()).toEqual(["addOutput", "addOutput", "startIngest"]);
  expect(lines).toContain("running, H.264 1280x720 25 fps, rtsp://host/yard");
});

describe("a stream whose source is another one", () => {
  const chained = wanted({ source: { kind: "stream", from: "front" } });
  const policy = streamPolicy(chained.config);
  const starting: StreamState = { ...initialState("worker", policy), is: "starting", phase: { is: "launching" } };
  const inState = (change: object) => ({ ...starting, ...change }) as StreamState;

  test.each([
    ["runs", inState({ is: "running", upAt: 0 })],
    [
      "has failed",
      inState({ is: "holding", worker: "none", until: { is: "edit" }, reason: "", failure: failureOf("refused") }),
    ],
    ["was paused", inState({ is: "paused" })],
  ])("has its worker at once, and waits with the rest until that one %s", async (_, after) => {
    originState = starting;
    const stream = open(chained);
    stream.order({ type: "startRequested", isAlive: false });
    for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(ordersOf()).toEqual(["addOutput", "addOutput"]);
    expect(stream.view().state).toMatchObject({ is: "starting", phase: { is: "queued", hasWorker: true } });

    originState = after;
    origins.changed("front");
    await until(stream, "running");
    expect(ordersOf()).toContain("startIngest");
    expect(stream.view().tally.attempts).toBe(1);
  });

  test("does not wait any more when it is at rest itself", async () => {
    originState = starting;
    const stream = open(chained);
    stream.order({ type: "startRequested", isAlive: false });
    for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    stream.order({ type: "pauseRequested" });
    await until(stream, "paused");
    originState = inState({ is: "running", upAt: 0 });
    origins.changed("front");
    for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(stream.view().state.is).toBe("paused");
    expect(ordersOf()).not.toContain("startIngest");
  });
});

test("a spec.json that cannot be written keeps no stream from running; it is written when it can be", async () => {
  const path = join(directory, "yard", "spec.json");
  mkdirSync(path, { recursive: true });
  await running();
  expect(lines.filter((line) => line.includes(`${path} cannot be written`))).toHaveLength(1);
  rmdirSync(path);
  await clock.pass(10_000);
  expect(readFileSync(path, "utf8")).toContain("rtsp://cam/1");
});

test("spec.json is private and holds no secret", async () => {
  await running();
  const path = join(directory, "yard", "spec.json");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, "utf8")).not.toContain("hunter2");
});

test("the next supervisor adopts the worker and gives it no order", async () => {
  const former = await running();
  const { orders } = workers.newest("yard");
  former.detach();
  orders.length = 0;
  await running();
  expect(workers.started("yard")).toHaveLength(1);
  expect(orders).toEqual([]);
});

test("an adopted worker gets what was edited while nobody was there, and no more", async () => {
  (await running()).detach();
  const { orders } = workers.newest("yard");
  orders.length = 0;
  await running(
    wanted({
      outputs: [served, { ...recorder, rotateEveryMs: 5_000, rotateAligned: true, fileMode: 0o644 }],
    }),
  );
  const output = { everyMs: 5_000, align: true, mode: 0o644, directoryMode: 0o750 };
  expect(orders).toEqual([expect.objectContaining({ type: "addOutput", output: expect.objectContaining(output) })]);
});

test("an adopted worker that nothing is known of is replaced", async () => {
  (await running()).detach();
  rmSync(join(directory, "yard", "spec.json"));
  await running();
  expect(workers.started("yard")).toHaveLength(2);
});

test("an edit of the rotation is one order to the living worker", async () => {
  const stream = await running();
  workers.newest("yard").orders.length = 0;
  stream.edit(
    wanted({
      outputs: [served, { ...recorder, rotateBytes: 1_000 }],
    }),
  );
  expect(ordersOf()).toEqual(["addOutput"]);
  expect(stream.view().state.is).toBe("running");
});

test("a substream goes to what is served; the ingest has nothing to do with it", async () => {
  const stream = await running();
  workers.newest("yard").orders.length = 0;
  const { source } = wanted().config as MediaStream;
  const substream = { uri: "rtsp://cam/2", transport: "tcp" };
  stream.edit(wanted({ source: { ...source, substream } as SourceConfig }));
  expect(ordersOf()).toEqual(["addOutput"]);
  expect(workers.newest("yard").orders).toMatchObject([{ output: { id: "rtsp", substream } }]);
  stream.edit(wanted());
  expect(workers.newest("yard").orders.at(-1)).toHaveProperty("output", served);
});

test("an edit of the source keeps the worker and its outputs", async () => {
  const stream = await running();
  workers.newest("yard").orders.length = 0;
  stream.edit(wanted({ source: { kind: "file", path: "/clip.mp4", loop: true, resume: false } }));
  await until(stream, "running");
  expect(ordersOf()).toEqual(["startIngest"]);
  expect(workers.started("yard")).toHaveLength(1);
});

test("new limits reach the living worker", async () => {
  const stream = await running();
  stream.edit(wanted({ limits: { memoryBytes: 1_000_000 } }));
  expect(workers.newest("yard").limits).toEqual({ memoryBytes: 1_000_000 });
});

test("a worker that died is replaced by one that does the same", async () => {
  const stream = await running();
  workers.newest("yard").die();
  await until(stream, "recovering");
  await clock.pass(100);
  await until(stream, "running");
  expect(ordersOf(1)).toEqual(["addOutput", "addOutput", "startIngest"]);
});

test("the same failure over and over is logged once, then counted", async () => {
  const stream = await running();
  workers.failure = "reset";
  interrupt("reset");
  await clock.pass(10_000);
  const failures = ordersOf().filter((order) => order === "startIngest").length;
  workers.failure = undefined;
  await clock.pass(30_000);
  expect(stream.view().state.is).toBe("running");
  expect(lines.filter((line) => line.startsWith("recovering"))).toHaveLength(1);
  expect(lines.at(-1)).toContain(`${failures} failures`);
});

test("a worker that cannot be started is tried again", async () => {
  const unwilling: Workers & { launch: Workers["launch"] } = {
    adopt: async () => undefined,
    launch: () => Promise.reject(new Error("no shim")),
  };
  const stream = open(wanted(), unwilling);
  stream.order({ type: "startRequested", isAlive: false });
  await until(stream, "recovering");
  unwilling.launch = workers.launch;
  await clock.pass(1_000);
  await until(stream, "running");
});

test("a host that is away holds the stream, and its return lets it go on", async () => {
  const stream = await running();
  found = "refused";
  workers.failure = "refused";
  interrupt("endOfStream");
  await clock.pass(30_000);
  expect(stream.view()).toMatchObject({ state: { is: "holding", until: { is: "host" } } });
  const { length } = ordersOf();
  await clock.pass(600_000);
  expect(ordersOf()).toHaveLength(length);
  expect(lines.filter((line) => line.startsWith("holding"))).toHaveLength(1);

  found = "answers";
  workers.failure = undefined;
  await clock.pass(2_000);
  expect(stream.view().state.is).toBe("running");
});

test("for a stream that is paused no host is looked for", async () => {
  const stream = await running();
  found = "refused";
  workers.failure = "refused";
  interrupt("refused");
  await clock.pass(30_000);
  expect(stream.view().host?.breaker).not.toBe("closed");
  stream.order({ type: "pauseRequested" });
  await until(stream, "paused");
  await clock.pass(1_000);
  probes = 0;
  await clock.pass(60_000);
  expect(probes).toBe(0);
});

test("a source that falls silent is looked for from outside, and lost at once when nobody is there", async () => {
  const stream = await running();
  found = "refused";
  workers.newest("yard").emit({
    type: "report",
    report: { type: "suspect", life: 1, track: 0, silentMs: 90, intervalMs: 40 },
  });
  expect(stream.view().state.is).toBe("suspect");
  await clock.pass(0);
  expect(stream.view().state).toMatchObject({ is: "recovering", failure: { class: "stalled" } });
});

test("a silence that ends by itself begins no new time of video", async () => {
  const stream = await running();
  const { since } = stream.view();
  const { emit } = workers.newest("yard");
  await clock.pass(5_000);
  emit({ type: "report", report: { type: "suspect", life: 1, track: 0, silentMs: 90, intervalMs: 40 } });
  expect(stream.view().since).toBeGreaterThan(since);
  emit({ type: "report", report: { type: "suspectCleared", life: 1, track: 0, silentMs: 120 } });
  expect(stream.view()).toMatchObject({ state: { is: "running" }, since });
});

test("refused credentials are followed by the next ones, and no log or file names them", async () => {
  const stream = await running();
  workers.failure = "unauthorized";
  interrupt("unauthorized");
  await clock.pass(1_000);
  const users = workers.newest("yard").orders.flatMap((order) => {
    return order.type === "startIngest" && order.source.kind === "rtsp" ? [order.source.user] : [];
  });
  expect(users.slice(0, 2)).toEqual(["u", "v"]);
  expect(stream.view().state).toMatchObject({ failure: { class: "unauthorized" } });
  expect(lines.join("\n")).toContain("credentials 2 of 2");
  expect(lines.join("\n") + readFileSync(join(directory, "yard", "spec.json"), "utf8")).not.toMatch(/hunter/);
});

test("an edit of retries and timeouts disturbs nothing", async () => {
  const stream = await running();
  workers.newest("yard").orders.length = 0;
  stream.edit(wanted({ retry: { strategy: "fixed", delayMs: 60_000 } }));
  expect(stream.view().state.is).toBe("running");
  expect(ordersOf()).toEqual([]);
  workers.failure = "reset";
  interrupt("reset");
  await clock.pass(30_000);
  expect(ordersOf().length).toBeLessThanOrEqual(1);
});

test("a worker that hangs is aborted and replaced", async () => {
  const stream = await running();
  const hung = workers.newest("yard");
  hung.emit({ type: "unresponsive", detail: "no reply" });
  expect(stream.view().state.is).toBe("suspect");
  await clock.pass(10_000);
  expect(hung.end).toBe("aborted");
  expect(stream.view().state.is).toBe("running");
  expect(workers.started("yard")).toHaveLength(2);
});

test("a worker that spins is replaced", async () => {
  const stream = await running();
  const { pid } = workers.newest("yard");
  for (let at = 0; at <= 120_000; at += 5_000) stream.seeCpu(pid, 1, at);
  for (let at = 125_000; at <= 140_000; at += 5_000) stream.seeCpu(pid, 100, at);
  await clock.pass(5_000);
  expect(workers.started("yard")).toHaveLength(2);
  expect(stream.view().state.is).toBe("running");
});

test("a stream that is let go of waits for no turn and no host any more", async () => {
  const stream = await running();
  found = "refused";
  workers.failure = "refused";
  interrupt("refused");
  await clock.pass(10_000);
  stream.detach();
  const { length } = ordersOf();
  found = "answers";
  await clock.pass(60_000);
  expect(ordersOf()).toHaveLength(length);
});

test("an exception in a step holds this stream as internal and tries again", async () => {
  let launches = 0;
  const broken: Workers = {
    ...workers,
    adopt: (request, listener) => {
      launches += 1;
      return workers.adopt(request, listener);
    },
  };
  const stream = open(wanted(), broken);
  stream.order({ type: "startRequested", isAlive: false });
  await until(stream, "running");
  const { config, spec } = wanted();
  stream.edit({
    config,
    spec: {
      ...spec,
      get outputs(): OutputConfig[] {
        throw new Error("a bug");
      },
    },
  });
  expect(stream.view().state).toMatchObject({ is: "holding", failure: { class: "internal" } });
  expect(launches).toBe(1);
});
