/** RTSP clients that people use: each plays a mount until it has taken in enough, and what it took in is told by hashes. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { until } from "./until.js";

export type Codec = "h264" | "h265";
export type Transport = "tcp" | "udp";

export interface Mount {
  readonly url: string;
  readonly codec: Codec;
  /** Whether there is AAC beside it. */
  readonly audio: boolean;
  readonly transport: Transport;
}

/** Hashes of the coded frames in the order of the stream. */
export interface Frames {
  readonly video: readonly string[];
  readonly audio: readonly string[];
}

/** What is enough: either so many bytes, all tracks together, or so many frames of each. */
export interface Amount {
  readonly bytes: number;
  readonly video: number;
  readonly audio: number;
}

/** Plays until that, or a little more or less, has come. */
export type Client = (mount: Mount, amount: Amount) => Promise<Frames>;

/** Without parameter sets, delimiters and SEI: every container and client adds them as it likes. */
const BARE: Record<Codec, string> = {
  h264: "h264_mp4toannexb,filter_units=remove_types=6-9",
  h265: "hevc_mp4toannexb,filter_units=remove_types=32-40",
};

function outputOf(codec: Codec, audio: boolean): string[] {
  const sound = audio ? ["-map", "0:a:0", "-bsf:a", "aac_adtstoasc"] : [];
  return ["-map", "0:v:0", "-bsf:v", BARE[codec], ...sound, "-c", "copy"];
}

function parseHashes(stdout: string): Frames {
  const lines = stdout
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(",").map((cell) => cell.trim()));
  const of = (track: string) => lines.filter(([index]) => index === track).map((cells) => cells[5] ?? "");
  return { video: of("0"), audio: of("1") };
}

async function hash(input: readonly string[], output: readonly string[]): Promise<Frames> {
  const { stdout } = await execa("ffmpeg", ["-nostdin", "-v", "error", ...input, ...output, "-f", "framehash", "-"]);
  return parseHashes(stdout);
}

/** Of all that is in a file. */
export function framesOf(file: string, codec: Codec, audio: boolean): Promise<Frames> {
  return hash(["-i", file], outputOf(codec, audio));
}

export const ffmpegClient: Client = ({ url, codec, audio, transport }, amount) => {
  const limits = ["-frames:v", String(amount.video), ...(audio ? ["-frames:a", String(amount.audio)] : [])];
  return hash(["-rtsp_transport", transport, "-i", url], [...outputOf(codec, audio), ...limits]);
};

/** Ended from outside once `file` is large enough: its last frame may be there in part only. */
async function killWhenLarge(player: ChildProcess, file: string, bytes: number): Promise<void> {
  const ended = once(player, "exit");
  await until(() => {
    if (player.exitCode !== null) throw new Error(`${player.spawnfile} ended with ${player.exitCode}`);
    return existsSync(file) && statSync(file).size >= bytes;
  });
  player.kill("SIGKILL");
  await ended;
}

const butLast = (frames: readonly string[]) => frames.slice(0, -1);

async function inDirectory<Value>(use: (directory: string) => Promise<Value>): Promise<Value> {
  const directory = mkdtempSync(join(tmpdir(), "clients-"));
  try {
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const DEPAYLOAD: Record<Codec, string> = {
  h264: "rtph264depay ! h264parse ! video/x-h264,stream-format=byte-stream,alignment=au",
  h265: "rtph265depay ! h265parse ! video/x-h265,stream-format=byte-stream,alignment=au",
};

export const gstreamerClient: Client = ({ url, codec, audio, transport }, { bytes }) =>
  inDirectory(async (directory) => {
    const [video, sound] = [join(directory, "video"), join(directory, "audio")];
    const sink = (file: string) => `filesink location=${file} buffer-mode=unbuffered async=false`;
    const aac = `source. ! rtpmp4gdepay ! aacparse ! audio/mpeg,stream-format=adts ! ${sink(sound)}`;
    const text = [
      `rtspsrc name=source location=${url} protocols=${transport}`,
      `source. ! ${DEPAYLOAD[codec]} ! ${sink(video)}`,
      ...(audio ? [aac] : []),
    ].join(" ");
    await killWhenLarge(spawn("gst-launch-1.0", ["-q", ...text.split(" ")], { stdio: "inherit" }), video, bytes);
    const demuxer = codec === "h265" ? "hevc" : codec;
    const pictures = await hash(["-f", demuxer, "-i", video], outputOf(codec, false));
    const sounds = audio
      ? await hash(["-f", "aac", "-i", sound], ["-bsf:a", "aac_adtstoasc", "-c", "copy"])
      : undefined;
    return { video: butLast(pictures.video), audio: butLast(sounds?.video ?? []) };
  });

/** VLC plays RTSP with the plugin live555 alone; Debian 12 builds it without. */
export function vlcPlaysRtsp(): boolean {
  const plugins = "vlc/plugins/access";
  const libraries = ["/usr/lib", ...readdirSync("/usr/lib").map((name) => join("/usr/lib", name))];
  const given = (process.env.VLC_PLUGIN_PATH ?? "").split(delimiter).filter((path) => path !== "");
  return [...given, ...libraries.map((library) => join(library, plugins))].some((directory) =>
    existsSync(join(directory, "liblive555_plugin.so")),
  );
}

/** It refuses to run as root. */
const AS_NOBODY = process.getuid?.() === 0 ? ["setpriv", "--reuid=65534", "--clear-groups"] : [];

export const vlcClient: Client = ({ url, codec, audio, transport }, { bytes }) =>
  inDirectory(async (directory) => {
    const file = join(directory, "stream.ts");
    const output = openSync(file, "w");
    const options = ["-q", "-I", "dummy", ...(transport === "tcp" ? ["--rtsp-tcp"] : [])];
    const [command = "", ...argv] = [...AS_NOBODY, "cvlc", ...options, url, "--sout", "#std{access=file,mux=ts,dst=-}"];
    const env = { ...process.env, HOME: "/nonexistent" };
    const player = spawn(command, argv, { stdio: ["ignore", output, "ignore"], env });
    await killWhenLarge(player, file, bytes);
    closeSync(output);
    const { video, audio: sounds } = await framesOf(file, codec, audio);
    return { video: butLast(video), audio: butLast(sounds) };
  });
