/** The small parts of src/worker that do without a process. */

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createEventQueue } from "../../src/worker/event-queue.js";
import { createLaunchReader, isGstLaunch } from "../../src/worker/gst-launch.js";
import { identityOf, isAlive, membersOfSession, readStat } from "../../src/worker/identity.js";
import { createLineSplitter } from "../../src/worker/lines.js";
import { nativePaths } from "../../src/worker/native.js";
import { readWireLine } from "../../src/worker/wire.js";

describe("identity", () => {
  test("a pid that was given to another process is another identity", () => {
    const self = identityOf(process.pid);
    if (!self) throw new Error("this process does not live");
    expect(isAlive(self)).toBe(true);
    expect(isAlive({ ...self, startTime: self.startTime - 1 })).toBe(false);
    expect(isAlive({ ...self, bootId: "another boot" })).toBe(false);
  });

  test("nobody is a member of a session whose number was given away", () => {
    const session = readStat(process.pid)?.session ?? 0;
    const leader = identityOf(session);
    if (!leader) return; // the leader of this session is gone; then there is nothing to tell apart
    expect(membersOfSession(leader).map(({ pid }) => pid)).toContain(process.pid);
    expect(membersOfSession({ ...leader, startTime: leader.startTime - 1 })).toEqual([]);
  });

  test("a process that never was", () => {
    expect(identityOf(2 ** 22 + 1)).toBeUndefined();
  });
});

describe("native programs", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "dslrs-native-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  test("missing ones are named, with what to do", () => {
    const result = nativePaths({ DSLRS_NATIVE_DIR: directory });
    expect(result).toMatchObject({ ok: false, hint: expect.stringContaining("scripts/setup") });
    expect(!result.ok && result.message).toContain(join(directory, "shim", "dslrs-shim"));
  });

  test("found where they are", () => {
    const missing = nativePaths({ DSLRS_NATIVE_DIR: directory });
    for (const path of missing.ok ? [] : missing.missing) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, "");
      chmodSync(path, 0o755);
    }
    expect(nativePaths({ DSLRS_NATIVE_DIR: directory }).ok).toBe(true);
  });
});

describe("lines", () => {
  test("are put together from pieces, also within a character", () => {
    const splitter = createLineSplitter(100);
    const bytes = Buffer.from("grüße\n\nnext\n");
    expect([...bytes].flatMap((byte) => splitter.push(Buffer.from([byte])))).toEqual(["grüße", "next"]);
  });

  test("have a limit, whether they end or not", () => {
    expect(createLineSplitter(10).push(Buffer.from("x".repeat(11)))).toBeUndefined();
    expect(createLineSplitter(10).push(Buffer.from(`${"x".repeat(11)}\n`))).toBeUndefined();
    expect(createLineSplitter(10).push(Buffer.from(`${"x".repeat(10)}\n`))).toHaveLength(1);
  });
});

describe("the wire", () => {
  test.each([["not json"], ["null"], ["[]"], ["7"], ['{"type":7}'], ['{"type":"ingestUp","life":"one","tracks":[]}']])(
    "%s is malformed",
    (line) => {
      expect(readWireLine(line).is).toBe("malformed");
    },
  );

  test("reports and members of a later version do no harm", () => {
    expect(readWireLine('{"type":"aurora"}')).toEqual({ is: "unknown", type: "aurora" });
    const more = '{"type":"suspect","life":1,"track":0,"silentMs":90,"intervalMs":40,"mood":"bad"}';
    expect(readWireLine(more)).toEqual({
      is: "message",
      message: { type: "suspect", life: 1, track: 0, silentMs: 90, intervalMs: 40 },
    });
  });

  test("an output's own figures are kept", () => {
    const output = { id: "rtsp", kind: "rtsp", state: "up", viewers: 3 };
    const reading = readWireLine(JSON.stringify({ type: "ready", ingest: { state: "idle" }, outputs: [output] }));
    expect(reading).toMatchObject({ message: { ingest: { life: 0, tracks: [] }, outputs: [output] } });
  });
});

describe("a queue of events", () => {
  test("keeps their order when one takes time, and holds all until it is opened", async () => {
    const seen: string[] = [];
    const queue = createEventQueue<{ name: string }>(({ name }) => seen.push(name));
    let understand: (event: { name: string }) => void = () => undefined;
    queue.push({ name: "first" });
    queue.push(new Promise((resolve) => (understand = resolve)));
    queue.push({ name: "third" });
    queue.end(() => ({ name: "last" }));
    queue.push({ name: "too late" });
    expect(seen).toEqual([]);
    queue.open();
    expect(seen).toEqual(["first"]);
    understand({ name: "second" });
    await Promise.resolve();
    await Promise.resolve();
    expect(seen).toEqual(["first", "second", "third", "last"]);
  });

  test("is silent when it is closed", () => {
    const seen: object[] = [];
    const queue = createEventQueue((event: object) => seen.push(event));
    queue.open();
    queue.close();
    queue.push({});
    expect(seen).toEqual([]);
  });
});

describe("what gst-launch prints", () => {
  const read = (text: string) => {
    const reader = createLaunchReader();
    return [...text.split("\n").flatMap((line) => reader.read(line)), ...reader.end()];
  };

  test("a warning is no failure", () => {
    const text = [
      "WARNING: from element /GstPipeline:pipeline0/GstRTSPSrc:cam: Could not read from resource.",
      "Additional debug info:",
      "../gst/rtsp/gstrtspsrc.c(5889): gst_rtspsrc_loop_interleaved (): /GstPipeline:pipeline0/GstRTSPSrc:cam:",
      "The server closed the connection.",
      'Got EOS from element "pipeline0".',
    ];
    expect(read(text.join("\n"))).toEqual([
      { type: "warned", message: "cam: Could not read from resource. The server closed the connection." },
      { type: "endOfStream" },
    ]);
  });

  test("an error that is the last word still counts", () => {
    const text =
      "ERROR: from element /GstPipeline:pipeline0/GstRTSPSrc:cam: Unauthorized\nAdditional debug info:\nUnauthorized (401)";
    expect(read(text)).toEqual([
      {
        type: "failed",
        failure: {
          reason: "error",
          domain: "gst-resource-error-quark",
          code: 15,
          element: "cam",
          message: "Unauthorized",
          debug: "Unauthorized (401)",
        },
      },
    ]);
  });

  test("with -m only, the pipeline's own messages are enough", () => {
    const state = (from: string, to: string) =>
      `Got message #30 from element "pipeline0" (state-changed): GstMessageStateChanged, old-state=(GstState)${from}, new-state=(GstState)${to};`;
    expect(read(state("ready", "paused"))).toEqual([]);
    expect(read(state("paused", "playing"))).toEqual([{ type: "playing" }]);
  });

  test("is asked for by name, also behind a helper", () => {
    expect(isGstLaunch(["gst-launch-1.0", "fakesrc"])).toBe(true);
    expect(isGstLaunch(["/usr/bin/nice", "-n", "5", "/usr/bin/gst-launch-1.0"])).toBe(true);
    expect(isGstLaunch(["ffmpeg", "-i", "gst-launch-1.0.mp4"])).toBe(false);
  });
});
