/** The commands a user types against a running instance, and the ways to end it. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { readProcessFile } from "../../src/worker/bundle.js";
import { isAlive } from "../../src/worker/identity.js";
import type { TestInstance } from "../rig/instance.js";
import { decodingErrors, recordingsIn } from "../rig/media.js";
import { signalTo } from "../rig/signal.js";
import { until } from "../rig/until.js";
import { configOf, PATTERN, PATTERN_STEP, recorded, served, testRig } from "./rig.js";

const rig = testRig();
const MAIN = fileURLToPath(new URL("../../dist/src/main.js", import.meta.url));

async function start(streams: Readonly<Record<string, string>>): Promise<TestInstance> {
  const instance = await rig.instance((ports) => configOf(ports, streams));
  await instance.up();
  await instance.running(...Object.keys(streams));
  return instance;
}

test("pause ends the worker and keeps it down over a restart of the supervisor; resume starts it again", async () => {
  const instance = await start({ cam: recorded(PATTERN), other: served(PATTERN) });
  const viewer = await rig.viewer(instance.rtspUrl("/other"));
  const worker = readProcessFile(instance.bundle("cam"))?.command;

  expect(await instance.run("pause", "cam")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("cam is paused"),
  });
  expect(await instance.stream("cam")).toMatchObject({ state: "paused", worker: null, nextAttemptAt: null });
  expect(worker && isAlive(worker)).toBe(false);
  expect(recordingsIn(join(instance.recordings, "cam"))).toEqual([expect.stringMatching(/\.mkv$/)]);
  await expect(rig.viewer(instance.rtspUrl("/cam"))).rejects.toMatchObject({
    statusLine: "RTSP/1.0 404 The stream cam is paused.",
  });
  expect(await instance.run("restart", "cam")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("dslrs resume"),
  });

  await instance.kill();
  await instance.up();
  await instance.running("other");
  expect(await instance.stream("cam")).toMatchObject({ state: "paused", worker: null });

  expect(await instance.run("resume", "cam")).toMatchObject({ code: 0 });
  await instance.running("cam");
  await (await rig.viewer(instance.rtspUrl("/cam"))).frames(5);
  await viewer.moreFrames(5);
  expect(viewer.tracks[0]).toMatchObject({ lost: 0, largestStep: PATTERN_STEP });
});

test("restart gives a stream a fresh worker, and no other stream", async () => {
  const instance = await start({ cam: served(PATTERN), other: served(PATTERN) });
  const [cam, other] = [instance.workerPid("cam"), instance.workerPid("other")];
  expect(await instance.run("restart", "cam")).toMatchObject({ code: 0 });
  await instance.streamUntil("cam", ({ state, worker }) => state === "running" && worker?.pid !== cam);
  expect(instance.workerPid("other")).toBe(other);
});

test("logs -f follows a stream also when it is removed; its log can be read afterwards", async () => {
  const instance = await start({ cam: served(PATTERN), other: served(PATTERN) });
  const follower = instance.start("logs", "cam", "-f");
  await follower.find((text) => text.match(/cam +running/) ?? undefined);
  const viewer = await rig.viewer(instance.rtspUrl("/cam"));
  await viewer.close();
  await follower.find((text) => text.match(/Viewer 1 left/) ?? undefined);

  const ports = { rtsp: instance.rtspPort, cameras: instance.cameraPorts };
  instance.writeConfig(configOf(ports, { other: served(PATTERN) }));
  await follower.find((text) => text.match(/stopped/) ?? undefined);
  await instance.statusUntil(({ streams }) => streams.length === 1);

  const { code, stdout } = await instance.run("logs", "cam");
  expect(code).toBe(0);
  expect(stdout).toMatch(/running.*Viewer 1 joined.*Viewer 1 left.*stopped/s);
  expect(stdout).not.toContain("\x1b");
  expect(stdout).not.toContain("other");
});

test("status --json keeps its contract", async () => {
  const instance = await start({
    cam: `{ source: ${PATTERN}, outputs: [{ type: rtsp }, { type: record }], limits: { memory: 256MB } }`,
  });
  await rig.viewer(instance.rtspUrl("/cam"));
  await instance.streamUntil(
    "cam",
    ({ source, worker, outputs }) =>
      source.fps !== null && worker?.memoryBytes !== null && outputs.some(({ viewers }) => viewers === 1),
  );
  const { code, stdout } = await instance.run("status", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    supervisor: {
      pid: instance.supervisor().pid,
      version: expect.any(String),
      instance: "default",
      uptimeSeconds: expect.any(Number),
      configPath: instance.configPath,
      configHash: expect.stringMatching(/^[0-9a-f]+$/),
      configError: null,
      rtspListen: `127.0.0.1:${instance.rtspPort}`,
      rtspsListen: null,
      rtspOpen: false,
      router: { state: "up", pid: expect.any(Number), restarts: 0 },
      hosts: [],
      roots: expect.any(Array),
    },
    streams: [
      {
        name: "cam",
        state: "running",
        since: expect.stringMatching(/Z$/),
        reason: null,
        failure: null,
        nextAttemptAt: null,
        attempts: 0,
        breaker: "closed",
        credential: null,
        recovery: expect.objectContaining({ outages: 0, downMs: 0, longestMs: 0, attempts: 1, failures: {} }),
        worker: {
          pid: instance.workerPid("cam"),
          startedAt: expect.stringMatching(/Z$/),
          restarts: 0,
          cpuPercent: expect.any(Number),
          memoryBytes: expect.any(Number),
          memoryLimitBytes: 256_000_000,
          memoryLimitBy: expect.stringMatching(/^(cgroup1|cgroup2|rlimit)$/),
          cpuLimitPercent: null,
          cpuLimitBy: "none",
        },
        source: {
          kind: "test",
          uri: "test:ball",
          reconnects: 0,
          fps: expect.any(Number),
          bitrateBps: expect.any(Number),
          frames: expect.any(Number),
          lastFrameAgeMs: expect.any(Number),
          tracks: [{ index: 0, media: "video", encoding: "h264", width: 320, height: 240, fps: 10 }],
        },
        outputs: [
          expect.objectContaining({
            id: "rtsp",
            kind: "rtsp",
            state: "up",
            failure: null,
            url: instance.rtspUrl("/cam"),
            viewers: 1,
          }),
          expect.objectContaining({
            id: "record",
            kind: "record",
            state: "up",
            failure: null,
            path: expect.stringContaining(join(instance.recordings, "cam")),
            bytes: expect.any(Number),
            segments: 1,
          }),
        ],
      },
    ],
  });
});

test("status in a pipe is a table of at most 80 columns without colours", async () => {
  const instance = await start({ cam: recorded(PATTERN) });
  const { stdout } = await instance.run("status");
  const table = stdout.split("\n").filter((line) => !line.startsWith("config "));
  expect(Math.max(...table.map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(stdout).toMatch(/^cam +running/m);
  expect(stdout).not.toContain("\x1b");
});

test("doctor names what it looked at, and how to mend what is wrong", async () => {
  const instance = await rig.instance((ports) => configOf(ports, { cam: served(PATTERN) }));
  const asJson = await instance.run("doctor", instance.configPath, "--json");
  expect(asJson.code).toBe(0);
  const findings: { what: string; verdict: string; mend: string | null }[] = JSON.parse(asJson.stdout);
  expect(findings.map(({ what }) => what)).toEqual(expect.arrayContaining(["GStreamer", "element rtspsrc", "cgroups"]));
  expect(findings.filter(({ verdict, mend }) => verdict !== "ok" && !mend)).toEqual([]);

  await instance.up();
  await instance.running("cam");
  const busy = await instance.run("doctor", instance.configPath);
  expect(busy.stdout).toMatch(/GStreamer: 1\.\d+/);
  expect(busy.stdout).toContain(`127.0.0.1:${instance.rtspPort}`);
});

describe.each([
  ["Ctrl-C", (instance: TestInstance) => instance.signal("SIGINT")],
  ["SIGTERM", (instance: TestInstance) => instance.supervisor().kill("SIGTERM")],
  ["dslrs down", (instance: TestInstance) => instance.run("down")],
])("%s", (_name, stop) => {
  test("ends everything in order with 0; recordings are finished", async () => {
    const instance = await start({
      cam: recorded(PATTERN),
      mp4: recorded(PATTERN, "mp4"),
      mine: '{ command: "gst-launch-1.0 -e videotestsrc is-live=true ! fakesink" }',
    });
    const viewer = await rig.viewer(instance.rtspUrl("/cam"));
    await viewer.frames(10);
    const workers = ["cam", "mp4", "mine"].map((name) => readProcessFile(instance.bundle(name))?.command);
    await stop(instance);
    expect(await instance.ended()).toEqual({ code: 0, signal: null });
    expect(workers.map((worker) => worker && isAlive(worker))).toEqual([false, false, false]);
    const files = recordingsIn(instance.recordings);
    expect(files).toEqual([expect.stringMatching(/\.mkv$/), expect.stringMatching(/\.mp4$/)]);
    for (const file of files) expect(await decodingErrors(file)).toBe("");
    expect(existsSync(join(instance.instanceDirectory, "streams"))).toBe(false);
    expect(existsSync(join(instance.instanceDirectory, "supervisor.sock"))).toBe(false);
    expect(await instance.run("status")).toMatchObject({ code: 1, stderr: expect.stringContaining("is running") });
  });
});

test("a log that cannot be printed any more ends nothing, and a report that cannot be printed is a failure", async () => {
  const instance = await rig.instance((ports) => configOf(ports, { cam: served(PATTERN) }));
  const onFullDisk = (...argv: string[]) => {
    const options = ["--runtime-dir", join(instance.directory, "run")];
    const command = ["-c", 'exec "$@" >/dev/full', "sh", process.execPath, MAIN, ...options, ...argv];
    const child = spawn("sh", command, { stdio: ["ignore", "ignore", "pipe"] });
    return { child, ended: once(child, "exit"), said: text(child.stderr) };
  };
  const supervisor = onFullDisk("up", instance.configPath);
  try {
    await until(async () => (await instance.run("status")).code === 0);
    expect(await instance.run("restart", "cam")).toMatchObject({ code: 0 });
    const report = onFullDisk("status");
    expect(await report.ended).toEqual([1, null]);
    expect(await report.said).toMatch(/^dslrs: nothing more can be printed: .*ENOSPC/);
    expect(await instance.run("down")).toMatchObject({ code: 0 });
  } finally {
    supervisor.child.kill();
    await supervisor.ended;
  }
});

test("a second Ctrl-C does not wait for a worker that hangs", async () => {
  const instance = await start({ hung: served(PATTERN), cam: served(PATTERN) });
  const hung = readProcessFile(instance.bundle("hung"))?.command;
  signalTo(hung?.pid, "SIGSTOP");
  instance.signal("SIGINT");
  await instance.logged(({ message }) => message.startsWith("SIGINT: stopping in order"));
  instance.signal("SIGINT");
  await instance.logged(({ message }) => message.includes("at once"));
  expect(await instance.ended()).toEqual({ code: 0, signal: null });
  expect(hung && isAlive(hung)).toBe(false);
  expect(existsSync(instance.bundle("cam"))).toBe(false);
});
