/** The measurements of `npm run bench -- serving`, each on a dslrs of its own. */

import { readdirSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import type { CameraMount } from "../test/rig/camera.js";
import type { Arrival, Crowd, Seen } from "../test/rig/crowd.js";
import { until } from "../test/rig/until.js";
import { pssBytes, rssBytes } from "./processes.js";
import {
  CAMERA,
  cpuShare,
  empty,
  losses,
  moreFrames,
  type PartResult,
  type Row,
  row,
  type Serving,
  type ServingOptions,
  spread,
  withServing,
} from "./serving-rig.js";

const MEBIBYTE = 1024 * 1024;
const FPS = 25;
const STEP = 90_000 / FPS;
/** Joins are spread over the GOP. */
const STAY_MS = 50;
/** Connections at once that knock at the router. */
const KNOCKERS = 16;
const JOIN_AT_ONCE = 20;
/** Before anything is measured: the GOPs that were replayed are over. */
const SETTLE_FRAMES = 2 * FPS;

function pattern(path: string, gopSeconds: number): CameraMount {
  const picture = { width: 640, height: 360, fps: FPS, bitrate: 1_000_000, gop: gopSeconds * FPS };
  return { path, source: { kind: "pattern", ...picture } };
}

function clipMount({ clip }: ServingOptions): CameraMount {
  return { path: "/cam", source: { kind: "file", path: clip } };
}

const pssOf = (pids: readonly number[]) => pids.reduce((sum, pid) => sum + pssBytes(pid), 0) / MEBIBYTE;

async function joins({ crowd, url }: Serving, stream: string, trials: number): Promise<Row> {
  await crowd.add({ group: stream, url: url(stream), count: 1, does: "hop", stayMs: STAY_MS, times: trials });
  const { firstFrameUs } = await crowd.reportUntil(stream, (report) => report.firstFrameUs.length === trials);
  const ms = spread(firstFrameUs.map((us) => us / 1000));
  return row(`connect to first frame, ${stream}, ms`, ms, "p50 <= 10, p99 <= 50");
}

export function joinPart({ trials }: ServingOptions): Promise<PartResult> {
  const gops = [1, 10];
  const name = (gop: number) => `gop-${gop}s`;
  return withServing(
    gops.map((gop) => pattern(`/${name(gop)}`, gop)),
    async (serving) => {
      // A whole GOP, so that the ring is as full as it gets.
      await serving.instance.streamUntil(name(10), ({ source }) => source.frames > 10 * FPS);
      const rows: Row[] = [];
      for (const gop of gops) rows.push(await joins(serving, name(gop), trials));
      return {
        how: `One viewer at a time over TCP, through the router: TCP connect, OPTIONS, DESCRIBE, SETUP, PLAY, until the last packet of the first frame; stays ${STAY_MS} ms. Cameras 640x360, 25 fps, 1 Mbit/s, without sound.`,
        rows,
      };
    },
  );
}

/** Milliseconds between the same frames here and there, from `sinceUs` on. */
function delays(here: readonly Arrival[], there: readonly Arrival[], sinceUs: number): number[] {
  const known = new Map(there.map(({ key, atUs }) => [key, atUs]));
  return here
    .filter(({ atUs }) => atUs > sinceUs)
    .flatMap(({ key, atUs }) => {
      const first = known.get(key);
      return first === undefined ? [] : [(atUs - first) / 1000];
    });
}

export function latencyPart(options: ServingOptions): Promise<PartResult> {
  const measure = async ({ crowd, url }: Serving): Promise<PartResult> => {
    await crowd.add({ group: "viewer", url: url("cam"), count: 1, arrivals: true });
    await moreFrames(crowd, "viewer", SETTLE_FRAMES);
    const arrivalsOf = async (group: string) => (await crowd.report(group)).viewers[0]?.arrivals ?? [];
    const sinceUs = (await arrivalsOf("viewer")).at(-1)?.atUs ?? 0;
    await moreFrames(crowd, "viewer", options.seconds * FPS);
    const [sent, seen] = [await arrivalsOf(CAMERA), await arrivalsOf("viewer")];
    const added = delays(seen, sent, sinceUs);
    const unmatched = seen.filter(({ atUs }) => atUs > sinceUs).length - added.length;
    return {
      how: "From the last packet of a frame on its way from the camera to dslrs, seen by a relay between them, to the same in a viewer, both over TCP and seen by one thread; matched by a hash of the frame's first slice. Camera 1080p, 25 fps, 4 Mbit/s.",
      rows: [
        row("camera -> viewer, added, ms", spread(added), "p50 <= 2, p99 <= 10"),
        row("frames that could not be matched", { frames: unmatched }),
      ],
    };
  };
  return withServing([clipMount(options)], measure, true);
}

export function costPart(options: ServingOptions): Promise<PartResult> {
  return withServing([clipMount(options)], async ({ crowd, url, workerPids }) => {
    const pids = workerPids("cam");
    const measured: { cpu: number; pss: number }[] = [];
    for (const group of ["N", "2N"]) {
      await crowd.add({ group, url: url("cam"), count: options.viewers });
      await moreFrames(crowd, group, SETTLE_FRAMES);
      const cpu = await cpuShare(pids, () => wait(options.seconds * 1000));
      measured.push({ cpu: 100 * cpu, pss: pssOf(pids) });
    }
    const [once, twice] = measured;
    if (once === undefined || twice === undefined) throw new Error("nothing was measured");
    const lost = losses(await seenBy(crowd, ["N", "2N"]), STEP);
    return {
      how: `Worker and shim of one stream of 1080p, 25 fps, 4 Mbit/s with ${options.viewers} and ${2 * options.viewers} viewers over TCP, ${options.seconds} s each; a viewer is the difference. The viewers, in a process of their own, are not counted.`,
      rows: [
        row(`with ${options.viewers} viewers`, { cpuPercent: once.cpu, pssMiB: once.pss }),
        row(`with ${2 * options.viewers} viewers`, { cpuPercent: twice.cpu, pssMiB: twice.pss }),
        row(
          "a viewer",
          { cpuPercent: (twice.cpu - once.cpu) / options.viewers, pssMiB: (twice.pss - once.pss) / options.viewers },
          "<= 0.6 % of a core, <= 1 MiB",
        ),
        row("losses", lost),
      ],
    };
  });
}

/** Together they would be more than one address may have half open at the router. Returns the names of their groups. */
async function joinGradually(crowd: Crowd, url: string, count: number): Promise<string[]> {
  const groups: string[] = [];
  for (let left = count; left > 0; left -= JOIN_AT_ONCE) {
    const group = `from ${left}`;
    await crowd.add({ group, url, count: Math.min(left, JOIN_AT_ONCE) });
    await crowd.reportUntil(group, ({ viewers }) => {
      const refused = viewers.find(({ status }) => status > 0);
      if (refused) throw new Error(`a viewer was refused with ${refused.status}, ${count - left} were there`);
      return viewers.every(({ frames }) => frames > 0);
    });
    groups.push(group);
  }
  return groups;
}

async function seenBy(crowd: Crowd, groups: readonly string[]): Promise<Seen[]> {
  const reports = await Promise.all(groups.map((group) => crowd.report(group)));
  return reports.flatMap(({ viewers }) => viewers);
}

export function manyPart(options: ServingOptions): Promise<PartResult> {
  return withServing([clipMount(options)], async ({ crowd, instance, url, workerPids }) => {
    const groups = await joinGradually(crowd, url("cam"), options.many);
    const [pids, before] = [workerPids("cam"), await seenBy(crowd, groups)];
    let crowdCpu = 0;
    const cpu = await cpuShare(pids, async () => {
      crowdCpu = await cpuShare([crowd.pid], () => wait(options.seconds * 1000));
    });
    const after = await seenBy(crowd, groups);
    const frames = after.map((seen, index) => seen.frames - (before[index]?.frames ?? 0));
    const { outputs } = await instance.stream("cam");
    return {
      how: `${options.many} viewers of one stream of 1080p, 25 fps, 4 Mbit/s over TCP for ${options.seconds} s, all on this machine. A viewer with gaps is one whose RTP times do not step by one frame.`,
      rows: [
        row("losses", losses(after, STEP), "none"),
        row("frames a viewer in that time", { least: Math.min(...frames), most: Math.max(...frames) }),
        row("frames dropped by the worker", { frames: Number(outputs[0]?.framesDropped ?? 0) }),
        row("CPU, % of a core", { worker: 100 * cpu, viewers: 100 * crowdCpu }),
        row("memory of worker and shim", { pssMiB: pssOf(pids) }),
      ],
    };
  });
}

export function routerPart({ seconds }: ServingOptions): Promise<PartResult> {
  return withServing([pattern("/cam", 1)], async ({ crowd, url, routerPids, workerPids }) => {
    const pids = routerPids();
    await crowd.add({ group: "knock", url: url("cam"), count: KNOCKERS, does: "knock" });
    await crowd.reportUntil("knock", ({ firstFrameUs }) => firstFrameUs.length > KNOCKERS);
    const before = await crowd.report("knock");
    const beganAt = performance.now();
    let workerCpu = 0;
    const routerCpu = await cpuShare(pids, async () => {
      workerCpu = await cpuShare(workerPids("cam"), () => wait(seconds * 1000));
    });
    const after = await crowd.report("knock");
    const answers = after.firstFrameUs.slice(before.firstFrameUs.length);
    const aSecond = (answers.length * 1000) / (performance.now() - beganAt);
    const failed = after.viewers.reduce((sum, { ended, refused }) => sum + ended + refused, 0);
    return {
      how: `${KNOCKERS} clients at once, each again and again: connect, OPTIONS of a stream, which its worker answers, close. The last line is what the router alone could do with a whole core.`,
      rows: [
        row("hand-overs a second, answered", { perSecond: aSecond, failed }, ">= 2000"),
        row("connect to answer, ms", spread(answers.map((us) => us / 1000))),
        row("CPU, % of a core", { router: 100 * routerCpu, worker: 100 * workerCpu }),
        row("memory of router and shim", { pssMiB: pssOf(pids) }, "<= 3 MiB"),
        row("hand-overs a second of the router's CPU", { perSecond: aSecond / Math.max(routerCpu, 0.001) }),
      ],
    };
  });
}

const LEAK = { first: 100, more: 500, atOnce: 5 };

export function leaksPart(options: ServingOptions): Promise<PartResult> {
  return withServing([clipMount(options)], async ({ crowd, instance, url }) => {
    const pid = instance.workerPid("cam");
    const held = () => ({
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
      threads: readdirSync(`/proc/${pid}/task`).length,
      rssMiB: rssBytes(pid) / MEBIBYTE,
    });
    const visits = async (group: string, times: number) => {
      await crowd.add({ group, url: url("cam"), count: LEAK.atOnce, does: "hop", times });
      await crowd.reportUntil(group, ({ firstFrameUs }) => firstFrameUs.length === times);
      await empty(instance, "cam");
    };
    await visits("first", LEAK.first);
    const before = held();
    await visits("more", LEAK.more);
    await until(() => held().descriptors <= before.descriptors);
    return {
      how: `${LEAK.atOnce} viewers at once of a 1080p stream who leave after their first frame, half with TEARDOWN, half without a word: what the worker holds after ${LEAK.first} and after ${LEAK.more} more.`,
      rows: [row(`after ${LEAK.first}`, before), row(`after ${LEAK.first + LEAK.more}`, held())],
    };
  });
}
