/** Recorders that are killed (-9) at moments of the dice, and what of their recordings is left after mending. */

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { execa } from "execa";
import { createMender, type Mended } from "../../src/recordings/mend.js";
import { nativePaths } from "../../src/worker/native.js";
import type { Random } from "../policy/random.js";
import { judge, type Verdict } from "./judge.js";
import { recordingsIn } from "./media.js";
import { testPrograms } from "./test-programs.js";

export interface KillOptions {
  readonly format: "mkv" | "mp4";
  readonly trials: number;
  /** At once. */
  readonly lanes: number;
  readonly random: Random;
  /** A frame that was handed over more recently than that is not expected to be on its way to the disk. */
  readonly settledMs: number;
}

/** In the first file's first moments, in the 30 ms after a frame that begins another one, or at any moment after the first. */
export type KillTime = "firstFile" | "rotation" | "any";
export const KILL_TIMES: readonly KillTime[] = ["firstFile", "rotation", "any"];

export interface Kill {
  readonly format: string;
  readonly when: KillTime;
  /** With so many frames there was sound. */
  readonly soundFrames: number;
  /** Different ones: a frame that is in two files counts once. */
  readonly recorded: number;
  readonly doubled: number;
  readonly lost: number;
  readonly problems: readonly string[];
}

/** Of the feeder. */
const FRAME_US = 40_000;
const FRAMES_A_FILE = 20;
const FRAMES_MOST = 3 * FRAMES_A_FILE;
/** Until then the first file may be begun anew with a track that comes late. */
const FRAMES_FIRST = 10;
const ROTATION_US = 30_000;
const SILENT_MOST = 12;

/** So long after so many frames. */
export interface Moment {
  readonly frames: number;
  readonly us: number;
}

function momentOf(random: Random, when: KillTime): Moment {
  const between = (from: number, to: number) => from + Math.floor(random() * (to - from));
  switch (when) {
    case "firstFile":
      return { frames: between(1, FRAMES_FIRST), us: between(0, FRAME_US) };
    case "rotation":
      return { frames: between(1, 3) * FRAMES_A_FILE + 1, us: between(0, ROTATION_US) };
    case "any":
      return { frames: between(FRAMES_FIRST, FRAMES_MOST), us: between(0, FRAME_US) };
  }
}

export interface Feed {
  readonly folder: string;
  readonly format: "mkv" | "mp4";
  /** With so many of the first frames sound comes; 0: none is announced. */
  readonly soundFrames: number;
  readonly framesAFile: number;
  readonly settledMs: number;
}

/** Records until it kills itself; says how many frames had been handed over for long enough by then. */
export async function feedUntilKilled(feed: Feed, moment: Moment): Promise<number> {
  const { feeder } = await testPrograms();
  const { pipelines } = nativePaths().paths;
  const everyMs = (feed.framesAFile * FRAME_US) / 1000;
  const args = [feed.folder, feed.format, everyMs, feed.soundFrames, moment.frames, moment.us].map(String);
  const { stdout } = await execa(feeder, args, { reject: false, env: { DSLRS_TEST_PIPELINES: pipelines } });
  const { pushed, ageUs } = JSON.parse(stdout) as { pushed: number; ageUs: number };
  return pushed - Math.max(0, Math.ceil((feed.settledMs * 1000 - ageUs) / FRAME_US));
}

/** Mends what was left behind; what went wrong with that. A file that was just made holds nothing yet. */
async function mendAll(root: string): Promise<string[]> {
  const program = join(dirname(nativePaths().paths.worker), "../mend/dslrs-mend");
  if (!existsSync(program)) throw new Error(`${program} is not built`);
  const mender = createMender({ program, root });
  const problems: string[] = [];
  for (const part of recordingsIn(root).filter((file) => file.endsWith(".part"))) {
    const mended: Mended = await mender.mend(relative(root, part));
    if (!mended.ok && mended.why !== "noMedia") problems.push(`${part}: ${mended.why}, ${mended.message}`);
  }
  mender.stop();
  return problems;
}

/** What is left in `folder` once it is mended. */
export async function salvage(folder: string): Promise<Verdict> {
  const problems = await mendAll(folder);
  const hashes: string[] = [];
  for (const file of recordingsIn(folder).filter((name) => !name.endsWith(".part"))) {
    const verdict = await judge(file);
    hashes.push(...verdict.hashes);
    problems.push(...verdict.problems.map((problem) => `${file}: ${problem}`));
  }
  return { frames: hashes.length, hashes, problems };
}

interface Plan {
  readonly when: KillTime;
  readonly soundFrames: number;
  readonly moment: Moment;
}

/** None, all the time, or until a moment before the kill: a muxer may wait for it then. */
function soundOf(random: Random, { frames }: Moment): number {
  const kinds = [0, FRAMES_MOST + 1, Math.max(1, frames - Math.floor(random() * SILENT_MOST))];
  return kinds[Math.floor(random() * kinds.length)] ?? 0;
}

function planOf(random: Random, index: number): Plan {
  const when = KILL_TIMES[index % KILL_TIMES.length] ?? "any";
  const moment = momentOf(random, when);
  return { when, soundFrames: soundOf(random, moment), moment };
}

async function kill({ format, settledMs }: KillOptions, { when, soundFrames, moment }: Plan): Promise<Kill> {
  const folder = mkdtempSync(join(tmpdir(), "dslrs-kill-"));
  const feed = { folder, format, soundFrames, framesAFile: FRAMES_A_FILE, settledMs };
  const settled = await feedUntilKilled(feed, moment);
  const { hashes, problems } = await salvage(folder);
  const recorded = new Set(hashes).size;
  rmSync(folder, { recursive: true });
  const doubled = hashes.length - recorded;
  return { format, when, soundFrames, recorded, doubled, lost: Math.max(0, settled - recorded), problems };
}

export async function killRecorders(options: KillOptions): Promise<Kill[]> {
  const plans = Array.from({ length: options.trials }, (_, index) => planOf(options.random, index));
  const kills: Kill[] = [];
  const lane = async () => {
    for (let plan = plans.pop(); plan !== undefined; plan = plans.pop()) kills.push(await kill(options, plan));
  };
  await Promise.all(Array.from({ length: options.lanes }, lane));
  return kills;
}
