/** What viewers are told of a stream that has no picture for them. */

import { join } from "node:path";
import { makeClip } from "../rig/media.js";
import { playRtsp, RtspRefused } from "../rig/rtsp-viewer.js";
import { cameraMount, configOf, served, testRig } from "./rig.js";

const rig = testRig();

/** The status line with which a viewer is refused. */
async function refusal(url: string): Promise<string> {
  try {
    (await playRtsp(url)).drop();
    return "";
  } catch (error) {
    if (error instanceof RtspRefused) return error.statusLine;
    throw error;
  }
}

test("what is wrong with it, with a worker and without, and no more than strangers may hear", async () => {
  const camera = await rig.camera([cameraMount("/cam", {}, { user: "viewer", password: "right", auth: "digest" })]);
  const instance = await rig.instance((ports) =>
    configOf(ports, {
      ended: served("{ type: file, path: clip.mp4, loop: false }"),
      locked: served(
        `{ type: rtsp, uri: "${camera.uri("/cam")}", user: viewer, password: hunter2 }`,
        "retry: { maxAttempts: 1 }",
      ),
      broken: served('{ type: pipeline, pipeline: "nosuchelement ! h264parse" }'),
    }),
  );
  await makeClip(join(instance.directory, "clip.mp4"), { seconds: 1 });
  await instance.up();
  await instance.streamUntil("ended", ({ state }) => state === "stopped");
  for (const name of ["locked", "broken"]) await instance.streamUntil(name, ({ state }) => state === "holding");

  const sentences = {
    ended: "The file ended.",
    locked: "The camera did not accept the user name or password.",
    broken: "GStreamer does not accept the pipeline.",
  };
  await Promise.all(
    Object.entries(sentences).map(async ([name, sentence]) => {
      expect(await refusal(instance.rtspUrl(`/${name}`))).toBe(`RTSP/1.0 503 ${sentence}`);
    }),
  );
});
