import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isAlive, readStat } from "../../src/worker/identity.js";
import { NotLaunched, type WorkerEvent, type WorkerOrder, type WorkerReport } from "../../src/worker/worker.js";
import { until } from "../rig/until.js";
import { createWorkerBench } from "../rig/worker-bench.js";

let bench: ReturnType<typeof createWorkerBench>;
beforeEach(() => {
  bench = createWorkerBench();
});
afterEach(() => bench.clean());

type Of<Type extends WorkerEvent["type"]> = Extract<WorkerEvent, { type: Type }>;
const is =
  <Type extends WorkerEvent["type"]>(type: Type) =>
  (event: WorkerEvent): event is Of<Type> =>
    event.type === type;
const reports =
  (type: WorkerReport["type"]) =>
  (event: WorkerEvent): event is Of<"report"> =>
    event.type === "report" && event.report.type === type;

const startIngest: WorkerOrder = {
  type: "startIngest",
  life: 1,
  source: { kind: "test", pattern: "ball", width: 320, height: 240, fps: 25, bitrate: 100_000 },
  replace: "now",
  connectMs: 1000,
  firstFrameMs: 1000,
  suspectMs: 100,
  retryMs: 1000,
};
/** Makes a fake worker send `report`. */
const sayThis = (report: object): WorkerOrder => ({ type: "rotate", id: JSON.stringify(report) });

describe("a worker that obeys", () => {
  test("connects, takes orders, and ends in order without a signal", async () => {
    const { worker, events } = await bench.start("obedient");
    const connected = await events.find(is("connected"));
    expect(connected.ingest).toEqual({ state: "idle", life: 0, tracks: [] });

    await worker.send(startIngest);
    await expect(worker.send({ type: "removeOutput", id: "x" })).rejects.toThrow("removeOutput: no output x");
    await worker.terminate(5000);

    const exited = await events.find(is("exited"));
    expect(exited.exit).toMatchObject({ code: 0, signal: null, oomKills: 0 });
    expect(isAlive(worker.identity)).toBe(false);
  });

  test("tells an ordered end from a failure, and its last report is not lost", async () => {
    const { worker, events } = await bench.start("obedient");
    await events.find(is("connected"));
    await worker.terminate(5000);
    await events.find(is("exited"));
    expect(events.all.map((event) => (event.type === "report" ? event.report.type : event.type))).toEqual([
      "connected",
      "outputStopped",
      "exited",
    ]);
  });

  test("its failures are translated by what it was told to play", async () => {
    const { worker, events } = await bench.start("obedient");
    await events.find(is("connected"));
    await worker.send({ ...startIngest, source: { kind: "file", path: "/nowhere.mp4", loop: true, resume: false } });
    const failure = { reason: "error", message: "/nowhere.mp4 cannot be opened: No such file or directory." };
    await worker.send(sayThis({ type: "ingestDown", life: 1, failure }));
    const down = await events.find(reports("ingestDown"));
    expect(down.report).toMatchObject({ failure: { class: "fileUnusable", message: failure.message } });
  });

  test("has a log of its own, passed on line by line", async () => {
    const { worker, events } = await bench.start("ignores-sigterm");
    await events.find(is("connected"));
    process.kill(worker.identity.pid, "SIGTERM");
    const line = await events.find(is("output"));
    expect(line.line).toBe("SIGTERM ignored");
  });

  test("works in a bundle whose path is too long for a socket", async () => {
    const name = "obedient";
    const bundle = join(bench.directory, "deep".repeat(30), "streams", name);
    mkdirSync(dirname(bundle), { recursive: true });
    const events: WorkerEvent[] = [];
    const worker = await bench.workers.launch(bench.request(name, { bundle }), (event) => events.push(event));
    await until(() => events.some(is("connected")));
    await worker.terminate(5000);
  });
});

describe("a worker that does not", () => {
  test("garbage and unknown reports are survived", async () => {
    const { worker, events } = await bench.start("babbles");
    await events.find(reports("suspectCleared"));
    await worker.send({ type: "ping" });
    expect(events.all.some(is("unresponsive"))).toBe(false);
    const remarks = events.all.filter(reports("log")).map(({ report }) => (report as { message: string }).message);
    expect(remarks).toContain("unknown report brandNew");
    expect(remarks.filter((remark) => remark.startsWith("malformed report"))).toHaveLength(4);
  });

  test("a line without end is cut off and the connection mended", async () => {
    const { worker, events } = await bench.start("endless-line");
    await events.find(is("connected"));
    await worker.send(startIngest).catch(() => undefined);
    const unresponsive = await events.find(is("unresponsive"));
    expect(unresponsive.detail).toBe("it sent a line that is too long");
    await until(() => events.all.filter(is("connected")).length === 2);
  });

  test("a lost connection is reported and mended while the process lives, each time", async () => {
    const { worker, events } = await bench.start("hangs-up-twice");
    await until(() => events.all.filter(is("connected")).length === 3);
    const happened = events.all.map(({ type }) => type);
    expect(happened).toEqual(["connected", "unresponsive", "connected", "unresponsive", "connected"]);
    await worker.send({ type: "ping" });
  });

  test("one that answers nothing is reported", async () => {
    const { worker, events } = await bench.start("silent-after-ready");
    await events.find(is("connected"));
    await expect(worker.send({ type: "ping" })).rejects.toThrow("the connection to the worker was lost");
    const unresponsive = await events.find(is("unresponsive"));
    expect(unresponsive.detail).toBe("no reply to ping within 1.5 s");
  });

  test("one that never becomes ready is reported, takes no orders, and can be ended", async () => {
    const { worker, events } = await bench.start("never-ready");
    await events.find(is("unresponsive"));
    await expect(worker.send({ type: "ping" })).rejects.toThrow("not connected");
    await worker.terminate(1000);
    expect((await events.find(is("exited"))).exit.signal).toBe("SIGTERM");
  });

  test("one that ignores every request is killed", async () => {
    const { worker, events } = await bench.start("ignores-sigterm");
    await events.find(is("connected"));
    await worker.terminate(100);
    expect((await events.find(is("exited"))).exit.signal).toBe("SIGKILL");
    expect(events.all.some(is("unresponsive"))).toBe(false);
  });

  test("one that falls silent is asked, and reported when it does not answer", async () => {
    const { events } = await bench.start("silent-after-ready");
    const unresponsive = await events.find(is("unresponsive"));
    expect(unresponsive.detail).toBe("no reply to ping within 1.5 s");
  });

  test("one that is aborted ends of a signal of its own, and may leave no core", async () => {
    const { worker, events } = await bench.start("silent-after-ready");
    await events.find(is("connected"));
    const limits = readFileSync(`/proc/${worker.identity.pid}/limits`, "utf8");
    expect(limits).toMatch(/^Max core file size +[01] +[01] /m);
    await worker.abort(5000);
    const { exit, failure } = await events.find(is("exited"));
    expect(exit).toMatchObject({ code: null, signal: "SIGABRT" });
    expect(failure.class).toBe("workerCrashed");
  });

  test.each([
    ["stopped", "obedient", "SIGABRT"],
    ["stopped, and deaf to SIGABRT,", "ignores-sigabrt", "SIGKILL"],
  ])("one that is %s dies all the same", async (_how, name, signal) => {
    const { worker, events } = await bench.start(name);
    await events.find(is("connected"));
    process.kill(worker.identity.pid, "SIGSTOP");
    await worker.abort(200);
    expect((await events.find(is("exited"))).exit.signal).toBe(signal);
  });

  test("an abort cuts an orderly end short", async () => {
    const { worker, events } = await bench.start("ignores-sigterm");
    await events.find(is("connected"));
    const patient = worker.terminate(1_000_000);
    await worker.abort(0);
    await patient;
    await events.find(is("exited"));
  });

  test("a second, shorter grace cuts the first one short", async () => {
    const { worker, events } = await bench.start("ignores-sigterm");
    await events.find(is("connected"));
    const patient = worker.terminate(1_000_000);
    await worker.terminate(0);
    await patient;
    expect((await events.find(is("exited"))).exit.signal).toBe("SIGKILL");
  });

  test("a crash names its signal", async () => {
    const { worker, events } = await bench.start("dies-on-order");
    await events.find(is("connected"));
    await worker.send(startIngest).catch(() => undefined);
    const { failure } = await events.find(is("exited"));
    expect(failure).toMatchObject({ class: "workerCrashed", message: "The worker was killed by SIGSEGV." });
    expect(events.all.some(is("unresponsive"))).toBe(false);
  });

  test("one that ends at once is reported after the launch", async () => {
    const { events } = await bench.start("exits-at-once");
    const { exit, failure } = await events.find(is("exited"));
    expect(exit.code).toBe(7);
    expect(failure.message).toBe("The worker ended with code 7.");
  });

  test("a refusal is told with its reason", async () => {
    const { events } = await bench.start("refuses");
    const { detail } = await events.find(is("unresponsive"));
    expect(detail).toBe("it refused the connection: epoch 1 is too old");
  });

  test("what a dead worker leaves behind is killed", async () => {
    const { events } = await bench.start("leaves-child");
    const line = await events.find(
      (event): event is Of<"output"> => event.type === "output" && /^child/.test(event.line),
    );
    await events.find(is("exited"));
    await until(() => readStat(Number(line.line.split(" ")[1])) === undefined);
  });

  test("a killed shim hides nothing but the cause", async () => {
    const { worker, events } = await bench.start("obedient");
    await events.find(is("connected"));
    const { shim } = JSON.parse(readFileSync(join(bench.bundle("obedient"), "process.json"), "utf8"));
    process.kill(shim.pid, "SIGKILL");
    await worker.send({ type: "ping" });
    process.kill(worker.identity.pid, "SIGKILL");
    const { failure } = await events.find(is("exited"));
    expect(failure.message).toBe("The worker is gone, nobody saw how.");
  });

  test("a frozen shim is not waited for", async () => {
    const { worker, events } = await bench.start("obedient");
    await events.find(is("connected"));
    const { shim } = JSON.parse(readFileSync(join(bench.bundle("obedient"), "process.json"), "utf8"));
    process.kill(shim.pid, "SIGSTOP");
    process.kill(worker.identity.pid, "SIGKILL");
    const { failure } = await events.find(is("exited"));
    expect(failure.message).toBe("The worker is gone, nobody saw how.");
    await until(() => readStat(shim.pid) === undefined);
  });
});

describe("adoption", () => {
  test("takes over a living worker: same process, orders work, its end is seen", async () => {
    const first = await bench.start("obedient");
    await first.events.find(is("connected"));
    first.worker.detach();

    const second = await bench.adopt("obedient");
    expect(second?.worker.identity).toEqual(first.worker.identity);
    expect(second?.worker.startedAt).toBe(first.worker.startedAt);
    await second?.events.find(is("connected"));
    await second?.worker.send({ type: "ping" });
    await second?.worker.terminate(5000);
    expect((await second?.events.find(is("exited")))?.exit.code).toBe(0);
  });

  test("an adopted one that is ended at once ends in order all the same", async () => {
    const first = await bench.start("obedient");
    await first.events.find(is("connected"));
    first.worker.detach();
    const second = await bench.adopt("obedient");
    await second?.worker.terminate(5000);
    expect((await second?.events.find(is("exited")))?.exit).toMatchObject({ code: 0, signal: null });
  });

  test("after detaching nothing is heard any more", async () => {
    const { worker, events } = await bench.start("obedient");
    await events.find(is("connected"));
    worker.detach();
    const heard = events.all.length;
    const second = await bench.adopt("obedient");
    await second?.worker.terminate(5000);
    expect(events.all).toHaveLength(heard);
  });

  test("goes on in the log where the last supervisor stopped", async () => {
    const first = await bench.start("ignores-sigterm");
    await first.events.find(is("connected"));
    process.kill(first.worker.identity.pid, "SIGTERM");
    await first.events.find(is("output"));
    first.worker.detach();
    process.kill(first.worker.identity.pid, "SIGTERM");
    const second = await bench.adopt("ignores-sigterm");
    await second?.events.find(is("output"));
    expect(second?.events.all.filter(is("output"))).toHaveLength(1);
  });

  test("finds nothing in an empty bundle, in one of an ended process, and in one of an earlier boot", async () => {
    expect(await bench.adopt("nothing")).toBeUndefined();

    const { worker, events } = await bench.start("obedient");
    await events.find(is("connected"));
    const file = join(bench.bundle("obedient"), "process.json");
    const identities = JSON.parse(readFileSync(file, "utf8"));
    writeFileSync(file, JSON.stringify({ ...identities, bootId: "another boot" }));
    expect(await bench.adopt("obedient")).toBeUndefined();
    writeFileSync(file, JSON.stringify(identities));
    await worker.terminate(5000);
    expect(await bench.adopt("obedient")).toBeUndefined();
  });
});

describe("what cannot start", () => {
  test("a bundle has one process at a time", async () => {
    const { worker } = await bench.start("obedient");
    await expect(bench.start("obedient")).rejects.toThrow(NotLaunched);
    expect(isAlive(worker.identity)).toBe(true);
  });

  test("a missing program is named", async () => {
    const failure = await bench.startCommand("gone", ["/no/such/program"]).catch((problem) => problem.failure);
    expect(failure).toMatchObject({ class: "commandFailed", message: "The command cannot be executed." });
    expect(failure.detail).toContain("/no/such/program");
  });

  test("a bundle that cannot be used is a failure that says so", async () => {
    const bundle = bench.bundle("file");
    mkdirSync(dirname(bundle), { recursive: true });
    writeFileSync(bundle, "");
    const failure = await bench.start("file").catch((problem) => problem.failure);
    expect(failure.detail).toContain("the bundle cannot be used: EEXIST");
  });
});

test("no secret of the environment reaches a worker", async () => {
  process.env.CAMERA_PASSWORD = "letmein";
  const { worker } = await bench.start("obedient");
  delete process.env.CAMERA_PASSWORD;
  // Empty while the worker is still on its way through execve.
  const environment = await until(() => readFileSync(`/proc/${worker.identity.pid}/environ`, "utf8") || undefined);
  expect(environment).not.toContain("letmein");
  expect(environment).toContain("LANG=C.UTF-8");
});
