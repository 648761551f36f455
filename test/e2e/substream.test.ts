/** The smaller picture of a camera for viewers whose line does not bear the stream. */

import type { ViewersReport } from "../../src/report/viewers.js";
import { startCrowd } from "../rig/crowd.js";
import type { TestInstance } from "../rig/instance.js";
import { until } from "../rig/until.js";
import { cameraMount, PATTERN_STEP, served, TEST_TIMEOUT_MS, testRig } from "./rig.js";

const rig = testRig();
const LOGIN = { user: "viewer", password: "hunter2", auth: "digest" } as const;

/** Of those of `cam`, the one who is slow. */
async function stateOfSlow(instance: TestInstance): Promise<string | undefined> {
  const { stdout } = await instance.run("viewers", "cam", "--json");
  return (JSON.parse(stdout) as ViewersReport).viewers.map(({ state }) => state).find((state) => state !== "playing");
}

test(
  "a viewer on a thin line gets it while the others lose nothing, and less of the stream when an edit takes it away",
  async () => {
    const camera = await rig.camera([
      cameraMount("/main", { width: 640, height: 480, bitrate: 3_000_000, pattern: "snow" }, LOGIN),
      cameraMount("/small", { width: 160, height: 120, bitrate: 100_000 }, LOGIN),
    ]);
    const source = (more: string) =>
      served(`{ type: rtsp, uri: "${camera.uri("/main")}", user: viewer, password: hunter2${more} }`);
    const { instance, save } = await rig.start({ cam: source(`, substream: "${camera.uri("/small")}"`) });
    const good = await rig.viewer(instance.rtspUrl("/cam"));
    const crowd = await rig.use(startCrowd());
    const thin = { bytesPerSecond: 40_000, receiveBuffer: 16 * 1024 };
    await crowd.add({ group: "slow", url: instance.rtspUrl("/cam"), count: 1, ...thin });

    await until(async () => (await stateOfSlow(instance)) === "substream");
    const before = (await crowd.report("slow")).viewers[0]?.frames ?? 0;
    const { viewers } = await crowd.reportUntil("slow", ({ viewers: [seen] }) => (seen?.frames ?? 0) > before + 25);
    expect(viewers[0]).toMatchObject({ lost: 0, ended: 0 });
    expect(viewers[0]?.smallestStep).toBeGreaterThan(0);

    save({ cam: source("") });
    await until(async () => ["reference", "keyframes", "skipping"].includes((await stateOfSlow(instance)) ?? ""));
    await good.moreFrames(5);
    expect(good.tracks[0]).toMatchObject({ lost: 0, smallestStep: PATTERN_STEP, largestStep: PATTERN_STEP });
  },
  TEST_TIMEOUT_MS,
);
