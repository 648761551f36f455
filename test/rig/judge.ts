/** Whether a finished recording is what a player and a person expect. */

import { closeSync, openSync, readSync, statSync } from "node:fs";
import { execa } from "execa";
import { decodingErrors } from "./media.js";

export interface Verdict {
  /** Of the video. */
  readonly frames: number;
  /** Of their media, in order. */
  readonly hashes: readonly string[];
  /** Empty for a file that is whole. */
  readonly problems: readonly string[];
}

interface Probe {
  readonly packets: readonly {
    codec_type: string;
    pts_time?: string;
    dts_time?: string;
    duration_time?: string;
    data_hash?: string;
  }[];
  readonly format: { duration?: string };
}

/** At 25 frames a second, with what the units of a container round away. */
const ONE_FRAME_S = 0.045;

async function probe(file: string): Promise<Probe | undefined> {
  const entries = "packet=codec_type,pts_time,dts_time,duration_time,data_hash:format=duration";
  const { stdout, failed, stderr } = await execa(
    "ffprobe",
    ["-v", "error", "-show_data_hash", "MD5", "-show_entries", entries, "-of", "json", file],
    {
      reject: false,
    },
  );
  return failed || stderr !== "" ? undefined : (JSON.parse(stdout) as Probe);
}

/** Types of the boxes that a file consists of. */
export function boxesOf(file: string): string[] {
  const fd = openSync(file, "r");
  const size = statSync(file).size;
  const head = Buffer.alloc(16);
  const types: string[] = [];
  for (let at = 0; at + 8 <= size; ) {
    readSync(fd, head, 0, 16, at);
    types.push(head.toString("latin1", 4, 8));
    const length = head.readUInt32BE(0);
    at += length === 1 ? Number(head.readBigUInt64BE(8)) : length === 0 ? size : length;
  }
  closeSync(fd);
  return types;
}

function durationProblem({ packets, format }: Probe): string[] {
  const ends = packets.map(({ pts_time, dts_time, duration_time }) => {
    return Number(pts_time ?? dts_time ?? 0) + Number(duration_time ?? 0);
  });
  const end = Math.max(0, ...ends);
  const duration = Number(format.duration);
  return Math.abs(duration - end) <= ONE_FRAME_S ? [] : [`duration ${format.duration} s, but it ends at ${end} s`];
}

async function seekProblem(file: string, { format }: Probe): Promise<string[]> {
  const seek = ["-ss", String(Number(format.duration) / 2), "-i", file, "-frames:v", "1", "-f", "null", "-"];
  const { stderr, failed } = await execa("ffmpeg", ["-nostdin", "-v", "error", ...seek], { reject: false });
  return failed || stderr !== "" ? [`cannot be sought in: ${stderr}`] : [];
}

function boxProblem(file: string): string[] {
  if (!file.endsWith(".mp4")) return [];
  const boxes = boxesOf(file);
  const isOrdinary = boxes.filter((type) => type === "moov").length === 1 && !boxes.includes("moof");
  return isOrdinary ? [] : [`consists of ${boxes.join(" ")}`];
}

export async function judge(file: string): Promise<Verdict> {
  const probed = await probe(file);
  if (probed === undefined) return { frames: 0, hashes: [], problems: ["cannot be read"] };
  const complaints = await decodingErrors(file);
  const video = probed.packets.filter(({ codec_type }) => codec_type === "video");
  return {
    frames: video.length,
    hashes: video.map(({ data_hash = "" }) => data_hash),
    problems: [
      ...(complaints === "" ? [] : [complaints]),
      ...durationProblem(probed),
      ...boxProblem(file),
      ...(await seekProblem(file, probed)),
    ],
  };
}
