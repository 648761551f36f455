/** Looks at media with ffmpeg's eyes, and makes small clips. */

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";

export interface Packet {
  readonly track: number;
  readonly ptsMs: number;
  readonly isKey: boolean;
}

/** Every packet of the file, counted by reading it to its end. */
export async function packetsOf(file: string): Promise<Packet[]> {
  const entries = ["-show_entries", "packet=stream_index,pts_time,flags", "-of", "csv=print_section=0"];
  const { stdout } = await execa("ffprobe", ["-v", "error", ...entries, file]);
  return stdout.split("\n").map((line) => {
    const [track, pts, flags] = line.split(",");
    return { track: Number(track), ptsMs: Number(pts) * 1000, isKey: flags?.startsWith("K") ?? false };
  });
}

/** What a decoder complains about; empty for a file that plays from its beginning to its end. */
export async function decodingErrors(file: string): Promise<string> {
  // The times as they are: rounded to the nominal frame rate, two that come close would be one.
  const output = ["-fps_mode", "passthrough", "-enc_time_base", "-1", "-f", "null", "-"];
  const { stderr } = await execa("ffmpeg", ["-nostdin", "-v", "error", "-i", file, ...output], { reject: false });
  return stderr;
}

/** Steps between the times at which the frames of a track are shown. */
export function stepsOf(packets: readonly Packet[], track = 0): number[] {
  const times = packets
    .filter((packet) => packet.track === track)
    .map(({ ptsMs }) => ptsMs)
    .sort((one, other) => one - other);
  return times.slice(1).map((time, index) => time - (times[index] ?? 0));
}

/** Hashes of the coded frames of the first video track, without what a container adds. */
export async function frameHashes(input: readonly string[], frames?: number): Promise<string[]> {
  const limit = frames === undefined ? [] : ["-frames:v", String(frames)];
  const annexB = ["-map", "0:v:0", "-c", "copy", "-bsf:v", "h264_mp4toannexb,filter_units=remove_types=6-9"];
  const { stdout } = await execa("ffmpeg", [
    "-nostdin",
    "-v",
    "error",
    ...input,
    ...annexB,
    ...limit,
    "-f",
    "framehash",
    "-",
  ]);
  return stdout
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(",")[5]?.trim() ?? "");
}

/** Plays a mount until so many pictures were decoded; rejects when it does not, or complains. */
export async function playWithFfmpeg(url: string, transport: "tcp" | "udp", pictures = 5): Promise<void> {
  const output = ["-an", "-frames:v", String(pictures), "-f", "null", "-"];
  const { stderr } = await execa("ffmpeg", [
    "-nostdin",
    "-v",
    "error",
    "-rtsp_transport",
    transport,
    "-i",
    url,
    ...output,
  ]);
  if (stderr !== "") throw new Error(stderr);
}

/**
 * The same with GStreamer's RTSP source. It is ended from outside: left to end by itself, rtspsrc 1.22 now and then
 * interrupts its own PAUSE and calls that a connection closed by the server.
 */
export async function playWithGStreamer(url: string, pictures = 5, login: readonly string[] = []): Promise<void> {
  const source = ["rtspsrc", `location=${url}`, "protocols=tcp", "tls-validation-flags=0", ...login];
  const decoder = ["rtph264depay", "!", "h264parse", "!", "avdec_h264", "max-threads=1"];
  const told = ["identity", "name=decoded", "silent=false", "!", "fakesink", "sync=false"];
  const player = execa("gst-launch-1.0", ["-v", ...source, "!", ...decoder, "!", ...told], { reject: false });
  let decoded = 0;
  createInterface({ input: player.stdout }).on("line", (line) => {
    if (line.includes("decoded: last-message = chain")) decoded++;
    if (decoded === pictures) player.kill("SIGKILL");
  });
  const { stderr } = await player;
  if (decoded < pictures) throw new Error(`${decoded} of ${pictures} pictures\n${stderr}`);
}

/** A clip of 320x240, 10 fps, a keyframe a second, with the sound of a tone unless `audio` is off. */
export async function makeClip(file: string, { seconds = 4, bFrames = 0, audio = false } = {}): Promise<void> {
  const picture = ["-f", "lavfi", "-i", `testsrc2=size=320x240:rate=10:duration=${seconds}`];
  const sound = audio ? ["-f", "lavfi", "-i", `sine=sample_rate=48000:duration=${seconds}`] : [];
  const codec = ["-c:v", "libx264", "-preset", "ultrafast", "-threads", "1", "-bf", String(bFrames), "-g", "10"];
  await execa("ffmpeg", ["-nostdin", "-v", "error", "-y", ...picture, ...sound, ...codec, "-pix_fmt", "yuv420p", file]);
}

/** Recordings below a folder, finished and unfinished ones, in the order of their names. */
export function recordingsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(mkv|mp4)(\.part)?$/.test(file))
    .sort()
    .map((file) => join(folder, file));
}

export interface Payload {
  readonly track: number;
  readonly ptsMs: number;
  /** `null` where the container has none. */
  readonly dtsMs: number | null;
  readonly hash: string;
}

/** Every packet of the file in its order, with a hash of what is in it. */
export async function payloadsOf(file: string): Promise<Payload[]> {
  const entries = ["-show_entries", "packet=stream_index,pts_time,dts_time,data_hash", "-of", "csv=print_section=0"];
  const { stdout } = await execa("ffprobe", ["-v", "error", "-show_data_hash", "md5", ...entries, file]);
  return stdout.split("\n").map((line) => {
    const [track, pts, dts, ...rest] = line.split(",");
    const dtsMs = dts === undefined || dts === "N/A" ? null : Number(dts) * 1000;
    return { track: Number(track), ptsMs: Number(pts) * 1000, dtsMs, hash: rest.join() };
  });
}
