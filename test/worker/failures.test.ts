import { readFileSync } from "node:fs";
import { FAILURE_GROUPS, type FailureClass } from "../../src/failure.js";
import { FAILURE_TEXTS } from "../../src/worker/failure-texts.js";
import { failureFromExit, failureFromWorker, failureOf } from "../../src/worker/failures.js";
import type { WireFailure } from "../../src/worker/wire.js";
import type { AppliedLimits, WorkerExit } from "../../src/worker/worker.js";

const CLASSES = Object.keys(FAILURE_GROUPS) as FailureClass[];

interface Observed {
  readonly case: string;
  readonly domain: string;
  readonly code: number;
  readonly message: string;
  readonly debug: string;
  readonly class: FailureClass;
}

const table: { rows: Observed[] } = JSON.parse(
  readFileSync(new URL("./fixtures/rtspsrc-1.22.json", import.meta.url), "utf8"),
);

describe("what rtspsrc posts", () => {
  test.each(table.rows.map((row) => [row.case, row] as const))("%s", (_case, { class: expected, ...wire }) => {
    const failure = failureFromWorker({ reason: "error", element: "source", ...wire }, "rtsp");
    expect(failure.class).toBe(expected);
    expect(failure.detail).toContain(wire.debug.split("\n").at(-1));
  });

  test("is recognised by an adopting supervisor, which does not know what was asked for", () => {
    for (const { class: expected, ...wire } of table.rows) {
      expect(failureFromWorker({ reason: "error", ...wire }, "unknown").class).toBe(expected);
    }
  });
});

describe("what a worker says", () => {
  const cases: [string, WireFailure, Parameters<typeof failureFromWorker>[1], FailureClass][] = [
    ["a live source that ends", { reason: "endOfStream" }, "rtsp", "endOfStream"],
    ["a file that ends", { reason: "fileEnded" }, "file", "fileEnded"],
    ["no first picture", { reason: "firstFrameTimeout" }, "rtsp", "stalled"],
    ["frames, but no keyframe", { reason: "noKeyframe" }, "rtsp", "corruptMedia"],
    ["no answer in time", { reason: "connectTimeout" }, "rtsp", "connectTimeout"],
    ["an unknown name", { reason: "dnsFailed" }, "rtsp", "dnsFailed"],
    ["a closed port", { reason: "refused" }, "rtsp", "refused"],
    ["no route", { reason: "unreachable" }, "rtsp", "unreachable"],
    ["a broken connection", { reason: "reset" }, "rtsp", "reset"],
    ["a failed handshake", { reason: "tlsFailed" }, "rtsp", "tlsFailed"],
    ["an answer that is no RTSP", { reason: "protocolError" }, "rtsp", "protocolError"],
    ["timestamps that make no sense", { reason: "corruptMedia" }, "rtsp", "corruptMedia"],
    ["an uncommon error of the connection", { ...gst("io", 0), domain: "g-io-error-quark" }, "rtsp", "unreachable"],
    ["a camera without a usable track", { reason: "noTracks" }, "rtsp", "unsupportedEncoding"],
    ["a file that is no media", { reason: "noTracks" }, "file", "fileUnusable"],
    ["an unknown encoding", { reason: "unsupportedEncoding" }, "rtsp", "unsupportedEncoding"],
    ["a pipeline that does not parse", { reason: "pipelineInvalid" }, "pipeline", "pipelineInvalid"],
    ["a full disk", { reason: "disk", code: 14 }, "output", "diskFull"],
    ["a disk that can only be read", { reason: "disk", code: 6 }, "output", "diskReadOnly"],
    ["a folder of somebody else", { reason: "disk", code: 15 }, "output", "diskDenied"],
    ["a root that is not there", { reason: "disk", code: 3 }, "output", "diskMissing"],
    ["a disk that hangs", { reason: "disk", code: 4 }, "output", "diskSlow"],
    ["a disk that fails", { reason: "disk", code: 10 }, "output", "recordingFailed"],
    ["a socket that cannot be made", { reason: "tap", message: "words" }, "output", "tapFailed"],
    ["another stream that does not run", { reason: "refused" }, "stream", "refused"],
    ["another stream that went away", { reason: "endOfStream" }, "stream", "endOfStream"],
    ["a fault of its own", { reason: "internal" }, "rtsp", "internal"],
    ["a reason of a later version", { reason: "solarFlare" }, "rtsp", "internal"],
    ["a missing file", gst("resource", 3), "file", "fileUnusable"],
    ["an unreadable file", gst("resource", 15), "file", "fileUnusable"],
    ["a damaged file", gst("stream", 9), "file", "fileUnusable"],
    ["a damaged stream", gst("stream", 7), "rtsp", "corruptMedia"],
    ["an encrypted stream", gst("stream", 12), "rtsp", "unsupportedEncoding"],
    ["a pipeline with a missing plugin", gst("core", 12), "pipeline", "pipelineInvalid"],
    ["a pipeline that cannot negotiate", gst("core", 7), "pipeline", "pipelineInvalid"],
    ["a recorder that cannot write", gst("resource", 10), "output", "recordingFailed"],
    ["a library that fails", gst("library", 2), "rtsp", "internal"],
  ];
  test.each(cases)("%s", (_what, wire, origin, expected) => {
    expect(failureFromWorker(wire, origin).class).toBe(expected);
  });

  function gst(area: string, code: number): WireFailure {
    return { reason: "error", domain: `gst-${area}-error-quark`, code, message: "words", debug: "more words" };
  }

  test.each([
    [400, "protocolError"],
    [401, "unauthorized"],
    [403, "forbidden"],
    [404, "notFound"],
    [410, "notFound"],
    [415, "unsupportedEncoding"],
    [453, "busy"],
    [454, "reset"],
    [461, "protocolError"],
    [500, "protocolError"],
    [503, "busy"],
    [551, "protocolError"],
  ])("RTSP status %i: %s", (code, expected) => {
    const failure = failureFromWorker({ reason: "rtspStatus", code, message: `The camera answered ${code}` }, "rtsp");
    expect(failure).toMatchObject({ class: expected, detail: expect.stringContaining(String(code)) });
  });

  test("of another stream nobody is told to look for a camera", () => {
    const words = failureFromWorker({ reason: "refused", message: "The stream front-door does not run." }, "stream");
    expect(words).toMatchObject({ message: "The stream front-door does not run." });
    expect(words.hint).not.toMatch(/camera/);
  });

  test("what a person can do is said of the case, not only of its class", () => {
    const words = (wire: WireFailure) => Object.values(failureFromWorker(wire, "rtsp")).join(" ");
    expect(words({ reason: "rtspStatus", code: 461 })).toContain("transport: auto");
    expect(words({ reason: "rtspStatus", code: 454 })).toContain("session");
    expect(words({ reason: "rtspStatus", code: 551 })).toContain("551");
    expect(words({ reason: "noKeyframe" })).toContain("keyframe interval");
  });

  test("its own sentences are kept, GStreamer's are explained", () => {
    const unknown = { reason: "unsupportedEncoding", message: "The camera offers only VP8" };
    expect(failureFromWorker(unknown, "rtsp").message).toBe("The camera offers only VP8.");
    const missing = {
      reason: "error",
      domain: "gst-resource-error-quark",
      code: 3,
      message: "/a.mp4 cannot be opened",
    };
    expect(failureFromWorker(missing, "file")).toMatchObject({
      class: "fileUnusable",
      message: "/a.mp4 cannot be opened.",
    });
    expect(failureFromWorker(gst("resource", 4), "rtsp")).toMatchObject(FAILURE_TEXTS.busy);
  });

  test("no password gets through, wherever it stands", () => {
    const uri = "rtsp://admin:letmein@camera/live?password=letmein";
    for (const reason of ["error", "pipelineInvalid", "internal", "unsupportedEncoding"]) {
      const failure = failureFromWorker(
        { reason, domain: "x", code: 1, element: uri, message: uri, debug: uri },
        "rtsp",
      );
      expect(JSON.stringify(failure)).not.toContain("letmein");
    }
    expect(JSON.stringify(failureOf("internal", { message: uri, detail: uri }))).not.toContain("letmein");
  });
});

describe("how a process ended", () => {
  const none: AppliedLimits = { memoryBytes: null, cpuPercent: null, memoryBy: "none", cpuBy: "none" };
  const limited: AppliedLimits = { ...none, memoryBytes: 100_000_000, memoryBy: "cgroup1" };
  const exit = (particular: Partial<WorkerExit>): WorkerExit => ({
    code: null,
    signal: null,
    oomKills: 0,
    endedAt: 0,
    ...particular,
  });
  const end = (particular: Partial<WorkerExit>, rest: Partial<Parameters<typeof failureFromExit>[0]> = {}) =>
    failureFromExit({ exit: exit(particular), program: "worker", limits: none, lastLines: [], ...rest });

  test("killed for memory, by the kernel or by itself", () => {
    const killed = end({ signal: "SIGKILL", oomKills: 1 }, { limits: limited });
    expect(killed).toMatchObject({
      class: "outOfMemory",
      message: "The worker needed more than its memory limit of 100 MB.",
    });
    const gaveUp = end(
      { signal: "SIGTRAP" },
      {
        limits: { ...limited, memoryBy: "rlimit" },
        lastLines: ["GLib-ERROR **: failed to allocate 4096 bytes"],
      },
    );
    expect(gaveUp.class).toBe("outOfMemory");
    expect(end({ signal: "SIGKILL" }, { limits: limited }).class).toBe("workerCrashed");
  });

  test("crashed: with the signal or code, and its last words", () => {
    expect(end({ signal: "SIGSEGV" }, { lastLines: ["it was a dark night"] })).toMatchObject({
      class: "workerCrashed",
      message: "The worker was killed by SIGSEGV.",
      detail: "it was a dark night",
    });
    expect(end({ code: 3 }).message).toBe("The worker ended with code 3.");
  });

  test("never ran", () => {
    expect(end({ code: 127 })).toMatchObject({ class: "internal", message: "dslrs-worker cannot be executed." });
    expect(end({ code: 127 }, { program: "command" }).class).toBe("commandFailed");
  });

  test("a command is explained by what it reported before", () => {
    const reported = failureOf("refused");
    expect(end({ code: 1 }, { program: "command", reported })).toBe(reported);
    expect(end({ code: 1 }, { program: "command" }).message).toBe("The command ended with code 1.");
  });
});

describe("the words of each class", () => {
  const page = readFileSync(new URL("../../docs/troubleshooting.md", import.meta.url), "utf8");

  test.each(CLASSES)("%s has its entry in docs/troubleshooting.md", (name) => {
    const entry = page.split("\n### ").find((part) => part.startsWith(`${FAILURE_TEXTS[name].message}\n`));
    expect(entry).toContain(`\`${name}\``);
    expect(entry?.split("\n\n").length).toBeGreaterThanOrEqual(3);
  });

  test.each(CLASSES)("%s: sentences for a person", (name) => {
    const { message, hint } = FAILURE_TEXTS[name];
    expect(message).toMatch(/^[A-Z].*\.$/);
    expect(hint).toMatch(/^[A-Z].*\.$/);
  });
});
