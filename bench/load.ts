/**
 * N streams as in a real installation: 1080p 25 fps 4 Mbit/s, RTSP in, recorded and served, one viewer each. What is measured are the shim and the
 * worker of each stream, the router and the supervisor; not the simulated cameras (one process for all) and not the viewers (this process).
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { readProcessFile } from "../src/worker/bundle.js";
import { startCamera, type TestCamera } from "../test/rig/camera.js";
import { createInstance, type TestInstance } from "../test/rig/instance.js";
import { playRtsp, type RtspViewer } from "../test/rig/rtsp-viewer.js";
import { cpuSeconds, descendantsOf, pssBytes, rssBytes } from "./processes.js";

export interface LoadOptions {
  readonly streams: number;
  readonly seconds: number;
  readonly clip: string;
}

export interface RoleCost {
  readonly role: string;
  readonly processes: number;
  /** Of one core. */
  readonly cpuPercent: number;
  readonly pssBytes: number;
  readonly rssBytes: number;
}

export interface LoadResult {
  readonly streams: number;
  readonly seconds: number;
  readonly roles: readonly RoleCost[];
  readonly perStream: { readonly cpuPercent: number; readonly pssBytes: number };
  readonly framesSeen: number;
  readonly packetsLost: number;
  readonly framesNotRecorded: number;
  readonly firstPacketMs: { readonly median: number; readonly max: number };
  /** From the start of the supervisor until every stream runs. */
  readonly allRunningAfterMs: number;
}

const names = (count: number) =>
  Array.from({ length: count }, (_, index) => `cam${String(index + 1).padStart(2, "0")}`);

function configText(count: number, rtspPort: number, camera: TestCamera): string {
  const streams = names(count).map(
    (name) =>
      `  ${name}: { source: "${camera.uri(`/${name}`)}", outputs: [ { type: rtsp }, { type: record, format: mkv } ] }`,
  );
  return [`rtsp: { listen: "127.0.0.1:${rtspPort}" }`, "streams:", ...streams, ""].join("\n");
}

function pidsOf(bundle: string): number[] {
  const file = readProcessFile(bundle);
  return file ? descendantsOf(file.shim.pid) : [];
}

function costOf(role: string, pids: readonly number[], before: ReadonlyMap<number, number>, seconds: number): RoleCost {
  const cpu = pids.reduce((sum, pid) => sum + cpuSeconds(pid) - (before.get(pid) ?? 0), 0);
  return {
    role,
    processes: pids.length,
    cpuPercent: (100 * cpu) / seconds,
    pssBytes: pids.reduce((sum, pid) => sum + pssBytes(pid), 0),
    rssBytes: pids.reduce((sum, pid) => sum + rssBytes(pid), 0),
  };
}

async function allRunning(instance: TestInstance, count: number): Promise<void> {
  for (;;) {
    const { streams } = await instance.status();
    if (streams.filter(({ state }) => state === "running").length === count) return;
    await wait(100);
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

async function framesNotRecorded(instance: TestInstance): Promise<number> {
  const { streams } = await instance.status();
  return streams
    .flatMap(({ outputs }) => outputs.filter(({ kind }) => kind === "record"))
    .reduce((sum, output) => sum + Number(output.framesDropped ?? 0), 0);
}

async function measure(instance: TestInstance, viewers: readonly RtspViewer[], options: LoadOptions) {
  const roles = new Map<string, number[]>([
    [
      "worker and shim",
      names(options.streams).flatMap((name) => pidsOf(join(instance.instanceDirectory, "streams", name))),
    ],
    ["router", pidsOf(join(instance.instanceDirectory, "router"))],
    ["supervisor", [instance.supervisor().pid ?? 0]],
  ]);
  const before = new Map([...roles.values()].flat().map((pid) => [pid, cpuSeconds(pid)] as const));
  const framesBefore = viewers.reduce((sum, { tracks }) => sum + (tracks[0]?.frames ?? 0), 0);
  const beganAt = performance.now();
  await wait(options.seconds * 1000);
  const seconds = (performance.now() - beganAt) / 1000;
  return {
    seconds,
    roles: [...roles].map(([role, pids]) => costOf(role, pids, before, seconds)),
    framesSeen: viewers.reduce((sum, { tracks }) => sum + (tracks[0]?.frames ?? 0), 0) - framesBefore,
    packetsLost: viewers.flatMap(({ tracks }) => tracks).reduce((sum, { lost }) => sum + lost, 0),
  };
}

export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  if (!existsSync(options.clip)) throw new Error(`${options.clip} is missing: run scripts/make-media --bench`);
  const camera = await startCamera(
    names(options.streams).map((name) => ({ path: `/${name}`, source: { kind: "file", path: options.clip } })),
  );
  const instance = await createInstance(({ rtsp }) => configText(options.streams, rtsp, camera));
  const viewers: RtspViewer[] = [];
  try {
    const beganAt = performance.now();
    await instance.up();
    await allRunning(instance, options.streams);
    const allRunningAfterMs = performance.now() - beganAt;
    for (const name of names(options.streams)) viewers.push(await playRtsp(instance.rtspUrl(`/${name}`)));
    await Promise.all(viewers.map((viewer) => viewer.frames(25)));
    const measured = await measure(instance, viewers, options);
    const workers = measured.roles[0];
    const joins = viewers.map((viewer) => viewer.firstPacketAfterMs() ?? 0);
    return {
      streams: options.streams,
      ...measured,
      perStream: {
        cpuPercent: (workers?.cpuPercent ?? 0) / options.streams,
        pssBytes: (workers?.pssBytes ?? 0) / options.streams,
      },
      framesNotRecorded: await framesNotRecorded(instance),
      firstPacketMs: { median: median(joins), max: Math.max(...joins) },
      allRunningAfterMs,
    };
  } finally {
    for (const viewer of viewers) viewer.drop();
    await instance.clean();
    await camera.stop();
  }
}
