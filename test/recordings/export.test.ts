/** The real dslrs-join with files as the recorder leaves them: cut at keyframes, each with times of its own. */

import { spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { execa } from "execa";
import { type JoinAnswer, type JoinFile, type JoinRequest, joinRecordings } from "../../src/recordings/export.js";
import { nativePaths } from "../../src/worker/native.js";
import { decodingErrors, frameHashes, makeClip, packetsOf, stepsOf } from "../rig/media.js";
import { until } from "../rig/until.js";

const PIECE_MS = 2_000;
const PIECES = 4;
const FRAME_MS = 100;
const START = Date.parse("2026-11-23T10:00:00Z");
const END = START + PIECES * PIECE_MS;
const TIMEOUT_MS = 60_000;

const folder = mkdtempSync(join(process.env.TMPDIR ?? tmpdir(), "dslrs-export-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Pieces {
  readonly source: string;
  readonly files: readonly JoinFile[];
}

/** A clip, and the same in pieces, each in a container of its own. */
async function pieces(name: string, extensions: readonly string[], options: object = {}): Promise<Pieces> {
  const source = join(folder, `${name}.mp4`);
  await makeClip(source, { seconds: (PIECES * PIECE_MS) / 1_000, ...options });
  for (const extension of new Set(extensions)) {
    const cut = ["-f", "segment", "-segment_time", "1.9", "-reset_timestamps", "1"];
    await execa("ffmpeg", [
      "-v",
      "error",
      "-y",
      "-i",
      source,
      "-c",
      "copy",
      ...cut,
      join(folder, `${name}-%d.${extension}`),
    ]);
  }
  const file = (index: number): JoinFile => ({
    root: folder,
    path: `${name}-${index}.${extensions[index % extensions.length]}`,
    startedAt: START + index * PIECE_MS,
    endedAt: START + (index + 1) * PIECE_MS,
  });
  return { source, files: Array.from({ length: PIECES }, (_, index) => file(index)) };
}

async function joined(name: string, request: Pick<JoinRequest, "files"> & Partial<JoinRequest>) {
  const output = join(folder, name);
  const notes: string[] = [];
  const answer = await joinRecordings(
    { output, force: false, mode: 0o640, from: START, to: END, ...request },
    { program: nativePaths().paths.join, onProgress: () => {}, onNote: (note) => notes.push(note) },
  );
  return { output, answer, notes };
}

async function expectSame(output: string, hashes: readonly string[]): Promise<void> {
  expect(await frameHashes(["-i", output])).toEqual(hashes);
  expect(await decodingErrors(output)).toBe("");
}

const leftovers = () => readdirSync(folder).filter((name) => name.endsWith(".part"));

test.each([
  ["mp4", ["mp4"], 0],
  ["mkv", ["mkv"], 0],
  ["mp4", ["mkv", "mp4"], 2],
  ["mkv", ["mp4", "mkv"], 2],
])(
  "a clip as %s of pieces as %p with %d B-frames is the source, frame by frame",
  async (format, extensions, bFrames) => {
    const name = `whole-${extensions.join("")}-${bFrames}`;
    const { source, files } = await pieces(name, extensions, { audio: true, bFrames });
    const { output, answer, notes } = await joined(`${name}-joined.${format}`, { files, to: END + PIECE_MS });
    expect(answer).toMatchObject({ ok: true, gaps: [], outputs: [{ path: output, frames: 80 }] });
    expect(notes).toEqual([]);
    await expectSame(output, await frameHashes(["-i", source]));
    const packets = await packetsOf(output);
    expect(stepsOf(packets).every((step) => Math.round(step) === FRAME_MS)).toBe(true);
    const sound = packets.filter(({ track }) => track === 1).map(({ ptsMs }) => ptsMs);
    // With B-frames, ffmpeg's MP4 pieces have edit lists that end the sound two pictures early.
    expect(PIECES * PIECE_MS - (sound.at(-1) ?? 0)).toBeLessThan(bFrames === 0 ? 50 : 250);
    expect(statSync(output).mode & 0o777).toBe(0o640);
    expect(leftovers()).toEqual([]);
  },
  TIMEOUT_MS,
);

test(
  "from the keyframe before the first moment, up to the last one",
  async () => {
    const { source, files } = await pieces("cut", ["mkv"]);
    const hashes = await frameHashes(["-i", source]);
    const { output, answer } = await joined("cut-out.mp4", { files, from: START + 3_450, to: START + 6_250 });
    expect(answer.outputs).toMatchObject([{ from: START + 3_000, to: START + 6_300, frames: 33 }]);
    await expectSame(output, hashes.slice(30, 63));
  },
  TIMEOUT_MS,
);

test(
  "a missing and a damaged file are gaps that are closed up and told",
  async () => {
    const { source, files } = await pieces("holes", ["mkv"]);
    const hashes = await frameHashes(["-i", source]);
    const [first, second, , last] = files as [JoinFile, JoinFile, JoinFile, JoinFile];
    truncateSync(join(folder, second.path), Math.round(statSync(join(folder, second.path)).size / 2));
    const { output, answer, notes } = await joined("holes-out.mp4", { files: [first, second, last] });
    const found = await frameHashes(["-i", output]);
    expect(found.slice(0, 20)).toEqual(hashes.slice(0, 20));
    expect(found.slice(-20)).toEqual(hashes.slice(60));
    expect(answer.gaps).toMatchObject([{ to: last.startedAt }]);
    expect(notes.join()).toContain(second.path);
    expect(stepsOf(await packetsOf(output)).every((step) => Math.round(step) === FRAME_MS)).toBe(true);
  },
  TIMEOUT_MS,
);

test(
  "a file that is being written is read up to its present end",
  async () => {
    const { source, files } = await pieces("open", ["mkv"]);
    const hashes = await frameHashes(["-i", source]);
    const [first, second] = files as [JoinFile, JoinFile];
    const growing = `${basename(second.path)}.part`;
    copyFileSync(join(folder, second.path), join(folder, growing));
    truncateSync(join(folder, growing), statSync(join(folder, growing)).size - 4_000);
    const { root, startedAt } = second;
    const open = { root, path: growing, startedAt };
    const { output, answer, notes } = await joined("open-out.mkv", { files: [first, open] });
    rmSync(join(folder, growing));
    const found = await frameHashes(["-i", output]);
    expect(answer.ok).toBe(true);
    expect(notes).toEqual([]);
    expect(found.length).toBeGreaterThan(25);
    expect(found).toEqual(hashes.slice(0, found.length));
  },
  TIMEOUT_MS,
);

test(
  "what another file follows is awaited until it is finished",
  async () => {
    const { source, files } = await pieces("closing", ["mkv"]);
    const [first, second, third, last] = files as [JoinFile, JoinFile, JoinFile, JoinFile];
    const whole = join(folder, second.path);
    const growing = `${whole}.part`;
    copyFileSync(whole, growing);
    truncateSync(growing, statSync(whole).size - 4_000);
    renameSync(whole, `${whole}.whole`);
    const { root, startedAt } = second;
    const open = { root, path: basename(growing), startedAt };
    const joining = joined("closing-out.mkv", { files: [first, open, third, last] });
    await until(() => existsSync(join(folder, "closing-out.mkv.part")));
    copyFileSync(`${whole}.whole`, growing);
    renameSync(growing, whole);
    const { output, answer, notes } = await joining;
    expect([answer.ok, answer.gaps, notes]).toEqual([true, [], []]);
    await expectSame(output, await frameHashes(["-i", source]));
  },
  TIMEOUT_MS,
);

test(
  "links are not followed, and nothing outside of the root is read",
  async () => {
    const { files } = await pieces("linked", ["mkv"]);
    const [first, second] = files as [JoinFile, JoinFile];
    symlinkSync(join(folder, second.path), join(folder, "link.mkv"));
    const others = ["link.mkv", `../${basename(folder)}/${second.path}`].map((path) => ({ ...second, path }));
    const { answer, notes } = await joined("linked-out.mkv", { files: [first, ...others] });
    expect(answer).toMatchObject({ ok: true, outputs: [{ frames: 20 }] });
    expect(notes).toEqual([
      expect.stringContaining("link.mkv is left out"),
      expect.stringContaining("out of the root"),
    ]);
  },
  TIMEOUT_MS,
);

test(
  "nothing is left when whoever asked for it is gone",
  async () => {
    const { files } = await pieces("orphan", ["mkv"]);
    const output = join(folder, "orphan-out.mp4");
    const request = join(folder, "request.json");
    const many = Array.from({ length: 4_000 }, (_, index) => ({
      ...files[0],
      startedAt: START + index * PIECE_MS,
      endedAt: START + (index + 1) * PIECE_MS,
    }));
    writeFileSync(request, JSON.stringify({ output, from: START, files: many }));
    const { join: program } = nativePaths().paths;
    const asking = spawn("sh", ["-c", '"$0" < "$1" > "$1.said" & echo $!; wait', program, request], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    let said = "";
    asking.stdout.on("data", (chunk) => {
      said += chunk;
    });
    await until(() => existsSync(`${output}.part`) && said.includes("\n"));
    asking.kill("SIGKILL");
    await until(() => !existsSync(`/proc/${Number.parseInt(said, 10)}/exe`) && leftovers().length === 0);
    expect(existsSync(output)).toBe(false);
  },
  TIMEOUT_MS,
);

test(
  "sound may be missing in between; another picture goes into another file",
  async () => {
    const loud = await pieces("loud", ["mp4"], { audio: true });
    const quiet = await pieces("quiet", ["mp4"]);
    const other = await pieces("other", ["mkv"], { bFrames: 2 });
    const files = [0, 1, 2, 3].map(
      (index) => (index === 1 ? quiet : index === 3 ? other : loud).files[index] as JoinFile,
    );
    const { output, answer, notes } = await joined("mixed.mp4", { files });
    const second = join(folder, "mixed-2.mp4");
    expect(answer.outputs).toMatchObject([
      { path: output, frames: 60 },
      { path: second, frames: 20 },
    ]);
    expect(notes).toHaveLength(1);
    await expectSame(output, (await frameHashes(["-i", loud.source])).slice(0, 60));
    const sound = (await packetsOf(output)).filter(({ track }) => track === 1).map(({ ptsMs }) => ptsMs);
    expect(sound.some((time) => time > 2_200 && time < 3_800)).toBe(false);
    expect(sound.at(-1)).toBeGreaterThan(5_900);
  },
  TIMEOUT_MS,
);

test(
  "nothing is written over without being asked for",
  async () => {
    const { files } = await pieces("safe", ["mkv"]);
    const there = join(folder, "there.mp4");
    writeFileSync(there, "precious");
    const refused: JoinAnswer = (await joined("there.mp4", { files })).answer;
    expect(refused).toMatchObject({ ok: false, message: expect.stringContaining("there already") });
    expect(statSync(there).size).toBe(8);
    expect((await joined("there.mp4", { files, force: true })).answer.ok).toBe(true);
    expect(statSync(there).size).toBeGreaterThan(8);
    expect(leftovers()).toEqual([]);
  },
  TIMEOUT_MS,
);
