/** Files as sources: where they go on, how they end, and that a mended one is taken up. */

import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestInstance } from "../rig/instance.js";
import { makeClip, packetsOf, recordingsIn } from "../rig/media.js";
import { until } from "../rig/until.js";
import { configOf, recorded, served, TEST_TIMEOUT_MS, testRig } from "./rig.js";

const rig = testRig();
/** Of 4 seconds. */
const FRAMES = 40;

/** The config names files beside it. */
async function start(streams: Readonly<Record<string, string>>, seconds: number): Promise<TestInstance> {
  const instance = await rig.instance((ports) => configOf(ports, streams));
  await makeClip(join(instance.directory, "clip.mp4"), { seconds });
  await instance.up();
  return instance;
}

/** As the worker wrote it down. */
function positionMs(instance: TestInstance, stream: string): number {
  try {
    return JSON.parse(readFileSync(join(instance.bundle(stream), "position.json"), "utf8")).positionMs;
  } catch {
    return -1;
  }
}

test(
  "resume: the position survives kill -9 of the worker, and `down` and `up`",
  async () => {
    const instance = await start({ clip: served("{ type: file, path: clip.mp4, resume: true }") }, 60);
    const wentOnAt = async () => {
      const { message } = await instance.logged((record) => /goes on at/.test(record.message));
      return Number(/goes on at ([\d.]+) s/.exec(message)?.[1]) * 1000;
    };
    await instance.running("clip");
    await until(() => positionMs(instance, "clip") >= 2000);
    process.kill(instance.workerPid("clip"), "SIGKILL");
    const afterKill = await wentOnAt();
    expect(afterKill).toBeGreaterThanOrEqual(2000);

    await until(() => positionMs(instance, "clip") >= afterKill + 2000);
    expect((await instance.run("down")).code).toBe(0);
    await instance.ended();
    expect(readdirSync(instance.bundle("clip"))).toEqual(["position.json"]);
    await instance.up();
    expect(await wentOnAt()).toBeGreaterThanOrEqual(afterKill + 2000);
  },
  TEST_TIMEOUT_MS,
);

test(
  "the end of a file that does not loop: stopped, recorded whole, its viewers are let go; a restart plays it again",
  async () => {
    const source = "{ type: file, path: clip.mp4, loop: false, resume: true }";
    const instance = await start({ clip: recorded(source) }, 4);
    await instance.running("clip");
    const viewer = await rig.viewer(instance.rtspUrl("/clip"));
    const ended = await instance.streamUntil("clip", ({ state }) => state === "stopped");
    await viewer.closed;
    expect(ended).toMatchObject({ reason: expect.stringContaining("ended"), failure: null });
    const recordings = () => recordingsIn(instance.recordings);
    expect(recordings()).toHaveLength(1);

    expect((await instance.run("restart", "clip")).code).toBe(0);
    await instance.running("clip");
    await instance.streamUntil("clip", ({ state }) => state === "stopped");
    const packets = await Promise.all(recordings().map(packetsOf));
    expect(packets.map(({ length }) => length)).toEqual([FRAMES, FRAMES]);
    expect(recordings().filter((file) => file.endsWith(".part"))).toEqual([]);
  },
  TEST_TIMEOUT_MS,
);

test(
  "a file that is missing or broken says so, and is taken up when it is there",
  async () => {
    const instance = await start({ late: served("late.mp4"), broken: served("broken.mp4") }, 4);
    const clip = join(instance.directory, "clip.mp4");
    writeFileSync(join(instance.directory, "broken.mp4"), readFileSync(clip).subarray(0, 5000));
    const late = await instance.streamUntil("late", ({ failure }) => failure !== null);
    expect(late.failure).toMatchObject({ class: "fileUnusable", message: expect.stringContaining("There is no file") });
    const cut = ({ failure }: { failure: { message: string } | null }) => /moov/.test(failure?.message ?? "");
    const broken = await instance.streamUntil("broken", cut);
    expect(broken.failure).toMatchObject({ class: "fileUnusable" });
    for (const name of ["late.mp4", "broken.mp4"]) {
      writeFileSync(join(instance.directory, "draft"), readFileSync(clip));
      renameSync(join(instance.directory, "draft"), join(instance.directory, name));
    }
    await instance.running("late", "broken");
  },
  TEST_TIMEOUT_MS,
);
