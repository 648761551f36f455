/** Whether everything that was recorded can be read. */

import { statSync } from "node:fs";
import { execa } from "execa";
import { recordingsIn } from "../rig/media.js";

/** A file that was killed in its first moments may hold no frame yet. */
const JUST_BEGUN_BYTES = 16 * 1024;

/** The faults of the files that a player would trip over; empty when all can be read to their end. */
export async function unreadableRecordings(folder: string): Promise<string[]> {
  const problems: string[] = [];
  for (const file of recordingsIn(folder)) {
    const problem = await problemOf(file);
    if (problem === "") continue;
    if (file.endsWith(".part") && statSync(file).size < JUST_BEGUN_BYTES) continue;
    problems.push(`${file}: ${problem}`);
  }
  return problems;
}

async function problemOf(file: string): Promise<string> {
  const entries = ["-count_packets", "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0"];
  const { stdout, stderr, failed } = await execa("ffprobe", ["-v", "fatal", ...entries, file], { reject: false });
  if (failed) return stderr.split("\n")[0] ?? "cannot be read";
  return stdout.split("\n").some((count) => Number(count) > 0) ? "" : "holds no frame";
}
