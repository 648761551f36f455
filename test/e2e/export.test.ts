/** A clip of recordings as a user orders it, while they go on: over several files and into the one that is being written. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import type { RecordingReport, RecordingsReport } from "../../src/report/recordings.js";
import type { TestInstance } from "../rig/instance.js";
import { decodingErrors, type Payload, payloadsOf, recordingsIn } from "../rig/media.js";
import { until } from "../rig/until.js";
import { configOf, TEST_TIMEOUT_MS, testRig } from "./rig.js";

const rig = testRig();

const VIDEO = 0;
const SOUND = 1;
const FPS = 10;
/** Of AAC at 48 kHz. */
const SOUND_MS = (1024 / 48_000) * 1_000;
const OUTPUTS = { record: "mkv", other: "mp4" } as const;

/** Noise, so that no two frames of it are the same; longer than the test. */
async function makeSource(file: string): Promise<void> {
  const inputs = [`testsrc2=size=320x240:rate=${FPS}`, "anoisesrc=sample_rate=48000:amplitude=0.1"];
  const codec = ["-c:v", "libx264", "-preset", "ultrafast", "-threads", "1", "-bf", "2", "-g", String(FPS)];
  await execa("ffmpeg", [
    ...["-nostdin", "-v", "error", "-y", "-t", "60"],
    ...inputs.flatMap((input) => ["-f", "lavfi", "-i", input]),
    ...["-t", "60", ...codec, "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "64k", file],
  ]);
}

async function watchedCamera(): Promise<TestInstance> {
  const directory = await rig.instance((ports) => configOf(ports, {}));
  const clip = join(directory.directory, "source.mp4");
  await makeSource(clip);
  const camera = await rig.camera([{ path: "/cam", source: { kind: "file", path: clip } }]);
  const outputs = Object.entries(OUTPUTS).map(
    ([id, format]) => `{ type: record, id: ${id}, format: ${format}, rotate: { every: 2s } }`,
  );
  const stream = `{ source: "${camera.uri("/cam")}", outputs: [${outputs}] }`;
  directory.writeConfig(configOf({ rtsp: directory.rtspPort, cameras: [] }, { cam: stream }));
  await directory.up();
  return directory;
}

async function recordingsOf(instance: TestInstance, output: string): Promise<readonly RecordingReport[]> {
  const { stdout } = await instance.run("recordings", "cam", "--output", output, "--json");
  return (JSON.parse(stdout) as RecordingsReport).recordings;
}

const of = (track: number, payloads: readonly Payload[]) => payloads.filter((payload) => payload.track === track);
const hashes = (payloads: readonly Payload[]) => payloads.map(({ hash }) => hash);

/** The clip holds one run of the frames of the files, each frame once and in time with the others. */
function expectJoined(clip: readonly Payload[], files: readonly (readonly Payload[])[]): void {
  const [video, sound] = [of(VIDEO, clip), of(SOUND, clip)];
  for (const [track, run] of [video, sound].entries()) {
    const all = files.flatMap((file) => hashes(of(track, file)));
    const first = all.indexOf(run[0]?.hash ?? "");
    expect(hashes(run)).toEqual(all.slice(first, first + run.length));
  }
  const shown = video.map(({ ptsMs }) => ptsMs).sort((one, other) => one - other);
  const odd = shown.slice(1).filter((time, index) => Math.abs(time - (shown[index] ?? 0) - 1_000 / FPS) > 2);
  // Where a file is being written, pictures that are shown before the last one may not be there yet.
  expect(odd.filter((time) => time < (shown.at(-3) ?? 0))).toEqual([]);
  for (const track of [video, sound]) {
    const decoded = track.flatMap(({ dtsMs }) => dtsMs ?? []);
    expect(decoded.slice(1).every((time, index) => time > (decoded[index] ?? 0))).toBe(true);
  }
  expect(sound.slice(1).every(({ ptsMs }, index) => ptsMs - (sound[index]?.ptsMs ?? 0) < SOUND_MS + 12)).toBe(true);
  expect(Math.abs((sound.at(-1)?.ptsMs ?? 0) - (shown.at(-1) ?? 0))).toBeLessThan(1_000);
  expectInTime(clip, files);
}

function expectInTime(clip: readonly Payload[], files: readonly (readonly Payload[])[]): void {
  const timeOf = new Map(clip.map(({ hash, ptsMs }) => [hash, ptsMs]));
  for (const file of files) {
    const [picture] = of(VIDEO, file);
    const shift = (timeOf.get(picture?.hash ?? "") ?? Number.NaN) - (picture?.ptsMs ?? 0);
    for (const { hash, ptsMs } of of(SOUND, file)) {
      const time = timeOf.get(hash);
      if (time !== undefined && !Number.isNaN(shift))
        expect(Math.abs(time - ptsMs - shift)).toBeLessThan(SOUND_MS + 12);
    }
  }
}

test(
  "a clip over several files and into the one being written has every frame once, and its sound in time",
  async () => {
    const instance = await watchedCamera();
    const clips: { format: string; path: string; frames: number }[] = [];
    for (const [output, format] of Object.entries(OUTPUTS)) {
      const finished = await until(async () => {
        const found = (await recordingsOf(instance, output)).filter(({ state }) => state === "finished");
        return found.length >= 3 && found;
      });
      const from = finished[1]?.start ?? "";
      const frames = finished.slice(1).reduce((sum, recording) => sum + (recording.frames ?? 0), 0);
      for (const wanted of Object.values(OUTPUTS)) {
        const path = join(instance.directory, `${output}.${wanted}`);
        const order = ["--from", from, "--to", "now", "--output-id", output, "-o", path];
        const { code, stdout, stderr } = await instance.run("export", "cam", ...order);
        expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
        expect(stdout).toMatch(new RegExp(`^${path}: .* frames\n$`));
        clips.push({ format, path, frames });
      }
    }
    await instance.run("down");
    await instance.ended();
    expect(readdirSync(instance.directory).filter((name) => name.endsWith(".part"))).toEqual([]);

    for (const { format, path, frames } of clips) {
      const recorded = recordingsIn(instance.recordings).filter((file) => file.endsWith(format));
      const files = await Promise.all(recorded.map(payloadsOf));
      const clip = await payloadsOf(path);
      expect(await decodingErrors(path)).toBe("");
      expect(of(VIDEO, clip).length).toBeGreaterThan(frames);
      expectJoined(clip, files);
    }
  },
  TEST_TIMEOUT_MS,
);
