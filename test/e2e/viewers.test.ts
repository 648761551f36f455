/** What viewers of one mount see, and that they do not disturb each other. */

import { join } from "node:path";
import { execa } from "execa";
import { frameHashes, makeClip, playWithFfmpeg } from "../rig/media.js";
import { configOf, PATTERN, PATTERN_STEP, served, testRig } from "./rig.js";

const rig = testRig();

test("two viewers at once see the same, whoever comes or goes", async () => {
  const instance = await rig.instance((ports) => configOf(ports, { cam: served(PATTERN) }));
  await instance.up();
  await instance.running("cam");
  const first = await rig.viewer(instance.rtspUrl("/cam"));
  const second = await rig.viewer(instance.rtspUrl("/cam"));
  await Promise.all([first.frames(10), second.frames(10)]);
  await instance.streamUntil("cam", ({ outputs }) => outputs.some(({ viewers }) => viewers === 2));
  second.drop();
  const third = await rig.viewer(instance.rtspUrl("/cam"));
  await Promise.all([first.moreFrames(10), third.frames(10)]);
  await third.close();
  await first.moreFrames(5);
  for (const { tracks } of [first, second, third]) {
    expect(tracks[0]).toMatchObject({ lost: 0, smallestStep: PATTERN_STEP, largestStep: PATTERN_STEP });
  }
  await instance.streamUntil("cam", ({ outputs }) => outputs.some(({ viewers }) => viewers === 1));
});

test("a viewer that joins long after the last keyframe sees the picture at once", async () => {
  const camera = await rig.camera([
    { path: "/cam", source: { kind: "pattern", width: 320, height: 240, fps: 10, bitrate: 200_000, gop: 10_000 } },
  ]);
  const instance = await rig.instance((ports) => configOf(ports, { cam: served(`"${camera.uri("/cam")}"`) }));
  await instance.up();
  await instance.running("cam");
  const early = await rig.viewer(instance.rtspUrl("/cam"));
  await early.frames(40);
  const late = await rig.viewer(instance.rtspUrl("/cam"));
  await late.frames(40);
  await playWithFfmpeg(instance.rtspUrl("/cam"), "tcp");
  expect(late.tracks[0]?.lost).toBe(0);
});

test("what comes out of a mount is what was in the file, frame by frame, over the seam of the loop", async () => {
  const instance = await rig.instance((ports) => configOf(ports, { clip: served("./clip.mp4") }));
  const clip = join(instance.directory, "clip.mp4");
  await makeClip(clip, { seconds: 2 });
  await instance.up();
  await instance.running("clip");
  const source = await frameHashes(["-i", clip]);
  const seen = await frameHashes(["-rtsp_transport", "tcp", "-i", instance.rtspUrl("/clip")], 2 * source.length);
  expect(source).toHaveLength(20);
  const begin = source.indexOf(seen[0] ?? "");
  expect(begin).toBeGreaterThanOrEqual(0);
  expect(seen).toEqual(seen.map((_hash, index) => source[(begin + index) % source.length]));
});

test("a viewer that does not read loses frames; the other one loses none", async () => {
  const instance = await rig.instance((ports) => configOf(ports, { heavy: served("./heavy.mkv") }));
  const noise = ["-f", "lavfi", "-i", "nullsrc=size=640x480:rate=25:duration=2,geq=random(1)*255:128:128"];
  const coded = ["-c:v", "libx264", "-preset", "ultrafast", "-qp", "10", "-g", "25", "-bf", "0", "-threads", "1"];
  await execa("ffmpeg", ["-nostdin", "-v", "error", ...noise, ...coded, join(instance.directory, "heavy.mkv")]);
  await instance.up();
  await instance.running("heavy");
  const reading = await rig.viewer(instance.rtspUrl("/heavy"));
  const hanging = await rig.viewer(instance.rtspUrl("/heavy"));
  await Promise.all([reading.frames(10), hanging.frames(10)]);
  hanging.stopReading();
  await instance.streamUntil("heavy", ({ outputs }) => outputs.some(({ framesDropped }) => Number(framesDropped) > 0));
  await reading.moreFrames(25);
  expect(reading.tracks[0]).toMatchObject({ lost: 0, smallestStep: 3600, largestStep: 3600 });
});
