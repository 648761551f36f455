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

export interface Kill {
  readonly format: string;
  /** In the 30 ms after a frame that begins a file. */
  readonly atRotation: boolean;
  readonly sound: boolean;
  readonly recorded: number;
  readonly lost: number;
  readonly problems: readonly string[];
}

/** Of the feeder. */
const FRAME_US = 40_000;
const FRAMES_A_FILE = 20;
const FRAMES_MOST = 3 * FRAMES_A_FILE;
/** The first file of a stream waits up to 300 ms for tracks that may come; until then nothing is on the disk. */
const FRAMES_LEAST = 12;
const ROTATION_US = 30_000;

/** So long after so many frames. */
export interface Moment {
  readonly frames: number;
  readonly us: number;
}

function momentOf(random: Random, atRotation: boolean): Moment {
  const files = 1 + Math.floor(random() * 2);
  return atRotation
    ? { frames: files * FRAMES_A_FILE + 1, us: Math.floor(random() * ROTATION_US) }
    : {
        frames: FRAMES_LEAST + Math.floor(random() * (FRAMES_MOST - FRAMES_LEAST)),
        us: Math.floor(random() * FRAME_US),
      };
}

export interface Feed {
  readonly folder: string;
  readonly format: "mkv" | "mp4";
  readonly sound: boolean;
  readonly framesAFile: number;
  readonly settledMs: number;
}

/** Records until it kills itself; says how many frames had been handed over for long enough by then. */
export async function feedUntilKilled(feed: Feed, moment: Moment): Promise<number> {
  const { feeder } = await testPrograms();
  const { pipelines } = nativePaths().paths;
  const everyMs = (feed.framesAFile * FRAME_US) / 1000;
  const args = [feed.folder, feed.format, everyMs, feed.sound ? 1 : 0, moment.frames, moment.us].map(String);
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
  let frames = 0;
  for (const file of recordingsIn(folder).filter((name) => !name.endsWith(".part"))) {
    const verdict = await judge(file);
    frames += verdict.frames;
    problems.push(...verdict.problems.map((problem) => `${file}: ${problem}`));
  }
  return { frames, problems };
}

interface Plan {
  readonly atRotation: boolean;
  readonly sound: boolean;
  readonly moment: Moment;
}

function planOf(random: Random, index: number): Plan {
  const atRotation = index % 2 === 0;
  return { atRotation, sound: random() < 0.5, moment: momentOf(random, atRotation) };
}

async function kill({ format, settledMs }: KillOptions, { atRotation, sound, moment }: Plan): Promise<Kill> {
  const folder = mkdtempSync(join(tmpdir(), "dslrs-kill-"));
  const feed = { folder, format, sound, framesAFile: FRAMES_A_FILE, settledMs };
  const settled = await feedUntilKilled(feed, moment);
  const { frames, problems } = await salvage(folder);
  rmSync(folder, { recursive: true });
  return { format, atRotation, sound, recorded: frames, lost: Math.max(0, settled - frames), problems };
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
