/** Other programs of the machine read a stream, whatever becomes of its worker and of each other. */

import { join } from "node:path";
import { frameHashes, makeClip } from "../rig/media.js";
import { readTap, type TapFrame, type TapReader } from "../rig/tap-reader.js";
import { until } from "../rig/until.js";
import { configOf, PATTERN, served, testRig } from "./rig.js";

const rig = testRig();
const readers: TapReader[] = [];

afterEach(() => {
  for (const reader of readers.splice(0)) reader.drop();
});

async function read(path: string): Promise<TapReader> {
  const reader = await readTap(path);
  readers.push(reader);
  return reader;
}

async function framesOf(path: string): Promise<readonly TapFrame[]> {
  return (await read(path)).frames(5);
}

const tapped = (source: string) => served(source, "outputs: [{ type: rtsp }, { type: tap }]");

test("a reader finds the stream at the same path after its worker was killed, and disturbs nobody", async () => {
  const { instance, expectUndisturbed } = await rig.start({ cam: tapped(PATTERN) });
  const path = join(instance.instanceDirectory, "taps", "cam");
  const first = await read(path);
  const frames = await first.frames(12);
  expect(frames[0]?.isKeyframe).toBe(true);
  expect(first.caps()).toMatch(/^video\/x-h264.*codec_data/);
  expect(new Set(frames.slice(1).map(({ pts }, index) => pts - (frames[index]?.pts ?? 0n)))).toEqual(
    new Set([100_000_000n]),
  );
  const { outputs } = await instance.streamUntil("cam", ({ outputs }) => outputs.some(({ readers }) => readers === 1));
  expect(outputs[1]).toMatchObject({ kind: "tap", state: "up", path, framesDropped: 0 });

  process.kill(instance.workerPid("cam"), "SIGKILL");
  await first.closed;
  // The dead worker's socket may take a connection for a moment yet.
  const again = await until(() => framesOf(path).catch(() => undefined));
  expect(again[0]?.isKeyframe).toBe(true);
  await expectUndisturbed();
});

test("a tap gives what is in the file, frame by frame, over the seam of the loop and an outage", async () => {
  const instance = await rig.instance((ports) => configOf(ports, { clip: tapped("./clip.mp4") }));
  const clip = join(instance.directory, "clip.mp4");
  await makeClip(clip, { seconds: 2, audio: true });
  await instance.up();
  await instance.running("clip");
  const source = await frameHashes(["-i", clip]);
  const reader = await read(join(instance.instanceDirectory, "taps", "clip"));
  const sound = await read(join(instance.instanceDirectory, "taps", "clip.audio"));
  const frames = await reader.frames(source.length + 5);
  expect(new Set(frames.slice(0, source.length).map(({ hash }) => hash)).size).toBe(source.length);
  expect(frames.slice(source.length).map(({ hash }) => hash)).toEqual(frames.slice(0, 5).map(({ hash }) => hash));
  for (const [index, { pts }] of frames.slice(1).entries()) expect(pts).toBeGreaterThan(frames[index]?.pts ?? 0n);
  await sound.frames(20);
  expect(sound.caps()).toMatch(/^audio\/mpeg/);
});
