/** Fifty viewers of one stream, most of them bad ones: what they do concerns nobody else. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { type Crowd, startCrowd } from "../rig/crowd.js";
import type { TestInstance } from "../rig/instance.js";
import { packetsOf, recordingsIn, stepsOf } from "../rig/media.js";
import { until } from "../rig/until.js";
import { configOf, recorded, TEST_TIMEOUT_MS, testRig } from "./rig.js";

const rig = testRig();

const FPS = 25;
const STEP = 90_000 / FPS;
const BYTES_PER_SECOND = 1_000_000 / 8;
/** Less than a second of video fits into it and into what the worker's side of the connection holds. */
const SMALL_BUFFER = 8192;
/** What 20 viewers who fall behind may cost a worker; they share the frames that wait for them. */
const WORKER_MAY_GROW_KIB = 48 * 1024;

/** 1 Mbit/s of noise: small pictures would hardly fill a socket. */
async function makeNoise(file: string): Promise<void> {
  const noise = ["-f", "lavfi", "-i", `testsrc2=size=320x240:rate=${FPS}:duration=4,noise=alls=60:allf=t`];
  const rate = ["-b:v", "1M", "-minrate", "1M", "-maxrate", "1M", "-bufsize", "200k"];
  const codec = ["-c:v", "libx264", "-preset", "ultrafast", "-g", String(FPS), "-bf", "0", "-threads", "1", ...rate];
  await execa("ffmpeg", ["-nostdin", "-v", "error", ...noise, ...codec, "-pix_fmt", "yuv420p", file]);
}

async function startNoise(): Promise<TestInstance> {
  const instance = await rig.instance((ports) => configOf(ports, { noise: recorded("./noise.mkv") }));
  await makeNoise(join(instance.directory, "noise.mkv"));
  await instance.up();
  await instance.running("noise");
  return instance;
}

function kibibytesOf(pid: number, what: "VmRSS" | "VmHWM"): number {
  return Number(new RegExp(`^${what}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

async function droppedOf(instance: TestInstance, kind: "rtsp" | "record"): Promise<number> {
  const { outputs } = await instance.stream("noise");
  return Number(outputs.find((output) => output.kind === kind)?.framesDropped);
}

/** Ten whose process is stopped while they play. */
async function stoppedViewers(url: string): Promise<Crowd> {
  const crowd = await rig.use(startCrowd());
  await crowd.add({ group: "stopped", url, count: 10, receiveBuffer: SMALL_BUFFER });
  await crowd.reportUntil("stopped", ({ viewers }) => viewers.every(({ frames }) => frames > 0));
  crowd.freeze();
  return crowd;
}

test(
  "ten stopped, ten on a thin line, ten who come and go: the other twenty and the recorder lose nothing",
  async () => {
    const instance = await startNoise();
    const url = instance.rtspUrl("/noise");
    const pid = instance.workerPid("noise");
    const crowd = await rig.use(startCrowd());
    await crowd.add({ group: "good", url, count: 20 });
    await crowd.reportUntil("good", ({ viewers }) => viewers.every(({ frames }) => frames > FPS));
    const before = kibibytesOf(pid, "VmRSS");

    await stoppedViewers(url);
    const thin = { bytesPerSecond: BYTES_PER_SECOND / 10, receiveBuffer: SMALL_BUFFER };
    await crowd.add({ group: "slow", url, count: 10, ...thin });
    await crowd.add({ group: "hopping", url, count: 10, does: "hop", stayMs: 200 });
    await until(async () => (await droppedOf(instance, "rtsp")) > 10 * FPS);
    const hopping = await crowd.reportUntil("hopping", ({ viewers }) => viewers.every(({ visits }) => visits > 10));
    const good = await crowd.report("good");

    for (const seen of good.viewers) {
      expect(seen).toMatchObject({ playing: true, lost: 0, smallestStep: STEP, largestStep: STEP, ended: 0 });
    }
    for (const seen of hopping.viewers) {
      expect(seen).toMatchObject({ lost: 0, smallestStep: STEP, largestStep: STEP, ended: 0, refused: 0 });
    }
    expect(kibibytesOf(pid, "VmHWM") - before).toBeLessThan(WORKER_MAY_GROW_KIB);
    expect(instance.workerPid("noise")).toBe(pid);
    expect(await droppedOf(instance, "record")).toBe(0);

    await instance.run("down");
    const [recording = "", ...others] = recordingsIn(instance.recordings);
    expect(others).toEqual([]);
    expect(new Set(stepsOf(await packetsOf(recording)).map(Math.round))).toEqual(new Set([1000 / FPS]));
  },
  TEST_TIMEOUT_MS,
);

/** Descriptors and threads. */
function heldBy(pid: number): { readonly fds: number; readonly threads: number } {
  const count = (what: string) => readdirSync(`/proc/${pid}/${what}`).length;
  return { fds: count("fd"), threads: count("task") };
}

test(
  "five hundred who come and go leave nothing behind in the worker",
  async () => {
    const instance = await startNoise();
    const url = instance.rtspUrl("/noise");
    const pid = instance.workerPid("noise");
    const crowd = await rig.use(startCrowd());
    const visit = async (group: string, times: number) => {
      await crowd.add({ group, url, count: 5, does: "hop", times });
      const { viewers } = await crowd.reportUntil(group, ({ firstFrameUs }) => firstFrameUs.length === times);
      for (const seen of viewers) expect(seen).toMatchObject({ lost: 0, ended: 0, refused: 0 });
      await instance.streamUntil("noise", ({ outputs }) =>
        outputs.every((output) => Number(output.viewers ?? 0) === 0),
      );
    };
    await visit("first", 100);
    const before = heldBy(pid);
    const rss = kibibytesOf(pid, "VmRSS");
    await visit("others", 500);
    await until(() => {
      const { fds, threads } = heldBy(pid);
      return fds <= before.fds && threads <= before.threads;
    });
    expect(kibibytesOf(pid, "VmRSS") - rss).toBeLessThan(4096);
  },
  TEST_TIMEOUT_MS,
);
