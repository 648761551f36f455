/** The disk under the recordings fails in every way it can, while somebody watches: who watches never notices, and recording comes back by itself. */

import { mkdirSync, realpathSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { OutputStatus } from "../../src/report/status.js";
import { createFaultyDisk, type DiskFault, type FaultyDisk } from "../rig/faults.js";
import type { TestInstance } from "../rig/instance.js";
import { judge } from "../rig/judge.js";
import { recordingsIn } from "../rig/media.js";
import type { RtspViewer } from "../rig/rtsp-viewer.js";
import { canMount, fill, mountSmallDisk, unmount } from "../rig/small-disk.js";
import { configOf, PATTERN, PATTERN_STEP, served, TEST_TIMEOUT_MS, testRig } from "./rig.js";

const FORMATS = ["mkv", "mp4"] as const;
const KEEP = "recordings: { reserve: off }";
const recordedAs = (format: string) =>
  served(PATTERN, `outputs: [{ type: rtsp }, { type: record, format: ${format}, rotate: { every: 2s } }]`);
const STREAMS = Object.fromEntries(FORMATS.map((format) => [format, recordedAs(format)]));

const recorder = ({ outputs }: { readonly outputs: readonly OutputStatus[] }) =>
  outputs.find(({ kind }) => kind === "record");

/** Resolves when every stream's recorder is in that state. */
async function recordersUntil(instance: TestInstance, is: (output: OutputStatus) => boolean): Promise<void> {
  await instance.statusUntil(({ streams }) => {
    return streams.every((stream) => {
      const output = recorder(stream);
      return output !== undefined && is(output);
    });
  });
}

/** Frames that are recorded from now on. */
async function recordsOn(instance: TestInstance): Promise<void> {
  const before = await instance.status();
  const frames = new Map(before.streams.map((stream) => [stream.name, Number(recorder(stream)?.frames ?? 0)]));
  await instance.statusUntil(({ streams }) => {
    return streams.every((stream) => {
      const output = recorder(stream);
      return output?.state === "up" && Number(output.frames) > (frames.get(stream.name) ?? 0);
    });
  });
}

async function expectUnnoticed(viewers: readonly RtspViewer[]): Promise<void> {
  for (const viewer of viewers) {
    await viewer.moreFrames(5);
    expect(viewer.tracks[0]).toMatchObject({ lost: 0, largestStep: PATTERN_STEP });
  }
}

async function expectWhole(folder: string): Promise<void> {
  const files = recordingsIn(folder).filter((name) => !name.endsWith(".part"));
  const problems: Record<string, readonly string[]> = {};
  const lane = async () => {
    for (let file = files.pop(); file !== undefined; file = files.pop()) {
      const verdict = await judge(file);
      if (verdict.problems.length > 0) problems[file] = verdict.problems;
    }
  };
  await Promise.all([lane(), lane(), lane()]);
  expect(problems).toEqual({});
}

describe("a disk that", () => {
  const rig = testRig(afterAll);
  let instance: TestInstance;
  let disk: FaultyDisk;
  let viewers: RtspViewer[];

  beforeAll(async () => {
    instance = await rig.instance((ports) => configOf(ports, STREAMS, [KEEP]));
    const directory = realpathSync(instance.directory);
    disk = await createFaultyDisk(directory, join(directory, "recordings"));
    instance.setEnvironment(disk.environment);
    await instance.up();
    await instance.running(...FORMATS);
    await recordersUntil(instance, ({ state }) => state === "up");
    viewers = await Promise.all(FORMATS.map((name) => rig.viewer(instance.rtspUrl(`/${name}`))));
  }, TEST_TIMEOUT_MS);
  afterAll(() => disk.close());

  const faults: readonly (readonly [string, DiskFault, string])[] = [
    ["is full", { op: "write", error: "ENOSPC" }, "diskFull"],
    ["is broken", { op: "write", error: "EIO" }, "recordingFailed"],
    ["takes no new file", { op: "open", error: "EROFS" }, "diskReadOnly"],
    ["cannot be synced", { op: "sync", error: "EIO" }, "recordingFailed"],
    ["gives no file its name", { op: "rename", error: "EIO" }, "recordingFailed"],
    ["hangs", { op: "write", hangs: true }, "diskSlow"],
    ["is slow", { op: "write", delayMs: 500 }, "diskSlow"],
  ];
  test.each(faults)(
    "%s",
    async (_, fault, failure) => {
      disk.break(fault);
      await recordersUntil(instance, (output) => output.state === "degraded" && output.failure?.class === failure);
      await expectUnnoticed(viewers);
      disk.cure();
      await recordsOn(instance);
      await expectUnnoticed(viewers);
    },
    TEST_TIMEOUT_MS,
  );

  test(
    "is taken away is missed, and written to again when it is back",
    async () => {
      const away = `${instance.recordings}-away`;
      renameSync(instance.recordings, away);
      await recordersUntil(instance, ({ state, failure }) => state === "degraded" && failure?.class === "diskMissing");
      await expectUnnoticed(viewers);
      renameSync(away, instance.recordings);
      await recordsOn(instance);
      await expectUnnoticed(viewers);
    },
    TEST_TIMEOUT_MS,
  );

  test(
    "is all of that leaves no file under its name that is not whole",
    async () => {
      expect((await instance.run("down")).code).toBe(0);
      await expectWhole(instance.recordings);
    },
    TEST_TIMEOUT_MS,
  );
});

const withMounts = canMount() ? test : test.skip;

describe("a small disk", () => {
  const rig = testRig();

  withMounts(
    "that is full is recorded on again when there is room",
    async () => {
      const instance = await rig.instance((ports) => configOf(ports, STREAMS, [KEEP]));
      mkdirSync(instance.recordings);
      mountSmallDisk(instance.recordings, "8m");
      try {
        await instance.up();
        await instance.running(...FORMATS);
        const viewers = await Promise.all(FORMATS.map((name) => rig.viewer(instance.rtspUrl(`/${name}`))));
        const ballast = join(instance.recordings, "ballast");
        fill(ballast);
        await recordersUntil(instance, ({ state, failure }) => state === "degraded" && failure?.class === "diskFull");
        await expectUnnoticed(viewers);
        rmSync(ballast);
        await recordsOn(instance);
        await expectUnnoticed(viewers);
        expect((await instance.run("down")).code).toBe(0);
        await expectWhole(instance.recordings);
      } finally {
        unmount(instance.recordings);
      }
    },
    TEST_TIMEOUT_MS,
  );
});
