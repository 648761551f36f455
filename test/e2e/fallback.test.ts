/** What viewers see while the source is away, where the config asks for a still. */

import { join } from "node:path";
import { decodingErrors, packetsOf, playWithFfmpeg, recordingsIn, stepsOf } from "../rig/media.js";
import { cameraMount, recorded, SECOND, served, testRig } from "./rig.js";

const rig = testRig();

/** A still comes a second after the last picture, and then every second. */
const LONGEST_STEP = 2.5 * SECOND;

test("its last picture, or a slate: viewers have one all the time, recordings do not", async () => {
  const camera = await rig.camera([cameraMount("/last"), cameraMount("/slate"), cameraMount("/none")]);
  const { instance, expectUndisturbed } = await rig.start({
    last: recorded(`"${camera.uri("/last")}"`, "mkv", "fallback: last-frame"),
    slate: recorded(`"${camera.uri("/slate")}"`, "mp4", "fallback: slate"),
    none: served(`"${camera.uri("/none")}"`),
  });
  const names = ["last", "slate"];
  const viewers = await Promise.all(names.map((name) => rig.viewer(instance.rtspUrl(`/${name}`))));
  const without = await rig.viewer(instance.rtspUrl("/none"));
  await Promise.all([...viewers, without].map((viewer) => viewer.frames(25)));

  await camera.kill();
  await Promise.all(viewers.map((viewer) => viewer.moreFrames(1)));
  const atLast = without.tracks[0]?.frames;
  await Promise.all(viewers.map((viewer) => viewer.moreFrames(3)));
  await Promise.all(names.map((name) => playWithFfmpeg(instance.rtspUrl(`/${name}`), "tcp", 2)));
  expect(without.tracks[0]?.frames).toBe(atLast);

  await camera.restart();
  await instance.running("last", "slate", "none");
  await Promise.all([...viewers, without].map((viewer) => viewer.moreFrames(25)));
  for (const { tracks } of viewers) {
    expect(tracks[0]?.lost).toBe(0);
    expect(tracks[0]?.smallestStep).toBeGreaterThan(0);
    expect(tracks[0]?.largestStep).toBeLessThan(LONGEST_STEP);
  }
  expect(without.tracks[0]?.largestStep).toBeGreaterThan(LONGEST_STEP);
  await expectUndisturbed();

  await instance.run("down");
  for (const name of names) {
    const files = recordingsIn(join(instance.recordings, name));
    expect(files).toHaveLength(2);
    for (const file of files) {
      expect(await decodingErrors(file)).toBe("");
      expect(Math.max(...stepsOf(await packetsOf(file)))).toBeLessThan(500);
    }
  }
});

test("a slate also before there ever was a picture, and the live one follows it", async () => {
  const camera = await rig.camera([cameraMount("/cam", { width: 1280, height: 720, bitrate: 1_000_000 })]);
  await camera.kill();
  const { instance } = await rig.start({ cam: served(`"${camera.uri("/cam")}"`, "fallback: slate") }, { awaited: [] });
  await instance.streamUntil("cam", ({ state }) => state === "recovering" || state === "holding");
  const viewer = await rig.viewer(instance.rtspUrl("/cam"));
  await viewer.frames(2);
  await playWithFfmpeg(instance.rtspUrl("/cam"), "tcp", 2);
  expect((await instance.stream("cam")).state).not.toBe("running");

  await camera.restart();
  await instance.running("cam");
  await viewer.moreFrames(25);
  expect(viewer.tracks[0]?.smallestStep).toBeGreaterThan(0);
  await playWithFfmpeg(instance.rtspUrl("/cam"), "tcp");
});

test("an edit of the fallback is in force at once, in the same worker, for the viewers who are there", async () => {
  const camera = await rig.camera([cameraMount("/cam")]);
  const { instance, save } = await rig.start({ cam: served(`"${camera.uri("/cam")}"`) });
  const pid = instance.workerPid("cam");
  const viewer = await rig.viewer(instance.rtspUrl("/cam"));
  await viewer.frames(25);
  await camera.kill();
  await instance.streamUntil("cam", ({ state }) => state === "holding");
  save({ cam: served(`"${camera.uri("/cam")}"`, "fallback: last-frame") });
  await viewer.moreFrames(3);
  expect(viewer.tracks[0]?.smallestStep).toBeGreaterThan(0);
  expect(instance.workerPid("cam")).toBe(pid);
});
