/** The clients that people use get what is in the source, frame by frame, over TCP and UDP. */

import { statSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import {
  type Client,
  type Codec,
  type Frames,
  ffmpegClient,
  framesOf,
  gstreamerClient,
  type Transport,
  vlcClient,
  vlcPlaysRtsp,
} from "../rig/clients.js";
import type { TestInstance } from "../rig/instance.js";
import { configOf, served, TEST_TIMEOUT_MS, testRig } from "./rig.js";

const rig = testRig(afterAll);

interface Clip {
  readonly file: string;
  readonly codec: Codec;
  readonly audio: boolean;
  readonly coding: readonly string[];
}

const X264 = ["-c:v", "libx264", "-preset", "veryfast", "-threads", "1"];

/** Each frame of them is another one, and what follows a keyframe does without what was before it. */
const CLIPS: Readonly<Record<string, Clip>> = {
  sound: {
    file: "sound.mkv",
    codec: "h264",
    audio: true,
    coding: [...X264, "-bf", "0", "-c:a", "aac"],
  },
  reordered: {
    file: "reordered.mp4",
    codec: "h264",
    audio: false,
    coding: [...X264, "-bf", "2", "-x264-params", "b-adapt=0:scenecut=0", "-an"],
  },
  h265: {
    file: "h265.mkv",
    codec: "h265",
    audio: false,
    coding: ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error:pools=1:open-gop=0", "-an"],
  },
};
const SECONDS = 1.2;
/** No longer than the picture, with the frame that the encoder adds: a loop cuts what is longer. */
const SOUND_SECONDS = 1.15;
const NOISE = "noise=alls=20:allf=t";

/** What every client is to take in: it begins in the middle and goes over the seam of the loop. */
const SHARE = 1.6;

let instance: TestInstance;
const sources = new Map<string, Frames>();

async function makeClip(name: string, { file, codec, audio, coding }: Clip): Promise<void> {
  const path = join(instance.directory, file);
  const picture = ["-f", "lavfi", "-i", `testsrc2=size=320x240:rate=25:duration=${SECONDS},${NOISE}`];
  const sound = ["-f", "lavfi", "-i", `anoisesrc=sample_rate=48000:seed=1:duration=${SOUND_SECONDS}`];
  const common = ["-nostdin", "-v", "error", ...picture, ...sound, "-pix_fmt", "yuv420p", "-g", "10", ...coding];
  await execa("ffmpeg", [...common, path]);
  sources.set(name, await framesOf(path, codec, audio));
}

beforeAll(async () => {
  const streams = Object.entries(CLIPS).map(([name, { file }]) => [name, served(`./${file}`)] as const);
  instance = await rig.instance((ports) => configOf(ports, Object.fromEntries(streams)));
  for (const [name, clip] of Object.entries(CLIPS)) await makeClip(name, clip);
  await instance.up();
  await instance.running(...Object.keys(CLIPS));
}, TEST_TIMEOUT_MS);

/** Where something is missing, doubled or out of order between the first frame and the last: [place in the source, what followed]. */
function gapsIn(seen: readonly string[], source: readonly string[]): [number, number][] {
  const places = seen.map((hash) => source.indexOf(hash));
  return places
    .slice(1)
    .map((place, index): [number, number] => [places[index] ?? 0, place])
    .filter(([before, place]) => place !== (before + 1) % source.length);
}

function expectToFollow(seen: readonly string[], source: readonly string[]): void {
  expect(new Set(source).size).toBe(source.length);
  expect(seen.length).toBeGreaterThan(source.length);
  expect(source).toContain(seen[0]);
  expect(gapsIn(seen, source)).toEqual([]);
}

async function play(client: Client, name: string, clip: Clip, transport: Transport): Promise<void> {
  const { file, codec, audio } = clip;
  const source = sources.get(name) ?? { video: [], audio: [] };
  const seen = await client(
    { url: instance.rtspUrl(`/${name}`), codec, audio, transport },
    {
      bytes: Math.round(SHARE * statSync(join(instance.directory, file)).size),
      video: Math.round(SHARE * source.video.length),
      audio: Math.round(SHARE * source.audio.length),
    },
  );
  expectToFollow(seen.video, source.video);
  if (!audio) return;
  // Where sound ends before the picture, the seam of the loop has frames of silence.
  const sound = seen.audio.filter((hash) => source.audio.includes(hash));
  expectToFollow(sound, source.audio);
}

/** All at once. */
async function playAll(client: Client): Promise<void> {
  const all = Object.entries(CLIPS).flatMap(([name, clip]) =>
    (["tcp", "udp"] as const).map((transport) => play(client, name, clip, transport)),
  );
  await Promise.all(all);
}

test("ffmpeg", () => playAll(ffmpegClient), TEST_TIMEOUT_MS);

test("GStreamer", () => playAll(gstreamerClient), TEST_TIMEOUT_MS);

/** It drops what it has until the next keyframe where it hears of the time only after the first packet. */
(vlcPlaysRtsp() ? test : test.skip)("VLC", () => playAll(vlcClient), TEST_TIMEOUT_MS);
