/** A stream that takes another one as its source. */

import { join } from "node:path";
import { frameHashes, makeClip } from "../rig/media.js";
import { startSilentPort } from "../rig/silent-port.js";
import { readTap } from "../rig/tap-reader.js";
import { configOf, PATTERN, PATTERN_STEP, recorded, served, testRig } from "./rig.js";

const rig = testRig();

const COPY = recorded("{ type: stream, from: front }");

test("all tracks of another stream come as they are", async () => {
  const instance = await rig.instance((ports) => {
    const tapped = served("{ type: stream, from: clip }", "outputs: [{ type: tap }]");
    // The copy of the copy stands before both: they wait for each other, whatever the order.
    const copies = { second: served("{ type: stream, from: first }"), first: tapped };
    return configOf(ports, { ...copies, clip: served("./clip.mp4") });
  });
  const clip = join(instance.directory, "clip.mp4");
  await makeClip(clip, { seconds: 2, audio: true, bFrames: 2 });
  await instance.up();
  await instance.running("clip", "first", "second");
  const reader = await readTap(join(instance.instanceDirectory, "taps", "first"));
  const frames = await reader.frames(20);
  reader.drop();
  expect(new Set(frames.map(({ hash }) => hash)).size).toBe((await frameHashes(["-i", clip])).length);
  const { source } = await instance.stream("second");
  expect(source).toMatchObject({ kind: "stream", uri: "stream://first" });
  expect(source.tracks.map(({ encoding }) => encoding)).toEqual(["h264", "aac"]);
});

test("its first attempt waits for that of its origin", async () => {
  const silent = await rig.use(startSilentPort(0));
  const instance = await rig.instance((ports) =>
    configOf(ports, {
      copy: served("{ type: stream, from: front }"),
      front: served(`"rtsp://127.0.0.1:${silent.port}/front"`, "timeouts: { connect: 2s }"),
    }),
  );
  await instance.up();
  await instance.logged(({ stream, message }) => stream === "copy" && message.startsWith("recovering"));
  const first = instance.log().find(({ message }) => message.startsWith("recovering"));
  expect(first?.stream).toBe("front");
});

test("a worker that is killed, a pause and an edit of the origin are ordinary outages of the copy", async () => {
  const { instance, save, expectUndisturbed } = await rig.start({ front: served(PATTERN), copy: COPY });
  const viewer = await rig.viewer(instance.rtspUrl("/copy"));
  await viewer.frames(5);
  const pid = instance.workerPid("copy");

  const before = await instance.stream("copy");
  process.kill(instance.workerPid("front"), "SIGKILL");
  await instance.streamUntil("copy", ({ recovery }) => recovery.attempts > before.recovery.attempts);
  await instance.running("front", "copy");
  await viewer.moreFrames(5);

  await instance.run("pause", "front");
  const away = await instance.streamUntil("copy", ({ state }) => state === "holding");
  expect(away).toMatchObject({ breaker: "open", failure: { class: "refused" } });
  expect(away.failure?.message).toContain("front");
  await instance.run("resume", "front");
  await instance.running("front", "copy");
  await viewer.moreFrames(5);

  save({ front: served(PATTERN.replace("ball", "smpte")), copy: COPY });
  await instance.logged(({ stream, message }) => stream === "front" && message.includes("the source changed"));
  await instance.running("front", "copy");
  await viewer.moreFrames(10);
  expect(viewer.tracks[0]).toMatchObject({ lost: 0 });
  expect(viewer.tracks[0]?.smallestStep).toBeGreaterThanOrEqual(PATTERN_STEP / 2);
  expect(instance.workerPid("copy")).toBe(pid);
  await expectUndisturbed();
});
