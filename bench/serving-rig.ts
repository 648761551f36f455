/** What the parts of `npm run bench -- serving` begin with: cameras, one dslrs that serves them, and a crowd of viewers. */

import { join } from "node:path";
import { readProcessFile } from "../src/worker/bundle.js";
import { type CameraMount, startCamera, type TestCamera } from "../test/rig/camera.js";
import { type Crowd, type GroupReport, type Seen, startCrowd } from "../test/rig/crowd.js";
import { createInstance, type TestInstance } from "../test/rig/instance.js";
import { until } from "../test/rig/until.js";
import { cpuSeconds, descendantsOf } from "./processes.js";

export interface ServingOptions {
  /** Joins of each kind. */
  readonly trials: number;
  /** Of each measurement. */
  readonly seconds: number;
  /** What viewers cost is the difference between so many and twice as many. */
  readonly viewers: number;
  /** At once, without loss. */
  readonly many: number;
  readonly clip: string;
}

/** One line of the result. */
export interface Row {
  readonly what: string;
  readonly values: Readonly<Record<string, number>>;
  readonly aim?: string;
}

export interface PartResult {
  /** What was measured, and how. */
  readonly how: string;
  readonly rows: readonly Row[];
}

export interface Serving {
  readonly camera: TestCamera;
  readonly instance: TestInstance;
  readonly crowd: Crowd;
  url(stream: string): string;
  workerPids(stream: string): readonly number[];
  routerPids(): readonly number[];
}

function pidsOf(bundle: string): readonly number[] {
  const file = readProcessFile(bundle);
  return file ? descendantsOf(file.shim.pid) : [];
}

/** The group of the crowd that sees what goes from the camera to dslrs. */
export const CAMERA = "camera";

/** Every mount of the camera becomes the stream of its name. `relayed`: dslrs gets it through a relay of the crowd. */
export async function withServing(
  mounts: readonly CameraMount[],
  measure: (serving: Serving) => Promise<PartResult>,
  relayed = false,
): Promise<PartResult> {
  const names = mounts.map(({ path }) => path.slice(1));
  const camera = await startCamera(mounts);
  const crowd = await startCrowd();
  const base = relayed ? await crowd.relay(CAMERA, camera.uri("/")) : camera.uri("/");
  const instance = await createInstance(({ rtsp }) =>
    [
      `rtsp: { listen: "127.0.0.1:${rtsp}" }`,
      "streams:",
      ...names.map((name) => `  ${name}: { source: "${base}${name}" }`),
      "",
    ].join("\n"),
  );
  try {
    await instance.up();
    await instance.running(...names);
    return await measure({
      camera,
      instance,
      crowd,
      url: (stream) => instance.rtspUrl(`/${stream}`),
      workerPids: (stream) => pidsOf(join(instance.instanceDirectory, "streams", stream)),
      routerPids: () => pidsOf(join(instance.instanceDirectory, "router")),
    });
  } finally {
    await crowd.stop();
    await instance.clean();
    await camera.stop();
  }
}

const rounded = (value: number) => Math.round(value * 100) / 100;

export function spread(valuesMs: readonly number[]): Readonly<Record<string, number>> {
  const sorted = [...valuesMs].sort((one, other) => one - other);
  const at = (share: number) => rounded(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
  return { trials: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

export function row(what: string, values: Readonly<Record<string, number>>, aim?: string): Row {
  const all = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, rounded(value)]));
  return { what, values: all, ...(aim === undefined ? {} : { aim }) };
}

function cpuOf(pid: number): number {
  try {
    return cpuSeconds(pid);
  } catch {
    throw new Error(
      `process ${pid} ended while it was measured: it was replaced, perhaps since this machine is too busy`,
    );
  }
}

/** CPU seconds that the processes used while `during` went on, a second of it. */
export async function cpuShare(pids: readonly number[], during: () => Promise<void>): Promise<number> {
  const used = () => pids.reduce((sum, pid) => sum + cpuOf(pid), 0);
  const before = used();
  const beganAt = performance.now();
  await during();
  return ((used() - before) * 1000) / (performance.now() - beganAt);
}

/** Resolves when every viewer of the group has so many frames more than now. */
export async function moreFrames(crowd: Crowd, group: string, count: number): Promise<GroupReport> {
  const before = await crowd.report(group);
  return crowd.reportUntil(group, ({ viewers }) =>
    viewers.every(({ frames }, index) => frames >= (before.viewers[index]?.frames ?? 0) + count),
  );
}

/** Resolves when nobody is left who watches. */
export async function empty(instance: TestInstance, stream: string): Promise<void> {
  await until(async () => {
    const { outputs } = await instance.stream(stream);
    return outputs.every(({ viewers }) => Number(viewers ?? 0) === 0);
  });
}

/** Viewers who miss something: a packet, a frame, or the rest because they were ended. `step`: RTP ticks of a frame. */
export function losses(
  viewers: readonly Seen[],
  step: number,
): { packets: number; viewersWithGaps: number; ended: number } {
  return {
    packets: viewers.reduce((sum, { lost }) => sum + lost, 0),
    viewersWithGaps: viewers.filter((seen) => seen.smallestStep !== step || seen.largestStep !== step).length,
    ended: viewers.reduce((sum, { ended, refused }) => sum + ended + refused, 0),
  };
}
