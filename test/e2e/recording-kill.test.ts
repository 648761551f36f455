/** `kill -9` of what records, at any moment; the whole count is in `npm run bench -- recording`. */

import { named, seeds } from "../policy/random.js";
import { killRecorders } from "../rig/kills.js";
import { TEST_TIMEOUT_MS } from "./rig.js";

const TRIALS = 16;
/** So long may a frame be on its way where other tests have the processor. */
const SETTLED_MS = 1000;

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
      expect(kills.filter(({ lost, problems }) => lost > most || problems.length > 0)).toEqual([]);
    }
  },
  TEST_TIMEOUT_MS,
);
