/** Recordings as writers leave them: whole, and broken off in the middle. */

import { copyFileSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";

export interface Clips {
  /** Two seconds each, 25 pictures a second, a keyframe every ten. */
  readonly mkv: string;
  readonly mp4: string;
}

const MUXERS = {
  mkv: "matroskamux offset-to-zero=true",
  mp4: "mp4mux fragment-duration=200 fragment-mode=dash-or-mss",
} as const;

export async function makeClips(folder: string): Promise<Clips> {
  const picture = "videotestsrc num-buffers=50 ! video/x-raw,width=64,height=48,framerate=25/1";
  const encoded = `${picture} ! x264enc key-int-max=10 tune=zerolatency ! h264parse`;
  const clips = { mkv: join(folder, "clip.mkv"), mp4: join(folder, "clip.mp4") };
  for (const format of ["mkv", "mp4"] as const) {
    const pipeline = `${encoded} ! ${MUXERS[format]} ! filesink location=${clips[format]}`;
    await execa("gst-launch-1.0", ["-q", ...pipeline.split(" ")]);
  }
  return clips;
}

export function putClip(clip: string, path: string): string {
  mkdirSync(dirname(path), { recursive: true });
  copyFileSync(clip, path);
  return path;
}

/** What a writer left that was killed some time ago. */
export function putLeftover(clip: string, path: string, bytes = 12_000): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, readFileSync(clip).subarray(0, bytes));
  age(path);
  return path;
}

export function age(path: string): void {
  const aMinuteAgo = new Date(Date.now() - 60_000);
  utimesSync(path, aMinuteAgo, aMinuteAgo);
}
