import type { OutputStatus, RootStatus, StatusReport } from "../../src/report/status.js";
import { statusTable } from "../../src/report/status-table.js";
import { paintFor, plain } from "../../src/report/terminal.js";
import { NOW, runningStream, secondsAgo, statusReport } from "./reports.js";

function table(report: StatusReport, columns = 80): string {
  return statusTable(report, { now: NOW, columns, paint: plain });
}

const holding = runningStream({
  name: "a-camera-with-a-very-long-name-in-the-garden",
  state: "holding",
  since: secondsAgo(42),
  reason: "The camera refuses the password.",
  failure: { class: "unauthorized", message: "m", hint: "Put the right one into passwordFile.", at: secondsAgo(42) },
  nextAttemptAt: secondsAgo(-557),
  attempts: 3,
  worker: null,
  source: { ...runningStream().source, bitrateBps: null, fps: null, tracks: [] },
  outputs: [
    { id: "rtsp", kind: "rtsp", state: "waiting", failure: null, viewers: 0 },
    {
      id: "record",
      kind: "record",
      state: "down",
      failure: { class: "recordingFailed", message: "The disk is full.", at: secondsAgo(1) },
    },
  ],
});

test("says when an output has as many viewers as it may have", () => {
  const output = { id: "rtsp", kind: "rtsp", state: "up", failure: null, viewers: 2, maxViewers: 2 } as const;
  const full = "  output rtsp: it has the 2 viewers that it may have; 3 were refused so far.";
  expect(table(statusReport([runningStream({ outputs: [{ ...output, viewersRefused: 3 }] })]))).toContain(full);
  expect(table(statusReport([runningStream({ outputs: [output] })]))).not.toContain("may have");
});

test("shows each stream on a line, and what is wrong below it", () => {
  const lobby = runningStream({
    name: "lobby",
    since: secondsAgo(5),
    outputs: [],
    source: {
      ...runningStream().source,
      bitrateBps: 512_000,
      tracks: [{ index: 0, media: "video", encoding: "h265" }],
    },
  });
  expect(table(statusReport([runningStream(), holding, lobby]))).toBe(
    [
      "dslrs 0.1.0  instance default  pid 4242  up 3h20m  rtsp://127.0.0.1:8554",
      "config /etc/dslrs/config.yaml",
      "",
      "STREAM          STATE        FOR SOURCE                RATE VIEW REC   CPU   MEM",
      "front-door      running    3h12m h264 1920x1080@25  2.1Mb/s    2 mkv    1%  9.4M",
      "a-camera-with-… holding      42s rtsp                     -    0 -       -     -",
      "  The camera refuses the password. Put the right one into passwordFile. Next",
      "  attempt in 9m, 3 failed so far.",
      "  output record: The disk is full.",
      "lobby           running       5s h265@25            512kb/s    - -      1%  9.4M",
      "",
    ].join("\n"),
  );
});

test("shows the hosts that are away once, and no time for streams that wait for them", () => {
  const report = statusReport([
    runningStream({
      state: "holding",
      reason: "The camera refused the connection. Tried again as soon as its host answers.",
      breaker: "open",
      nextAttemptAt: secondsAgo(0),
    }),
  ]);
  const hosts = [{ address: "10.0.0.5:554", breaker: "open", since: secondsAgo(180), nextProbeAt: null }] as const;
  const shown = table({ ...report, supervisor: { ...report.supervisor, hosts } });
  expect(shown).toContain("\nhost 10.0.0.5:554 has been away for 3m; it is probed until it is back\n");
  expect(shown).not.toContain("Next attempt");
});

test("shows where the config is wrong, and that the last good one stays in force", () => {
  const configError = {
    concerns: "all",
    message: 'unknown key "sorce" in streams.front-door',
    line: 12,
    column: 5,
    hint: "Did you mean source?",
    at: secondsAgo(3),
  } as const;
  const text = table(statusReport([], { configError }));
  expect(text.replace(/\n/g, " ")).toContain(
    'config error: /etc/dslrs/config.yaml:12:5: unknown key "sorce" in streams.front-door; Did you mean source? (The last good config stays in force.)',
  );
  expect(text).toContain("No streams.");
  const partly = { ...configError, concerns: "part" } as const;
  expect(table(statusReport([], { configError: partly })).replace(/\n/g, " ")).toContain("(All else is in force.)");
  const sentence = { ...configError, message: "The address is in use." };
  expect(table(statusReport([], { configError: sentence }))).toContain("in use. Did");
});

test("shows the state of a recording that does not go on", () => {
  const recordingIs = (state: "down" | "waiting") =>
    table(statusReport([runningStream({ outputs: [{ id: "r", kind: "record", state, failure: null }] })]));
  expect(recordingIs("down")).toMatch(/ down +1% /);
  expect(recordingIs("waiting")).toMatch(/ wait +1% /);
});

test("shows what a recording lacks, and that an output for events only waits", () => {
  const recording = (output: Partial<OutputStatus>) => {
    const outputs = [{ id: "record", kind: "record", state: "up", failure: null, ...output } as const];
    const archive = { state: "ok", since: null } as const;
    const sizes = { freeBytes: 9e9, totalBytes: 9e9, reserveBytes: 0 };
    const roots = [{ path: "/usual", ...sizes, problem: null, archive, indexProblem: null }];
    return table(statusReport([runningStream({ outputs })], { roots }));
  };
  const failure = { class: "diskFull", message: "The disk is full.", at: secondsAgo(3) };
  const degraded = { state: "degraded", failure } as const;
  expect(recording({ ...degraded, root: null })).toMatch(/ bad .*\n {2}output record: The disk is full\.\n$/);
  expect(recording({ ...degraded, root: "/spare" })).toContain("The disk is full. It records to /spare meanwhile.");
  expect(recording({ ...degraded, root: "/usual" })).not.toContain("meanwhile");
  expect(recording({ state: "waiting", mode: "event" })).toMatch(/ idle /);
});

test("says when the router is down", () => {
  expect(table(statusReport([], { router: { state: "down", pid: null, restarts: 1 } }))).toContain("router is down");
});

test("shows the room for recordings, and why it is too little", () => {
  const root = { path: "/srv/recordings", freeBytes: 3 * 1024 ** 3, totalBytes: 1e12, reserveBytes: 2 * 1024 ** 3 };
  const archive = { state: "ok", since: null } as const;
  const shown = (problem: string | null, more: Partial<RootStatus> = {}) =>
    table(statusReport([], { roots: [{ ...root, problem, archive, indexProblem: null, ...more }] }));
  expect(shown(null)).toContain("recordings /srv/recordings: 3.0G free, reserve 2.0G");
  expect(shown("Remove other files.")).toContain("reserve 2.0G. Remove other files.");
  const silent = { archive: { state: "silent", since: secondsAgo(120) }, freeBytes: null } as const;
  expect(shown(null, silent)).toContain("/srv/recordings: not looked at yet. The disk has been silent for 2m.");
});

test("never exceeds 80 columns, whatever the numbers", () => {
  const large = runningStream({
    since: secondsAgo(400 * 86_400),
    worker: { ...(runningStream().worker as NonNullable<typeof holding.worker>), cpuPercent: 1234, memoryBytes: 9e15 },
    source: {
      ...runningStream().source,
      fps: 120,
      bitrateBps: 123_456_789_012,
      tracks: [{ index: 0, media: "video", encoding: "mjpeg", width: 10_000, height: 10_000 }],
    },
  });
  for (const line of table(statusReport([large, holding])).split("\n")) expect(line.length).toBeLessThanOrEqual(80);
});

test("gives a wider terminal the whole name", () => {
  expect(table(statusReport([holding]), 120)).toContain(`${holding.name} holding`);
});

test("text from a camera cannot control the terminal", () => {
  const evil = { ...holding, reason: "bad \x1b[2J camera" };
  expect(table(statusReport([evil]))).not.toContain("\x1b");
});

test("colours the state on a terminal only", () => {
  const paint = paintFor({ write: () => true, isTTY: true }, {});
  const options = { now: NOW, columns: 80, paint };
  expect(statusTable(statusReport([runningStream()]), options)).toContain("\x1b[32mrunning   \x1b[0m");
  expect(paintFor({ write: () => true, isTTY: true }, { NO_COLOR: "1" })).toBe(plain);
  expect(paintFor({ write: () => true }, {})).toBe(plain);
});
