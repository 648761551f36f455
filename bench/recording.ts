/**
 * `npm run bench -- recording [kills] [cost] [slowDisk] [startUp] [--trials N]`: what a killed recorder loses, what recording costs, what a slow disk does to viewers, and whether
 * many recordings and leftovers delay the start.
 */

import { setTimeout as wait } from "node:timers/promises";
import { seeded } from "../test/policy/random.js";
import { startCamera, type TestCamera } from "../test/rig/camera.js";
import { createFaultyDisk, type FaultyDisk } from "../test/rig/faults.js";
import { createInstance, type TestInstance } from "../test/rig/instance.js";
import { KILL_TIMES, type Kill, killRecorders } from "../test/rig/kills.js";
import { playRtsp, type RtspViewer } from "../test/rig/rtsp-viewer.js";
import { cpuSeconds, descendantsOf } from "./processes.js";
import { type StartUpCost, startUpCosts } from "./start-up.js";

export interface RecordingOptions {
  /** Kills of each format. */
  readonly trials: number;
  readonly clip: string;
  readonly seconds: number;
}

export interface RecordingResult {
  readonly kills: readonly KillSummary[];
  readonly cost: RecordingCost;
  readonly slowDisk: SlowDisk;
  readonly startUp: readonly StartUpCost[];
}

interface KillSummary {
  readonly format: string;
  readonly when: string;
  readonly kills: number;
  readonly recorded: number;
  /** Kills that left a frame in two files. */
  readonly doubled: number;
  /** How many kills lost so many frames. */
  readonly lost: Readonly<Record<number, number>>;
  readonly problems: readonly string[];
}

interface RecordingCost {
  /** Of one core, for each stream. */
  readonly servingPercent: number;
  readonly recordingPercent: number;
  readonly callsPerSecond: Readonly<Record<string, number>>;
  /** CPU that one change of files takes. */
  readonly rotationMs: number;
}

interface SlowDisk {
  readonly streams: number;
  readonly delayMs: number;
  readonly seconds: number;
  readonly liveFrames: number;
  readonly livePacketsLost: number;
  readonly framesNotRecorded: number;
  readonly recordedAgainAfterMs: number;
}

const LANES = 8;
const SETTLED_MS = 20;
const COST_STREAMS = 8;
const SLOW = { streams: 32, delayMs: 500, seconds: 20 };
/** Before anything is measured. */
const SETTLE_MS = 5_000;

function summaryOf(format: string, when: string, kills: readonly Kill[]): KillSummary {
  const lost: Record<number, number> = {};
  for (const kill of kills) lost[kill.lost] = (lost[kill.lost] ?? 0) + 1;
  return {
    format,
    when,
    kills: kills.length,
    recorded: kills.reduce((sum, { recorded }) => sum + recorded, 0),
    doubled: kills.filter(({ doubled }) => doubled > 0).length,
    lost,
    problems: kills.flatMap(({ problems }) => problems),
  };
}

async function measureKills(trials: number): Promise<KillSummary[]> {
  const summaries: KillSummary[] = [];
  for (const format of ["mkv", "mp4"] as const) {
    const kills = await killRecorders({ format, trials, lanes: LANES, random: seeded(1), settledMs: SETTLED_MS });
    for (const time of KILL_TIMES) {
      const its = kills.filter(({ when }) => when === time);
      summaries.push(summaryOf(format, time, its));
    }
  }
  return summaries;
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `cam${index + 1}`);

/** `outputs`: YAML. */
function configText(rtsp: number, camera: TestCamera, streams: number, outputs: string): string {
  return [
    `rtsp: { listen: "127.0.0.1:${rtsp}" }`,
    "recordings: { reserve: off }",
    "streams:",
    ...names(streams).map((name) => `  ${name}: { source: "${camera.uri(`/${name}`)}", outputs: ${outputs} }`),
    "",
  ].join("\n");
}

const RECORDED = (every: string) => `[ { type: rtsp }, { type: record, format: mkv, rotate: { every: ${every} } } ]`;

interface Scene {
  readonly instance: TestInstance;
  readonly disk: FaultyDisk;
  stop(): Promise<void>;
}

async function startScene(clip: string, streams: number, outputs: string): Promise<Scene> {
  const camera = await startCamera(
    names(streams).map((name) => ({ path: `/${name}`, source: { kind: "file", path: clip } })),
  );
  const instance = await createInstance(({ rtsp }) => configText(rtsp, camera, streams, outputs));
  const disk = await createFaultyDisk(instance.directory, instance.recordings);
  instance.setEnvironment(disk.environment);
  await instance.up();
  await instance.running(...names(streams));
  return {
    instance,
    disk,
    async stop() {
      await instance.clean();
      disk.close();
      await camera.stop();
    },
  };
}

/** Of all its workers and shims. */
function cpuOf(instance: TestInstance, streams: number): number {
  const pids = names(streams).map((name) => instance.workerPid(name));
  return pids.flatMap(descendantsOf).reduce((sum, pid) => sum + cpuSeconds(pid), 0);
}

interface Load {
  readonly percent: number;
  readonly calls: Readonly<Record<string, number>>;
}

/** For each stream. */
async function loadOf(clip: string, outputs: string, seconds: number): Promise<Load> {
  const { instance, disk, stop } = await startScene(clip, COST_STREAMS, outputs);
  try {
    await wait(SETTLE_MS);
    const [cpuBefore, callsBefore] = [cpuOf(instance, COST_STREAMS), disk.calls()];
    await wait(seconds * 1000);
    const callsAfter = disk.calls();
    const share = COST_STREAMS * seconds;
    return {
      percent: (100 * (cpuOf(instance, COST_STREAMS) - cpuBefore)) / share,
      calls: Object.fromEntries(
        Object.entries(callsAfter).map(([op, count]) => [op, (count - (callsBefore[op] ?? 0)) / share]),
      ),
    };
  } finally {
    await stop();
  }
}

async function measureCost({ clip, seconds }: RecordingOptions): Promise<RecordingCost> {
  const serving = await loadOf(clip, "[ { type: rtsp } ]", seconds);
  const recording = await loadOf(clip, RECORDED("1h"), seconds);
  // The clip has a keyframe every two seconds: that often files begin.
  const rotating = await loadOf(clip, RECORDED("2s"), seconds);
  return {
    servingPercent: serving.percent,
    recordingPercent: recording.percent,
    callsPerSecond: recording.calls,
    rotationMs: ((rotating.percent - recording.percent) / 100) * 2 * 1000,
  };
}

async function recordingAll(instance: TestInstance): Promise<void> {
  await instance.statusUntil(({ streams }) =>
    streams.every(({ outputs }) => outputs.find(({ kind }) => kind === "record")?.state === "up"),
  );
}

async function measureSlowDisk({ clip }: RecordingOptions): Promise<SlowDisk> {
  const { instance, disk, stop } = await startScene(clip, SLOW.streams, RECORDED("10m"));
  const viewers: RtspViewer[] = [];
  try {
    await recordingAll(instance);
    for (const name of names(SLOW.streams)) viewers.push(await playRtsp(instance.rtspUrl(`/${name}`)));
    await Promise.all(viewers.map((viewer) => viewer.frames(25)));
    const framesSeen = () => viewers.reduce((sum, { tracks }) => sum + (tracks[0]?.frames ?? 0), 0);
    const before = framesSeen();
    disk.break({ op: "write", delayMs: SLOW.delayMs });
    await wait(SLOW.seconds * 1000);
    const liveFrames = framesSeen() - before;
    disk.cure();
    const curedAt = performance.now();
    await recordingAll(instance);
    const { streams } = await instance.status();
    return {
      ...SLOW,
      liveFrames,
      livePacketsLost: viewers.reduce((sum, { tracks }) => sum + (tracks[0]?.lost ?? 0), 0),
      framesNotRecorded: streams
        .flatMap(({ outputs }) => outputs)
        .reduce((sum, { framesDropped = 0 }) => sum + Number(framesDropped), 0),
      recordedAgainAfterMs: performance.now() - curedAt,
    };
  } finally {
    for (const viewer of viewers) viewer.drop();
    await stop();
  }
}

export const RECORDING_PARTS = ["kills", "cost", "slowDisk", "startUp"] as const;
export type RecordingPart = (typeof RECORDING_PARTS)[number];

export async function runRecording(
  options: RecordingOptions,
  parts: readonly RecordingPart[],
): Promise<Partial<RecordingResult>> {
  const has = (part: RecordingPart) => parts.includes(part);
  return {
    ...(has("kills") && { kills: await measureKills(options.trials) }),
    ...(has("cost") && { cost: await measureCost(options) }),
    ...(has("slowDisk") && { slowDisk: await measureSlowDisk(options) }),
    ...(has("startUp") && { startUp: await startUpCosts() }),
  };
}
