/**
 * `npm run bench -- recovery`: how fast streams are back, by kind of fault. Real cameras, workers and viewers; several lanes at once, each a
 * stream with a camera process, a recorder and a viewer of its own, whose trials follow one another.
 */

import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fetchEvents, type InstanceAddress, orderStream } from "../src/report/client.js";
import type { EventRecord } from "../src/report/event.js";
import { startCamera, type TestCamera } from "../test/rig/camera.js";
import { createInstance, type TestInstance } from "../test/rig/instance.js";
import { playRtsp, type RtspViewer } from "../test/rig/rtsp-viewer.js";
import { until } from "../test/rig/until.js";
import { cpuSeconds } from "./processes.js";

export interface RecoveryOptions {
  /** Of each kind of fault, at least. */
  readonly trials: number;
  readonly lanes: number;
  /** How long a camera is away. */
  readonly awayMs: number;
}

export interface Spread {
  readonly trials: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Milliseconds, by what was measured. */
export type RecoveryResult = Readonly<Record<string, Spread>>;

interface Lane {
  readonly name: string;
  readonly camera: TestCamera;
  readonly instance: TestInstance;
}

type Measurements = Map<string, number[]>;

/** A keyframe each 0.2 s, so that the wait for one is a small part of what is measured. */
const PATTERN = {
  kind: "pattern",
  pattern: "ball",
  width: 320,
  height: 240,
  fps: 25,
  gop: 5,
  bitrate: 300_000,
} as const;

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
  return { trials: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

function add(measurements: Measurements, what: string, ms: number): void {
  measurements.set(what, [...(measurements.get(what) ?? []), ms]);
}

function addressOf({ instance }: Lane): InstanceAddress {
  return { runtimeDir: dirname(instance.instanceDirectory), instance: "default" };
}

async function eventsSince(lane: Lane, sinceMs: number): Promise<readonly EventRecord[]> {
  const answer = await fetchEvents(addressOf(lane), { stream: lane.name, since: sinceMs - 1, limit: 256 });
  return answer.ok ? answer.value : [];
}

/** When the stream's next event of that kind after `sinceMs` happened, ms since 1970. */
async function happened(lane: Lane, kind: EventRecord["kind"], sinceMs: number): Promise<number> {
  return until(async () => {
    const found = (await eventsSince(lane, sinceMs)).find((event) => event.kind === kind);
    return found === undefined ? undefined : Date.parse(found.firstAt);
  });
}

/** With nothing held against it from the trial before, as after a minute of video. */
async function healthy(lane: Lane): Promise<void> {
  const { instance, name } = lane;
  await orderStream(addressOf(lane), name, "restart");
  await instance.streamUntil(
    name,
    ({ state, attempts, source }) => state === "running" && attempts === 0 && source.frames > 25,
  );
}

/** A viewer of the stream, however often it has to knock. */
async function watch({ instance, name }: Lane): Promise<RtspViewer> {
  for (;;) {
    try {
      const viewer = await playRtsp(instance.rtspUrl(`/${name}`));
      await viewer.frames(1);
      return viewer;
    } catch {
      await wait(5);
    }
  }
}

/** Killed, away for a while, back on the same port: the viewer stays through all of it. */
async function cameraAway(lane: Lane, awayMs: number, measured: Measurements): Promise<void> {
  await healthy(lane);
  const viewer = await watch(lane);
  const killedAt = Date.now();
  await lane.camera.kill();
  add(measured, "camera killed: recovery begun", (await happened(lane, "failed", killedAt)) - killedAt);
  await wait(awayMs);
  await lane.camera.restart();
  const backAt = performance.now();
  await viewer.moreFrames(1);
  add(
    measured,
    `camera away ${awayMs / 1000} s: first frame to the viewer after its return`,
    performance.now() - backAt,
  );
  viewer.drop();
}

async function cameraFrozen(lane: Lane, measured: Measurements): Promise<void> {
  await healthy(lane);
  const viewer = await watch(lane);
  const frozenAt = Date.now();
  lane.camera.freezeProcess();
  const suspectAt = await until(async () => {
    const { state, since } = await lane.instance.stream(lane.name);
    return state === "suspect" ? Date.parse(since) : undefined;
  });
  add(measured, "camera frozen: suspect", suspectAt - frozenAt);
  add(measured, "camera frozen: reconnecting", (await happened(lane, "failed", frozenAt)) - frozenAt);
  await wait(Math.random() * 10_000);
  lane.camera.thawProcess();
  const thawedAt = performance.now();
  await viewer.moreFrames(1);
  add(measured, "camera thawed within 10 s: first frame to the viewer", performance.now() - thawedAt);
  viewer.drop();
}

async function workerKilled(lane: Lane, kind: "RTSP" | "file", measured: Measurements): Promise<void> {
  await healthy(lane);
  const killedAt = Date.now();
  const beganAt = performance.now();
  process.kill(lane.instance.workerPid(lane.name), "SIGKILL");
  const viewer = await watch(lane);
  add(measured, `worker killed (${kind}): first frame to a new viewer`, performance.now() - beganAt);
  add(measured, "worker killed: recovery begun", (await happened(lane, "failed", killedAt)) - killedAt);
  viewer.drop();
}

function configText(rtspPort: number, sources: ReadonlyMap<string, string>): string {
  const streams = [...sources].map(
    ([name, source]) => `  ${name}: { source: "${source}", outputs: [ { type: rtsp }, { type: record } ] }`,
  );
  return [`rtsp: { listen: "127.0.0.1:${rtspPort}" }`, "streams:", ...streams, ""].join("\n");
}

/** What a supervisor with 32 healthy streams costs beyond one without any. */
async function supervisionCost(clip: string, seconds: number): Promise<{ idlePercent: number; busyPercent: number }> {
  const costOf = async (streams: number) => {
    const names = Array.from({ length: streams }, (_, index) => `clip${index + 1}`);
    const sources = new Map(names.map((name) => [name, clip] as const));
    const instance = await createInstance(({ rtsp }) => configText(rtsp, sources));
    try {
      await instance.up();
      await instance.running(...names);
      await wait(5000);
      const pid = instance.supervisor().pid ?? 0;
      const before = cpuSeconds(pid);
      await wait(seconds * 1000);
      return (100 * (cpuSeconds(pid) - before)) / seconds;
    } finally {
      await instance.clean();
    }
  };
  return { idlePercent: await costOf(0), busyPercent: await costOf(32) };
}

export async function runRecovery(options: RecoveryOptions, clip: string) {
  const measured: Measurements = new Map();
  const mounts = (name: string) => [{ path: `/${name}`, source: PATTERN }];
  const names = Array.from({ length: options.lanes }, (_, index) => `cam${index + 1}`);
  const cameras = await Promise.all(names.map((name) => startCamera(mounts(name))));
  const sources = new Map([
    ...names.map((name, index) => [name, cameras[index]?.uri(`/${name}`) ?? ""] as const),
    ["clip", clip] as const,
  ]);
  const instance = await createInstance(({ rtsp }) => configText(rtsp, sources));
  const lanes = names.map((name, index): Lane => ({ name, camera: cameras[index] as TestCamera, instance }));
  const perLane = Math.ceil(options.trials / options.lanes);
  const inLanes = (trial: (lane: Lane) => Promise<void>) =>
    Promise.all(
      lanes.map(async (lane) => {
        for (let count = 0; count < perLane; count += 1) await trial(lane);
      }),
    );

  try {
    await instance.up();
    await instance.running(...sources.keys());
    await inLanes((lane) => workerKilled(lane, "RTSP", measured));
    const file: Lane = { name: "clip", camera: cameras[0] as TestCamera, instance };
    for (let count = 0; count < options.trials; count += 1) await workerKilled(file, "file", measured);
    await inLanes((lane) => cameraFrozen(lane, measured));
    await inLanes((lane) => cameraAway(lane, options.awayMs, measured));
  } finally {
    await instance.clean();
    await Promise.all(cameras.map((camera) => camera.stop()));
  }
  const result: RecoveryResult = Object.fromEntries([...measured].map(([what, values]) => [what, spreadOf(values)]));
  return { result, supervision: await supervisionCost(clip, 30) };
}
