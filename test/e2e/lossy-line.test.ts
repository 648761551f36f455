/** Viewers over UDP on a line that loses packets: nothing waits for them here, so what they report themselves is all there is to go by. */

import { join } from "node:path";
import { fetchViewers } from "../../src/report/client.js";
import type { ViewerStatus, ViewersReport } from "../../src/report/viewers.js";
import type { TestInstance } from "../rig/instance.js";
import { startUdpProxy } from "../rig/proxy-udp.js";
import { playOverUdp } from "../rig/udp-viewer.js";
import { until } from "../rig/until.js";
import { cameraMount, PATTERN, PATTERN_STEP, served, TEST_TIMEOUT_MS, testRig } from "./rig.js";

const rig = testRig();

const isOverUdp = ({ transport }: ViewerStatus) => transport === "udp";

async function overUdp({ directory }: TestInstance, stream: string): Promise<ViewerStatus | undefined> {
  const answer = await fetchViewers({ runtimeDir: join(directory, "run"), instance: "default" }, stream);
  return answer.ok ? answer.value.viewers.find(isOverUdp) : undefined;
}

/** As a user sees it. */
async function shown({ run }: TestInstance, stream: string): Promise<ViewerStatus | undefined> {
  const { stdout } = await run("viewers", stream, "--json");
  return (JSON.parse(stdout) as ViewersReport).viewers.find(isOverUdp);
}

test(
  "they go down a rung, or to the substream, and get all of it again when the line is good; others lose nothing",
  async () => {
    const camera = await rig.camera([
      cameraMount("/main"),
      cameraMount("/small", { width: 160, height: 120, bitrate: 100_000 }),
    ]);
    const { instance } = await rig.start({
      plain: served(PATTERN),
      both: served(`{ type: rtsp, uri: "${camera.uri("/main")}", substream: "${camera.uri("/small")}" }`),
    });
    const [goodPlain, goodBoth] = await Promise.all([
      rig.viewer(instance.rtspUrl("/plain")),
      rig.viewer(instance.rtspUrl("/both")),
    ]);
    await Promise.all([goodPlain.frames(5), goodBoth.frames(5)]);

    const fallAndClimb = async (stream: string, rungs: readonly string[]) => {
      const line = await rig.use(startUdpProxy(instance.rtspPort));
      const viewer = await rig.use(playOverUdp(line.uri(`/${stream}`)));
      const status = () => overUdp(instance, stream);
      await viewer.moreFrames(5);
      line.set({ loss: 0.5 });
      await until(async () => Number((await status())?.loss) > 0.1);
      await until(async () => rungs.includes((await status())?.state ?? ""));
      expect(["reference", "keyframes", "substream"]).toContain((await shown(instance, stream))?.state);
      line.behave();
      await until(async () => {
        const now = await status();
        return now?.state === "playing" && now.loss === 0;
      });
      await viewer.moreFrames(5);
      expect(viewer.track.lost).toBeGreaterThan(0);
    };
    await Promise.all([fallAndClimb("plain", ["reference", "keyframes"]), fallAndClimb("both", ["substream"])]);

    expect(goodPlain.tracks[0]).toMatchObject({ lost: 0, smallestStep: PATTERN_STEP, largestStep: PATTERN_STEP });
    expect(goodBoth.tracks[0]?.lost).toBe(0);
    await Promise.all([goodPlain.moreFrames(5), goodBoth.moreFrames(5)]);
  },
  2 * TEST_TIMEOUT_MS,
);
