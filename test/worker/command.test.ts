import { mkdirSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { identityOf } from "../../src/worker/identity.js";
import type { WorkerEvent, WorkerReport } from "../../src/worker/worker.js";
import { until } from "../rig/until.js";
import { createWorkerBench, type WorkerBench } from "../rig/worker-bench.js";

type Of<Type extends WorkerEvent["type"]> = Extract<WorkerEvent, { type: Type }>;
const is =
  <Type extends WorkerEvent["type"]>(type: Type) =>
  (event: WorkerEvent): event is Of<Type> =>
    event.type === type;
const report =
  <Type extends WorkerReport["type"]>(type: Type) =>
  (event: WorkerEvent): event is { type: "report"; report: Extract<WorkerReport, { type: Type }> } =>
    event.type === "report" && event.report.type === type;

let bench: WorkerBench;
beforeEach(() => {
  bench = createWorkerBench();
});
afterEach(() => bench.clean());

const gstLaunch = (text: string) => ["gst-launch-1.0", ...text.split(" ")];
const LIVE = "videotestsrc is-live=true ! fakesink";

describe("gst-launch", () => {
  test.each(["", "-e ", "-m ", "-v ", "-e -m -v "])("with '%s' it is up when it plays", async (options) => {
    const { worker, events } = await bench.startCommand("live", gstLaunch(options + LIVE));
    const { ingest } = await events.find(is("connected"));
    expect(ingest.state).toBe("starting");
    const up = await events.find(report("ingestUp"));
    expect(up.report).toEqual({ type: "ingestUp", life: worker.startedAt, tracks: [] });
    await worker.terminate(5000);
    expect(events.all.filter(report("ingestDown"))).toHaveLength(0);
  });

  test("with -q it tells nothing, and is up while it runs", async () => {
    const { worker, events } = await bench.startCommand("quiet", gstLaunch(`-eq ${LIVE}`));
    await events.find(report("ingestUp"));
    await worker.terminate(5000);
    expect(events.all.some(report("ingestDown"))).toBe(false);
  });

  test("is up also where it floods its log so that the word of it is lost", async () => {
    const flood = "yes complaint | head -c 20000000; exec sleep 1000";
    const { worker, events } = await bench.startCommand("flood", ["sh", "-c", flood, "gst-launch-1.0"]);
    await events.find(report("ingestUp"));
    await worker.terminate(0);
  });

  test("-e finishes its file when it is stopped", async () => {
    mkdirSync(bench.directory, { recursive: true });
    const file = join(bench.directory, "clip.mp4");
    const text = `-e videotestsrc is-live=true ! x264enc tune=zerolatency ! mp4mux ! filesink location=${file}`;
    const { worker, events } = await bench.startCommand("recorder", gstLaunch(text));
    await events.find(report("ingestUp"));
    await worker.terminate(5000);
    const { exit } = await events.find(is("exited"));
    expect(exit.code).toBe(0);
    expect(statSync(file).size).toBeGreaterThan(0);
    expect(events.all.some(report("ingestStopped"))).toBe(true);
  });

  test("an error becomes a failure with its cause, before the end", async () => {
    const { events } = await bench.startCommand("missing", gstLaunch("-q filesrc location=/no/such/file ! fakesink"));
    const { failure } = await events.find(is("exited"));
    const down = await events.find(report("ingestDown"));
    expect(down.report.failure).toMatchObject({ class: "fileUnusable" });
    expect(down.report.failure.detail).toContain('No such file "/no/such/file"');
    expect(failure).toEqual(down.report.failure);
    expect(events.all.filter(report("ingestDown"))).toHaveLength(1);
  });

  test("a camera that refuses is told from one that cannot be reached", async () => {
    const port = await closedPort();
    const { events } = await bench.startCommand(
      "refused",
      gstLaunch(`rtspsrc location=rtsp://admin:letmein@127.0.0.1:${port}/x ! fakesink`),
    );
    const { failure } = await events.find(is("exited"));
    expect(failure.class).toBe("refused");
    expect(JSON.stringify(events.all.filter(report("ingestDown")))).not.toContain("letmein");
  });

  test("a text that does not parse needs an edit", async () => {
    const { events } = await bench.startCommand("typo", gstLaunch("videotestsource ! fakesink"));
    const down = await events.find(report("ingestDown"));
    expect(down.report.failure).toMatchObject({
      class: "pipelineInvalid",
      message: 'The pipeline text is not valid: no element "videotestsource".',
    });
  });

  test("the end of the stream is one", async () => {
    const { events } = await bench.startCommand("short", gstLaunch("videotestsrc num-buffers=3 ! fakesink"));
    const down = await events.find(report("ingestDown"));
    expect(down.report.failure.class).toBe("endOfStream");
    expect((await events.find(is("exited"))).exit.code).toBe(0);
  });

  test("an error of another kind is the command's, in GStreamer's words", async () => {
    const { events } = await bench.startCommand("odd", gstLaunch("videotestsrc ! identity error-after=2 ! fakesink"));
    const down = await events.find(report("ingestDown"));
    expect(down.report.failure.class).toBe("commandFailed");
    expect(down.report.failure.detail).toContain("Failed after iterations as requested.");
  });

  test("an adopted one that was up is up, and its end is seen", async () => {
    // Without -e: gst-launch says that it plays a moment before it does, and an EOS sent in between is lost.
    const argv = gstLaunch(LIVE);
    const first = await bench.startCommand("live", argv);
    await first.events.find(report("ingestUp"));
    first.worker.detach();
    const second = await bench.adopt("live", { program: { kind: "command", argv } });
    expect(await second?.events.find(is("connected"))).toMatchObject({
      ingest: { state: "up", life: first.worker.startedAt },
    });
    await second?.worker.terminate(5000);
    expect((await second?.events.find(is("exited")))?.exit.code).toBe(0);
  });
});

describe("any other program", () => {
  test("is up while it runs, and takes no orders", async () => {
    const { worker, events } = await bench.startCommand("other", ["sleep", "1000"]);
    await events.find(report("ingestUp"));
    await worker.send({ type: "ping" });
    await expect(worker.send({ type: "requestKeyframe" })).rejects.toThrow("a command takes no orders");
    await worker.terminate(5000);
    expect((await events.find(is("exited"))).exit.signal).toBe("SIGINT");
  });

  test("what it left in sessions of its own ends with it", async () => {
    const script = 'sh -c "setsid sleep 1000 & echo orphan \\$!"; setsid sleep 1000 & echo child $!; wait';
    const { worker, events } = await bench.startCommand("forks", ["sh", "-c", script]);
    const left: number[] = [];
    for (const kind of ["orphan", "child"]) {
      const { line } = await events.find(
        (event): event is Of<"output"> => is("output")(event) && event.line.startsWith(kind),
      );
      left.push(Number(line.split(" ")[1]));
    }
    expect(left.map((pid) => identityOf(pid)?.pid)).toEqual(left);
    await worker.terminate(0);
    await until(() => left.every((pid) => identityOf(pid) === undefined));
  });

  test("its end is a failure with its code and its last words", async () => {
    const { events } = await bench.startCommand("other", ["sh", "-c", "echo good bye; exit 4"]);
    const { failure } = await events.find(is("exited"));
    expect(failure).toMatchObject({
      class: "commandFailed",
      message: "The command ended with code 4.",
      detail: "good bye",
    });
  });
});

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
