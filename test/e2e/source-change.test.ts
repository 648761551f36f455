/** The `uri` of a running stream is edited: another camera takes the place of the first one. */

import { join } from "node:path";
import { decodingErrors, packetsOf, recordingsIn, stepsOf } from "../rig/media.js";
import { cameraMount, recorded, SECOND, served, testRig } from "./rig.js";

const rig = testRig();

/** Whoever waits for the next keyframe of these waits for long. */
const RARE_KEYFRAMES = { gop: 75 };

test("a camera of the same codec: viewers and recorder change over at a keyframe, and lose nothing", async () => {
  const camera = await rig.camera([cameraMount("/old", RARE_KEYFRAMES), cameraMount("/new", RARE_KEYFRAMES)]);
  const { instance, save, expectUndisturbed } = await rig.start({ cam: recorded(`"${camera.uri("/old")}"`) });
  const pid = instance.workerPid("cam");
  const viewer = await rig.viewer(instance.rtspUrl("/cam"));
  await viewer.frames(25);

  for (const path of ["/new", "/old", "/new"]) {
    save({ cam: recorded(`"${camera.uri(path)}"`) });
    await instance.streamUntil("cam", ({ source, state }) => source.uri === camera.uri(path) && state === "running");
    await viewer.moreFrames(25);
  }
  expect(viewer.tracks[0]?.lost).toBe(0);
  expect(viewer.tracks[0]?.smallestStep).toBeGreaterThan(0);
  expect(viewer.tracks[0]?.largestStep).toBeLessThan(SECOND / 4);
  expect(instance.workerPid("cam")).toBe(pid);
  expect((await instance.stream("cam")).recovery).toMatchObject({ outages: 0, failures: {} });
  expect((await camera.stats()).find(({ mount }) => mount === "/old")?.clients).toBe(0);
  await expectUndisturbed();

  await instance.run("down");
  const [file = "", ...others] = recordingsIn(join(instance.recordings, "cam"));
  expect(others).toEqual([]);
  expect(await decodingErrors(file)).toBe("");
  expect(Math.max(...stepsOf(await packetsOf(file)))).toBeLessThan(250);
});

test.each([
  ["codec", { encoding: "h265" }],
  ["codec that needs no parameters", { encoding: "jpeg" }],
])("a camera of another %s: a clean cut for viewers and recorder", async (_name, format) => {
  const camera = await rig.camera([cameraMount("/old"), cameraMount("/new", format)]);
  const { instance, save, expectUndisturbed } = await rig.start({ cam: recorded(`"${camera.uri("/old")}"`) });
  const pid = instance.workerPid("cam");
  const viewer = await rig.viewer(instance.rtspUrl("/cam"));
  await viewer.frames(10);

  save({ cam: recorded(`"${camera.uri("/new")}"`) });
  await viewer.closed;
  const { source } = await instance.streamUntil("cam", (stream) => {
    return stream.state === "running" && stream.source.tracks[0]?.encoding === format.encoding;
  });
  expect(source.uri).toBe(camera.uri("/new"));
  const next = await rig.viewer(instance.rtspUrl("/cam"));
  await next.frames(25);
  expect(next.tracks[0]?.lost).toBe(0);
  expect(instance.workerPid("cam")).toBe(pid);
  await expectUndisturbed();

  await instance.run("down");
  const files = recordingsIn(join(instance.recordings, "cam"));
  expect(files).toHaveLength(2);
  for (const file of files) {
    expect((await packetsOf(file))[0]?.isKey).toBe(true);
    expect(await decodingErrors(file)).toBe("");
  }
});

test("a camera that is not there: the old picture goes on until that is certain, and is back with the old address", async () => {
  const [camera, gone] = [await rig.camera([cameraMount("/cam")]), await rig.camera([cameraMount("/cam")])];
  const { instance, save, expectUndisturbed } = await rig.start({ cam: served(`"${camera.uri("/cam")}"`) });
  const viewer = await rig.viewer(instance.rtspUrl("/cam"));
  await viewer.frames(10);
  await gone.kill();

  save({ cam: served(`"${gone.uri("/cam")}"`) });
  const failed = await instance.streamUntil("cam", ({ failure }) => failure !== null);
  expect(failed).toMatchObject({ failure: { class: "refused" }, source: { uri: gone.uri("/cam") } });
  save({ cam: served(`"${camera.uri("/cam")}"`) });
  await instance.running("cam");
  await viewer.moreFrames(25);
  expect(viewer.tracks[0]?.lost).toBe(0);
  expect(viewer.tracks[0]?.smallestStep).toBeGreaterThan(0);
  await expectUndisturbed();
});
