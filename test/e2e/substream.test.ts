/** The smaller picture of a camera for viewers whose line does not bear the stream. */

import type { ViewersReport } from "../../src/report/viewers.js";
import type { TestInstance } from "../rig/instance.js";
import { startProxy } from "../rig/proxy.js";
import { until } from "../rig/until.js";
import { cameraMount, SECOND, served, TEST_TIMEOUT_MS, testRig } from "./rig.js";

const rig = testRig();
const STEP = SECOND / 25;
const LOGIN = { user: "viewer", password: "hunter2", auth: "digest" } as const;

/** Of the second who came. */
async function stateOfWeak(instance: TestInstance): Promise<string | undefined> {
  const { stdout } = await instance.run("viewers", "cam", "--json");
  return (JSON.parse(stdout) as ViewersReport).viewers.find(({ id }) => id === "cam/2")?.state;
}

test(
  "a viewer whose line is weak for a while gets it, without another login, and then the stream again; others lose nothing",
  async () => {
    const camera = await rig.camera([
      cameraMount("/main", { width: 640, height: 480, bitrate: 5_000_000, pattern: "snow" }, LOGIN),
      cameraMount("/small", { width: 160, height: 120, bitrate: 100_000 }, LOGIN),
    ]);
    const source = (more: string) =>
      served(`{ type: rtsp, uri: "${camera.uri("/main")}", user: viewer, password: hunter2${more} }`);
    const { instance, save } = await rig.start({ cam: source("") });
    const good = await rig.viewer(instance.rtspUrl("/cam"));
    await good.frames(5);
    const line = await rig.use(startProxy(instance.rtspPort));
    const weak = await rig.viewer(line.uri("/cam"));
    await weak.frames(5);
    save({ cam: source(`, substream: "${camera.uri("/small")}"`) });
    await instance.logged(({ message }) => message.includes("source.substream"));

    line.set({ stalled: ["toClient"] });
    await until(async () => (await stateOfWeak(instance)) !== "playing");
    line.behave();
    await until(async () => (await stateOfWeak(instance)) === "substream");
    await until(async () => (await stateOfWeak(instance)) === "playing");
    await weak.moreFrames(5);
    expect(weak.tracks[0]?.lost).toBe(0);
    expect(weak.tracks[0]?.smallestStep).toBeGreaterThan(0);
    expect(good.tracks[0]).toMatchObject({ lost: 0, smallestStep: STEP, largestStep: STEP });
  },
  TEST_TIMEOUT_MS,
);
