/** How long streams take to run where many recordings are kept, and many were left behind unfinished. */

import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInstance, type TestInstance } from "../test/rig/instance.js";
import { feedUntilKilled } from "../test/rig/kills.js";
import { recordingsIn } from "../test/rig/media.js";
import { until } from "../test/rig/until.js";

export interface StartUpCost {
  readonly recordings: number;
  readonly leftovers: number;
  /** From `dslrs up` until every stream runs; the median of some starts. */
  readonly allRunningMs: number;
}

const STREAMS = Array.from({ length: 8 }, (_, index) => `cam${index + 1}`);
const MANY = { recordings: 10_000, leftovers: 200 };
const STARTS = 5;
const SOURCE = "{ type: test, pattern: ball, size: 320x240, fps: 10, bitrate: 200kbit }";

function configText(rtsp: number): string {
  const outputs = "[ { type: rtsp }, { type: record, format: mkv } ]";
  const streams = STREAMS.map((name) => `  ${name}: { source: ${SOURCE}, outputs: ${outputs} }`);
  return [`rtsp: { listen: "127.0.0.1:${rtsp}" }`, "recordings: { reserve: off }", "streams:", ...streams, ""].join(
    "\n",
  );
}

/** A finished recording and one that was left behind. */
async function samples(folder: string): Promise<{ finished: string; left: string }> {
  const feed = { folder, format: "mkv", soundFrom: -1, framesAFile: 20, settledMs: 0 } as const;
  await feedUntilKilled(feed, { frames: 35, us: 0 });
  const [finished = "", left = ""] = recordingsIn(folder);
  return { finished, left };
}

function fillWith(instance: TestInstance, sample: string, count: number, from: Date, ending: string): void {
  for (let index = 0; index < count; index += 1) {
    const stream = STREAMS[index % STREAMS.length] ?? "";
    const time = new Date(from.getTime() + index * 1000).toISOString();
    const folder = join(instance.recordings, stream, time.slice(0, 10));
    mkdirSync(folder, { recursive: true });
    copyFileSync(sample, join(folder, `${stream}_${time.replaceAll(":", "-")}${ending}`));
  }
}

async function startOnce(instance: TestInstance): Promise<number> {
  const beganAt = performance.now();
  await instance.up();
  await instance.running(...STREAMS);
  return performance.now() - beganAt;
}

async function allIndexed(instance: TestInstance): Promise<void> {
  await until(async () => {
    const { code, stdout } = await instance.run("recordings", "--json");
    return code === 0 && stdout.split('"path"').length > MANY.recordings;
  });
}

async function measure(many: boolean): Promise<StartUpCost> {
  const instance = await createInstance(({ rtsp }) => configText(rtsp));
  const folder = mkdtempSync(join(tmpdir(), "dslrs-samples-"));
  const times: number[] = [];
  try {
    const { finished, left } = await samples(folder);
    if (many) {
      fillWith(instance, finished, MANY.recordings, new Date("2026-01-01T00:00:00Z"), ".mkv");
      await startOnce(instance);
      await allIndexed(instance);
      await instance.run("down");
    }
    for (let start = 0; start < STARTS; start += 1) {
      if (many) fillWith(instance, left, MANY.leftovers, new Date(Date.UTC(2026, 2, 1 + start)), ".mkv.part");
      times.push(await startOnce(instance));
      await instance.run("down");
    }
    const allRunningMs = times.sort((one, other) => one - other)[Math.floor(STARTS / 2)] ?? 0;
    return { ...(many ? MANY : { recordings: 0, leftovers: 0 }), allRunningMs };
  } finally {
    await instance.clean();
    rmSync(folder, { recursive: true });
  }
}

export async function startUpCosts(): Promise<StartUpCost[]> {
  return [await measure(false), await measure(true)];
}
