/** Every kind of track is described as what it is, and plays. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import type { TestInstance } from "../rig/instance.js";
import { configOf, served, TEST_TIMEOUT_MS, testRig } from "./rig.js";

const rig = testRig(afterAll);

interface Kind {
  /** Arguments of ffmpeg. */
  readonly coding: readonly string[];
  /** Lines of the SDP, by track. */
  readonly described: readonly (readonly RegExp[])[];
  /** What ffprobe says of each track. */
  readonly probed: readonly object[];
  /** Elements of GStreamer from the depayloader to the decoder. */
  readonly decoders: readonly string[];
}

const X264 = ["-c:v", "libx264", "-preset", "veryfast", "-threads", "1", "-pix_fmt", "yuv420p"];
const PICTURE = { width: 320, height: 240, avg_frame_rate: "10/1" };
const H264_SDP = [
  /^m=video 0 RTP\/AVP 96$/,
  /^a=rtpmap:96 H264\/90000$/,
  /^a=fmtp:96 packetization-mode=1;sprop-parameter-sets=[\w+/=]+,[\w+/=]+;profile-level-id=64[0-9a-f]{4}/,
];

const KINDS: Readonly<Record<string, Kind>> = {
  aac: {
    coding: [...X264, "-bf", "0", "-c:a", "aac"],
    described: [
      H264_SDP,
      [
        /^m=audio 0 RTP\/AVP 97$/,
        /^a=rtpmap:97 MPEG4-GENERIC\/48000\/1$/,
        /^a=fmtp:97 .*mode=AAC-hbr;.*config=118856e500/,
      ],
    ],
    probed: [
      { codec_name: "h264", has_b_frames: 0, ...PICTURE },
      { codec_name: "aac", sample_rate: "48000", channels: 1 },
    ],
    decoders: ["rtph264depay ! avdec_h264", "rtpmp4gdepay ! avdec_aac"],
  },
  opus: {
    coding: [...X264, "-bf", "2", "-x264-params", "b-adapt=0:scenecut=0", "-c:a", "libopus"],
    // RFC 7587: always 48000/2, whatever is in it.
    described: [H264_SDP, [/^m=audio 0 RTP\/AVP 97$/, /^a=rtpmap:97 OPUS\/48000\/2$/]],
    probed: [
      { codec_name: "h264", has_b_frames: 2, ...PICTURE },
      { codec_name: "opus", sample_rate: "48000" },
    ],
    decoders: ["rtph264depay ! avdec_h264", "rtpopusdepay ! opusdec"],
  },
  alaw: {
    coding: ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error:pools=1", "-c:a", "pcm_alaw"],
    described: [
      [/^a=rtpmap:96 H265\/90000$/, /^a=fmtp:96 .*sprop-vps=[^;]+;sprop-sps=[^;]+;sprop-pps=[^;]+/],
      [/^m=audio 0 RTP\/AVP 8$/, /^a=rtpmap:8 PCMA\/8000$/],
    ],
    probed: [
      { codec_name: "hevc", ...PICTURE },
      { codec_name: "pcm_alaw", sample_rate: "8000", channels: 1 },
    ],
    decoders: ["rtph265depay ! avdec_h265", "rtppcmadepay ! alawdec"],
  },
  mulaw: {
    coding: ["-c:v", "mjpeg", "-huffman", "default", "-pix_fmt", "yuvj420p", "-c:a", "pcm_mulaw"],
    described: [
      [/^m=video 0 RTP\/AVP 26$/, /^a=rtpmap:26 JPEG\/90000$/],
      [/^m=audio 0 RTP\/AVP 0$/, /^a=rtpmap:0 PCMU\/8000$/],
    ],
    probed: [
      { codec_name: "mjpeg", ...PICTURE },
      { codec_name: "pcm_mulaw", sample_rate: "8000", channels: 1 },
    ],
    decoders: ["rtpjpegdepay ! jpegdec", "rtppcmudepay ! mulawdec"],
  },
};

/** Of each track, until it is believed to play. */
const ENOUGH = 8;

let instance: TestInstance;

async function makeClip(file: string, { coding }: Kind): Promise<void> {
  const picture = ["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10:duration=2"];
  const rate = coding.some((word) => word.startsWith("pcm_")) ? 8000 : 48_000;
  const sound = ["-f", "lavfi", "-i", `sine=sample_rate=${rate}:duration=2`];
  await execa("ffmpeg", ["-nostdin", "-v", "error", ...picture, ...sound, "-g", "10", ...coding, file]);
}

beforeAll(async () => {
  const names = Object.keys(KINDS);
  const streams = Object.fromEntries(names.map((name) => [name, served(`./${name}.mkv`)]));
  instance = await rig.instance((ports) => configOf(ports, streams));
  for (const [name, kind] of Object.entries(KINDS)) await makeClip(join(instance.directory, `${name}.mkv`), kind);
  await instance.up();
  await instance.running(...names);
}, TEST_TIMEOUT_MS);

async function probe(url: string): Promise<readonly object[]> {
  const options = ["-v", "error", "-rtsp_transport", "tcp", "-show_streams", "-of", "json"];
  const { stdout, stderr } = await execa("ffprobe", [...options, url]);
  expect(stderr).toBe("");
  return JSON.parse(stdout).streams;
}

async function playWithFfmpeg(url: string): Promise<void> {
  const limits = ["-frames:v", String(ENOUGH), "-frames:a", String(ENOUGH)];
  const input = ["-nostdin", "-v", "error", "-rtsp_transport", "tcp", "-i", url];
  const { stderr } = await execa("ffmpeg", [...input, "-map", "0:v", "-map", "0:a", ...limits, "-f", "null", "-"]);
  expect(stderr).toBe("");
}

/** Until every track was decoded for a while. It is ended from outside, as in test/rig/media.ts. */
async function playWithGStreamer(url: string, decoders: readonly string[]): Promise<void> {
  const branches = decoders.map(
    (decoder, index) => `source. ! ${decoder} ! identity name=track${index} silent=false ! fakesink sync=false`,
  );
  const text = [`rtspsrc name=source location=${url} protocols=tcp latency=100`, ...branches].join(" ");
  const player = spawn("gst-launch-1.0", ["-v", ...text.split(" ")], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(player, "exit");
  const counts = decoders.map(() => 0);
  createInterface({ input: player.stdout }).on("line", (line) => {
    const track = /GstIdentity:track(\d): last-message = chain/.exec(line)?.[1];
    if (track !== undefined) counts[Number(track)] = (counts[Number(track)] ?? 0) + 1;
    if (counts.every((count) => count >= ENOUGH)) player.kill("SIGKILL");
  });
  await ended;
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(ENOUGH);
}

test.each(Object.entries(KINDS))(
  "%s",
  async (name, { described, probed, decoders }) => {
    const url = instance.rtspUrl(`/${name}`);
    const { sdp } = await rig.viewer(url);
    const sections = sdp.split(/^(?=m=)/m).slice(1);
    expect(sections).toHaveLength(described.length);
    for (const [index, lines] of described.entries()) {
      const wanted = lines.map((line) => expect.stringMatching(line));
      expect(sections[index]?.split("\r\n")).toEqual(expect.arrayContaining(wanted));
    }

    const [tracks] = await Promise.all([probe(url), playWithFfmpeg(url), playWithGStreamer(url, decoders)]);
    expect(tracks).toMatchObject(probed);
  },
  TEST_TIMEOUT_MS,
);
