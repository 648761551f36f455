/** The power fails while recordings are written. Needs a machine that lets us mount a disk of our own. */

import { mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { feedUntilKilled, salvage } from "../rig/kills.js";
import { createImageDisk } from "../rig/small-disk.js";
import { TEST_TIMEOUT_MS } from "./rig.js";

const probe = await createImageDisk();
probe?.remove();
const withMounts = probe ? test : test.skip;

/** Synced every second; the recorder and the disk may take their time where others want them, too. */
const MOST_LOST_FRAMES = 25;
const SETTLED_MS = 500;

withMounts(
  "a second of each file is lost at most, and what is left is whole",
  async () => {
    const disk = await createImageDisk();
    if (!disk) throw new Error("the disk that could be mounted a moment ago cannot be mounted");
    try {
      const feeds = (["mkv", "mp4"] as const).map((format) => {
        const folder = join(disk.folder, format);
        mkdirSync(folder);
        return { folder, format, soundFrom: 0, framesAFile: 60, settledMs: SETTLED_MS };
      });
      const settled = await Promise.all(feeds.map((feed) => feedUntilKilled(feed, { frames: 105, us: 0 })));
      const after = await disk.cutPower();
      for (const [index, { folder }] of feeds.entries()) {
        const { frames, problems } = await salvage(join(after, basename(folder)));
        expect(problems).toEqual([]);
        expect(frames).toBeGreaterThanOrEqual((settled[index] ?? 0) - MOST_LOST_FRAMES);
      }
    } finally {
      disk.remove();
    }
  },
  TEST_TIMEOUT_MS,
);
