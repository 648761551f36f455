/** Recorders that are killed (-9) at moments of the dice, and what of their recordings is left after mending. */

import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
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
  /** In turn; without it all. */
  readonly times?: readonly KillTime[];
}

/**
 * In the first file's first moments, when sound that comes late makes the recorder begin it anew, in the 30 ms after a frame that begins another
 * one, or at any moment after the first.
 */
export type KillTime = "firstFile" | "beganAnew" | "rotation" | "any";
export const KILL_TIMES: readonly KillTime[] = ["firstFile", "beganAnew", "rotation", "any"];

export interface Kill {
  readonly format: string;
  readonly when: KillTime;
  readonly soundFrom: number;
  readonly soundUntil: number;
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
const NO_SOUND = -1;
const NEVER = -1;
/** Frames before the kill: a muxer may wait for what has just stopped. */
const SILENT_MOST = 12;
/** 120 to 240 ms after the picture. */
const LATE_SOUND = { from: 3, to: 7 };
const FRAMES_ANEW = 3;

/** What is mended first may show that the other is not needed. */
const UNFINISHED = [".part", ".new"] as const;

/** So long after so many frames. */
export interface Moment {
  readonly frames: number;
  readonly us: number;
}

function betweenOf(random: Random, from: number, to: number): number {
  return from + Math.floor(random() * (to - from));
}

function momentOf(random: Random, when: KillTime, soundFrom: number): Moment {
  const between = (from: number, to: number) => betweenOf(random, from, to);
  switch (when) {
    case "firstFile":
      return { frames: between(1, FRAMES_FIRST), us: between(0, FRAME_US) };
    case "beganAnew":
      return { frames: soundFrom + between(1, FRAMES_ANEW), us: between(0, FRAME_US) };
    case "rotation":
      return { frames: between(1, 3) * FRAMES_A_FILE + 1, us: between(0, ROTATION_US) };
    case "any":
      return { frames: between(FRAMES_FIRST, FRAMES_MOST), us: between(0, FRAME_US) };
  }
}

export interface Feed {
  readonly folder: string;
  readonly format: "mkv" | "mp4";
  /** The frame with which it begins; -1: there is none. */
  readonly soundFrom: number;
  /** The frame with which it stops; -1, and where nothing is said: none. */
  readonly soundUntil?: number;
  readonly framesAFile: number;
  readonly settledMs: number;
  /** Its moments are counted from when `slow` there are two files, from when `hung` one should get another name. */
  readonly disk?: "well" | "slow" | "hung";
}

/** Records until it kills itself; says how many frames had been handed over for long enough by then. */
export async function feedUntilKilled(feed: Feed, moment: Moment): Promise<number> {
  const { feeder } = await testPrograms();
  const { pipelines } = nativePaths().paths;
  const everyMs = (feed.framesAFile * FRAME_US) / 1000;
  const { folder, format, soundFrom, soundUntil = NEVER, disk = "well" } = feed;
  const args = [folder, format, everyMs, soundFrom, soundUntil, moment.frames, moment.us, disk].map(String);
  const { stdout } = await execa(feeder, args, { reject: false, env: { DSLRS_TEST_PIPELINES: pipelines } });
  const { pushed, ageUs } = JSON.parse(stdout) as { pushed: number; ageUs: number };
  return pushed - Math.max(0, Math.ceil((feed.settledMs * 1000 - ageUs) / FRAME_US));
}

/** From `root`. */
function leftIn(root: string, ending: string): string[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(ending));
}

/** Mends what was left behind; what went wrong with that. A file that was just made holds nothing yet, and what was to take the place of another nothing else. */
async function mendAll(root: string): Promise<string[]> {
  const program = join(dirname(nativePaths().paths.worker), "../mend/dslrs-mend");
  if (!existsSync(program)) throw new Error(`${program} is not built`);
  const mender = createMender({ program, root });
  const problems: string[] = [];
  for (const ending of UNFINISHED) {
    for (const part of leftIn(root, ending)) {
      const mended: Mended = await mender.mend(part);
      const isEmpty = !mended.ok && (mended.why === "noMedia" || mended.why === "copy");
      if (!mended.ok && !isEmpty) problems.push(`${part}: ${mended.why}, ${mended.message}`);
    }
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
  readonly soundFrom: number;
  readonly soundUntil: number;
  readonly moment: Moment;
}

function planOf(random: Random, times: readonly KillTime[], index: number): Plan {
  const when = times[index % times.length] ?? "any";
  const soundFrom = soundOf(random, when);
  const moment = momentOf(random, when, soundFrom);
  return { when, soundFrom, soundUntil: silenceOf(random, soundFrom, moment), moment };
}

function soundOf(random: Random, when: KillTime): number {
  if (when === "beganAnew") return betweenOf(random, LATE_SOUND.from, LATE_SOUND.to);
  return random() < 0.5 ? 0 : NO_SOUND;
}

function silenceOf(random: Random, soundFrom: number, { frames }: Moment): number {
  const until = frames - betweenOf(random, 0, SILENT_MOST);
  return random() < 0.5 && until > soundFrom ? until : NEVER;
}

export type Left = Pick<Kill, "recorded" | "doubled" | "lost" | "problems">;

/** In a folder of its own: kills, mends and judges. */
export async function killOne(feed: Omit<Feed, "folder">, moment: Moment): Promise<Left> {
  const folder = mkdtempSync(join(tmpdir(), "dslrs-kill-"));
  const settled = await feedUntilKilled({ ...feed, folder }, moment);
  const { hashes, problems } = await salvage(folder);
  const recorded = new Set(hashes).size;
  rmSync(folder, { recursive: true });
  return { recorded, doubled: hashes.length - recorded, lost: Math.max(0, settled - recorded), problems };
}

async function kill({ format, settledMs }: KillOptions, { when, soundFrom, soundUntil, moment }: Plan): Promise<Kill> {
  const feed = { format, soundFrom, soundUntil, framesAFile: FRAMES_A_FILE, settledMs };
  return { format, when, soundFrom, soundUntil, ...(await killOne(feed, moment)) };
}

export async function killRecorders(options: KillOptions): Promise<Kill[]> {
  const { trials, random, times = KILL_TIMES } = options;
  const plans = Array.from({ length: trials }, (_, index) => planOf(random, times, index));
  const kills: Kill[] = [];
  const lane = async () => {
    for (let plan = plans.pop(); plan !== undefined; plan = plans.pop()) kills.push(await kill(options, plan));
  };
  await Promise.all(Array.from({ length: options.lanes }, lane));
  return kills;
}
