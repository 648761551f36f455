/** Processes die, hang, and eat memory; the others do not notice. */

import { join } from "node:path";
import { childrenOf } from "../../bench/processes.js";
import { readProcessFile } from "../../src/worker/bundle.js";
import { findCgroupTrees } from "../../src/worker/cgroup.js";
import { isAlive } from "../../src/worker/identity.js";
import { decodingErrors, packetsOf, recordingsIn, stepsOf } from "../rig/media.js";
import type { RtspViewer } from "../rig/rtsp-viewer.js";
import { signalTo } from "../rig/signal.js";
import { until } from "../rig/until.js";
import { PATTERN, recorded, served, testRig } from "./rig.js";

const rig = testRig();

/**
 * One keyframe for ever: a viewer is given all frames since the beginning, so it has seen as many as were recorded. So few that one can look
 * from one to the next.
 */
const ONE_GOP_FPS = 2;
const ONE_GOP =
  `{ type: pipeline, pipeline: "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=${ONE_GOP_FPS}/1 ` +
  '! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=100000 ! h264parse" }';

/** More than any limit within a second: raw pictures that nobody takes. */
const GLUTTON =
  '{ type: pipeline, pipeline: "videotestsrc is-live=true ! video/x-raw,width=3840,height=2160,framerate=30/1 ' +
  "! queue max-size-buffers=0 max-size-bytes=0 max-size-time=0 min-threshold-time=600000000000 " +
  '! x264enc tune=zerolatency ! h264parse" }';

/** How many frames the viewer has seen, at a moment when all of them but `most` can be read from the disk. */
async function seenAndRecorded(viewer: RtspViewer, file: string, most: number): Promise<number> {
  return until(async () => {
    const recorded = (await packetsOf(file)).length;
    const seen = viewer.tracks[0]?.frames ?? 0;
    return recorded >= seen - most && seen;
  });
}

test.each([
  ["mkv", 0],
  ["mp4", 0],
])(
  "kill -9 of a worker that records %s: at most %d frames are lost, and it is back by itself",
  async (format, most) => {
    const { instance, expectUndisturbed } = await rig.start({ cam: recorded(ONE_GOP, format) });
    const viewer = await rig.viewer(instance.rtspUrl("/cam"));
    await viewer.frames(8);
    const left = () => recordingsIn(join(instance.recordings, "cam"))[0] ?? "";
    const seen = await seenAndRecorded(viewer, left(), most);
    const pid = instance.workerPid("cam");
    process.kill(pid, "SIGKILL");
    await viewer.closed;

    const record = await instance.logged(({ stream, fields }) => stream === "cam" && fields.class === "workerCrashed");
    expect(record.message).toContain("SIGKILL");
    const back = await instance.streamUntil("cam", ({ state, worker }) => state === "running" && worker?.pid !== pid);
    expect(back).toMatchObject({ failure: null, worker: { restarts: 1 } });
    const again = await rig.viewer(instance.rtspUrl("/cam"));
    await again.frames(5);
    await expectUndisturbed();

    await until(() => left().endsWith(`.${format}`)); // it is mended and renamed meanwhile
    const first = left();
    const packets = await packetsOf(first);
    expect(packets.length).toBeGreaterThanOrEqual(seen - most);
    expect(stepsOf(packets).every((step) => Math.abs(step - 1000 / ONE_GOP_FPS) <= 1)).toBe(true);
    expect(await decodingErrors(first)).toBe("");

    await instance.run("down");
    const files = recordingsIn(join(instance.recordings, "cam"));
    expect(files).toHaveLength(2);
    expect(files[1]).toMatch(new RegExp(`\\.${format}$`));
  },
);

test("kill -9 of a shim: its worker is ended and replaced, the others go on", async () => {
  const { instance, expectUndisturbed } = await rig.start({ cam: served(PATTERN) });
  const shim = readProcessFile(instance.bundle("cam"))?.shim;
  const worker = instance.workerPid("cam");
  signalTo(shim?.pid, "SIGKILL");
  await expectUndisturbed();
  const viewer = await rig.viewer(instance.rtspUrl("/cam"));
  await viewer.frames(5);
  expect(instance.workerPid("cam")).toBe(worker);

  process.kill(worker, "SIGKILL");
  await instance.streamUntil("cam", (stream) => stream.state === "running" && stream.worker?.pid !== worker);
  await expectUndisturbed();
});

test.each([
  ["the process that hands connections over", (keeper: number) => childrenOf(keeper)[0]],
  ["the whole router", (keeper: number) => keeper],
])("kill -9 of %s: viewers play on, new ones can connect", async (_name, victimOf) => {
  const { instance, expectUndisturbed } = await rig.start({});
  const { router } = (await instance.status()).supervisor;
  const [child] = childrenOf(router.pid ?? 0);
  signalTo(victimOf(router.pid ?? 0), "SIGKILL");
  const { supervisor } = await instance.statusUntil(({ supervisor: { router: now } }) => {
    return now.state === "up" && now.pid !== null && childrenOf(now.pid).some((pid) => pid !== child);
  });
  expect(supervisor.router.state).toBe("up");
  const newcomer = await rig.viewer(instance.rtspUrl("/neighbour"));
  await newcomer.frames(5);
  await expectUndisturbed();
});

test("a worker that hangs is replaced", async () => {
  const { instance, expectUndisturbed } = await rig.start({ cam: served(PATTERN) });
  const pid = instance.workerPid("cam");
  process.kill(pid, "SIGSTOP");
  const doubted = await instance.streamUntil("cam", ({ state }) => state === "suspect" || state === "recovering");
  expect(doubted.reason).not.toBeNull();
  await instance.logged(({ stream, fields }) => stream === "cam" && fields.class === "workerHung");
  await instance.streamUntil("cam", ({ state, worker }) => state === "running" && worker?.pid !== pid);
  await expectUndisturbed();
});

const withMemoryGroups = findCgroupTrees().memory ? test : test.skip;

withMemoryGroups("a worker over its memory limit dies alone, is named, and is tried again", async () => {
  const { instance, expectUndisturbed } = await rig.start(
    { glutton: served(GLUTTON, "limits: { memory: 128MB }") },
    { awaited: [] },
  );
  const dead = readProcessFile(instance.bundle("glutton"))?.command;
  const held = await instance.streamUntil("glutton", ({ state }) => state === "holding");
  expect(held).toMatchObject({ failure: { class: "outOfMemory" }, breaker: "closed" });
  expect(held.failure?.message).toContain("128 MB");
  expect(held.failure?.hint).toContain("limits.memory");
  expect(held.nextAttemptAt).not.toBeNull();
  expect(held.attempts).toBeGreaterThanOrEqual(3);
  await until(() => dead === undefined || !isAlive(dead));
  await instance.streamUntil("glutton", ({ attempts }) => attempts > held.attempts);
  await expectUndisturbed();
});
