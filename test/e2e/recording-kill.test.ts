/** `kill -9` of what records, at any moment; the whole count is in `npm run bench -- recording`. */

import { named, seeds } from "../policy/random.js";
import { killOne, killRecorders } from "../rig/kills.js";
import { TEST_TIMEOUT_MS } from "./rig.js";

const TRIALS = 16;
/** So long may a frame be on its way where other tests have the processor. */
const SETTLED_MS = 1000;
/** No successor is made ready meanwhile. */
const FRAMES_WITHOUT_END = 10_000;

test.each([
  { format: "mkv", most: 0 },
  { format: "mp4", most: 6 },
] as const)(
  "$format loses at most $most frames, and what is left is whole",
  async ({ format, most }) => {
    for (const seed of seeds(1)) {
      const kills = await named(seed, (random) => {
        return killRecorders({ format, trials: TRIALS, lanes: 8, random, settledMs: SETTLED_MS });
      });
      expect(kills.filter(({ lost, doubled, problems }) => lost > most || doubled > 0 || problems.length > 0)).toEqual(
        [],
      );
    }
  },
  TEST_TIMEOUT_MS,
);

/** Sound that comes late makes the recorder begin its first file anew: both lie on the disk for a while, and have the same frames. */
test.each([
  ["mkv", "slow", 20],
  ["mkv", "slow", 40],
  ["mkv", "hung", 0],
  ["mp4", "slow", 20],
  ["mp4", "slow", 40],
  ["mp4", "hung", 0],
] as const)(
  "%s that is begun anew on a %s disk has each frame in one file, %i ms later",
  async (format, disk, ms) => {
    // Long enough after it hangs that the frames before have to be there.
    const moment = { frames: disk === "hung" ? 30 : 1, us: ms * 1000 };
    const feed = { format, soundFrom: 4, framesAFile: FRAMES_WITHOUT_END, settledMs: SETTLED_MS, disk };
    expect(await killOne(feed, moment)).toMatchObject({ doubled: 0, lost: 0, problems: [] });
  },
  TEST_TIMEOUT_MS,
);
