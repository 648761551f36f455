/** The config is edited while it runs: what a save changes, and what it leaves alone. */

import { readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Ports, TestInstance } from "../rig/instance.js";
import { decodingErrors, packetsOf, recordingsIn, stepsOf } from "../rig/media.js";
import { configOf, PATTERN, PATTERN_STEP, recorded, recordingOf, served, testRig, workerPids } from "./rig.js";

const rig = testRig();

interface Edited {
  readonly instance: TestInstance;
  save(streams: Readonly<Record<string, string>>, more?: readonly string[]): void;
  /** Fails when the stream `untouched` was disturbed since the start, or does not go on. */
  expectUndisturbed(): Promise<void>;
}

/** An instance with the given streams, and one named `untouched` that is watched all the time. */
async function start(streams: Readonly<Record<string, string>>, more: readonly string[] = []): Promise<Edited> {
  const all = { untouched: recorded(PATTERN), ...streams };
  const instance = await rig.instance((ports) => configOf(ports, all, more));
  await instance.up();
  await instance.running(...Object.keys(all));
  const viewer = await rig.viewer(instance.rtspUrl("/untouched"));
  const pid = instance.workerPid("untouched");
  const ports: Ports = { rtsp: instance.rtspPort, cameras: instance.cameraPorts };
  return {
    instance,
    save: (changed, others = more) =>
      instance.writeConfig(configOf(ports, { untouched: recorded(PATTERN), ...changed }, others)),
    async expectUndisturbed() {
      await viewer.moreFrames(5);
      expect(viewer.tracks[0]).toMatchObject({ lost: 0, smallestStep: PATTERN_STEP, largestStep: PATTERN_STEP });
      expect(instance.workerPid("untouched")).toBe(pid);
      expect(recordingsIn(join(instance.recordings, "untouched"))).toHaveLength(1);
    },
  };
}

test("a stream that is added starts; one that is removed stops and finishes its recording", async () => {
  const { instance, save, expectUndisturbed } = await start({});
  save({ added: recorded(PATTERN) });
  await instance.statusUntil(({ streams }) => streams.length === 2);
  await instance.running("added");
  const viewer = await rig.viewer(instance.rtspUrl("/added"));
  await viewer.frames(15);

  save({});
  await instance.statusUntil(({ streams }) => streams.length === 1);
  await viewer.closed;
  await expect(rig.viewer(instance.rtspUrl("/added"))).rejects.toMatchObject({ status: 404 });
  const [file, ...others] = recordingsIn(join(instance.recordings, "added"));
  expect(others).toEqual([]);
  expect(file).toMatch(/\.mkv$/);
  expect(await decodingErrors(file ?? "")).toBe("");
  await expectUndisturbed();
});

test("another rotation is in force at once, in the same file", async () => {
  const withRotation = (every: string) =>
    `{ source: ${PATTERN}, outputs: [{ type: rtsp }, { type: record, rotate: { every: ${every} } }] }`;
  const { instance, save, expectUndisturbed } = await start({ cam: withRotation("10m") });
  const pid = instance.workerPid("cam");
  const first = await recordingOf(instance, "cam");

  save({ cam: withRotation("1s") });
  await instance.logged(({ stream, message }) => stream === "cam" && message.startsWith("Recorded"));
  await instance.streamUntil("cam", ({ outputs }) => outputs.some(({ segments }) => Number(segments) >= 3));
  expect(instance.workerPid("cam")).toBe(pid);

  save({ cam: withRotation("10m") });
  await expectUndisturbed();
  await instance.run("down");
  await instance.ended();
  const files = recordingsIn(join(instance.recordings, "cam"));
  expect(files[0]).toBe(first);
  const counts = [];
  for (const file of files) {
    const packets = await packetsOf(file);
    expect(packets[0]?.isKey).toBe(true);
    expect(stepsOf(packets).every((step) => Math.abs(step - 100) <= 1)).toBe(true);
    counts.push(packets.length);
  }
  expect(counts.every((count) => count > 0)).toBe(true);
});

test("another mount moves the viewers' address, and nothing else", async () => {
  const at = (path: string) => `{ source: ${PATTERN}, outputs: [{ type: rtsp, path: ${path} }, { type: record }] }`;
  const { instance, save, expectUndisturbed } = await start({ cam: at("/old") });
  const pid = instance.workerPid("cam");
  save({ cam: at("/new") });
  await instance.streamUntil("cam", ({ outputs }) => outputs.some(({ url }) => url?.endsWith("/new")));
  const viewer = await rig.viewer(instance.rtspUrl("/new"));
  await viewer.frames(5);
  await expect(rig.viewer(instance.rtspUrl("/old"))).rejects.toMatchObject({ status: 404 });
  expect(instance.workerPid("cam")).toBe(pid);
  expect(recordingsIn(join(instance.recordings, "cam"))).toHaveLength(1);
  await expectUndisturbed();
});

test("another source is connected in the same worker; its viewers stay", async () => {
  const camera = await rig.camera([
    { path: "/old", source: { kind: "pattern", width: 320, height: 240, fps: 10, bitrate: 200_000 } },
    { path: "/new", source: { kind: "pattern", width: 320, height: 240, fps: 10, bitrate: 200_000 } },
  ]);
  const { instance, save, expectUndisturbed } = await start({ cam: recorded(`"${camera.uri("/old")}"`) });
  const pid = instance.workerPid("cam");
  const viewer = await rig.viewer(instance.rtspUrl("/cam"));
  await viewer.frames(5);
  save({ cam: recorded(`"${camera.uri("/new")}"`) });
  await instance.streamUntil("cam", ({ source, state }) => {
    return source.uri === camera.uri("/new") && source.reconnects === 1 && state === "running";
  });
  await viewer.moreFrames(10);
  expect(viewer.tracks[0]).toMatchObject({ lost: 0 });
  expect(viewer.tracks[0]?.smallestStep).toBeGreaterThan(0);
  expect(instance.workerPid("cam")).toBe(pid);
  await expectUndisturbed();
});

test("other limits hold at once, where control groups hold them in the same worker", async () => {
  const limited = (memory: string) => `{ source: ${PATTERN}, limits: { memory: ${memory} } }`;
  const { instance, save, expectUndisturbed } = await start({ cam: limited("200MB") });
  const pid = instance.workerPid("cam");
  const { worker } = await instance.streamUntil("cam", (stream) => stream.worker?.memoryLimitBytes === 200_000_000);
  save({ cam: limited("300MB") });
  await instance.streamUntil("cam", (stream) => stream.worker?.memoryLimitBytes === 300_000_000);
  await instance.running("cam");
  expect(instance.workerPid("cam") === pid).toBe(worker?.memoryLimitBy !== "rlimit");
  await expectUndisturbed();
});

test("a broken save changes nothing and says where; the next good one heals it", async () => {
  const { instance, save, expectUndisturbed } = await start({ cam: served(PATTERN) });
  const before = await workerPids(instance);
  const good = readFileSync(instance.configPath, "utf8");

  instance.writeConfig(good.replace("  cam: {", "  cam: { sorce: 1,"));
  const { supervisor } = await instance.statusUntil((report) => report.supervisor.configError !== null);
  const line = good.split("\n").findIndex((text) => text.startsWith("  cam:")) + 1;
  expect(supervisor.configError).toMatchObject({ line, column: "  cam: { ".length + 1 });
  expect(supervisor.configError?.message).toContain("sorce");
  expect(supervisor.configError?.hint).toContain("source");
  const logged = await instance.logged(({ level, message }) => level === "error" && message.includes("sorce"));
  expect(logged.message).toContain(`line ${line}, column`);
  expect((await instance.run("status")).stdout).toContain(`config.yaml:${line}:`);
  expect(await workerPids(instance)).toEqual(before);

  save({ cam: served(PATTERN), healed: served(PATTERN) });
  await instance.statusUntil((report) => report.supervisor.configError === null);
  await instance.running("healed");
  expect(await workerPids(instance)).toMatchObject(before);
  await expectUndisturbed();
});

test("saves by rename and by a symlink swap are seen; of two at once the second counts", async () => {
  const { instance, save, expectUndisturbed } = await start({});
  const ports: Ports = { rtsp: instance.rtspPort, cameras: instance.cameraPorts };
  const text = (...names: string[]) => {
    const added = Object.fromEntries(names.map((name) => [name, served(PATTERN)]));
    return configOf(ports, { untouched: recorded(PATTERN), ...added });
  };
  const file = (name: string) => join(instance.directory, name);

  writeFileSync(file("saved.tmp"), text("renamed"));
  renameSync(file("saved.tmp"), instance.configPath);
  await instance.running("renamed");

  writeFileSync(file("other.yaml"), text("renamed", "linked"));
  symlinkSync("other.yaml", file("link.tmp"));
  renameSync(file("link.tmp"), instance.configPath);
  await instance.running("linked");
  writeFileSync(file("other.yaml"), text("linked", "behind-the-link"));
  await instance.running("behind-the-link");

  save({ first: served(PATTERN) });
  save({ second: served(PATTERN) });
  await instance.running("second");
  await instance.statusUntil(({ streams }) => streams.length === 2);
  await expectUndisturbed();
});

test("add and remove edit the file, keep its comments and order, and say what came of it", async () => {
  const { instance, expectUndisturbed } = await start({ cam: served(PATTERN) });
  const commented = `# above\n${readFileSync(instance.configPath, "utf8").replace("  cam:", "  # of cam\n  cam:")}# below\n`;
  instance.writeConfig(commented);

  const added = await instance.run("add", "extra", "--source", "rtsp://127.0.0.1:9/none", "--record", "mkv");
  expect(added).toMatchObject({ code: 0, stderr: "" });
  expect(added.stdout).toMatch(/extra is (recovering|holding): The camera refused the connection/);
  const after = readFileSync(instance.configPath, "utf8");
  expect(after.replace(/ {2}extra:\n( {4}.*\n)*/, "")).toBe(commented);
  expect((await instance.stream("extra")).outputs.map(({ kind }) => kind)).toEqual(["rtsp", "record"]);

  const removed = await instance.run("remove", "extra");
  expect(removed).toMatchObject({ code: 0, stderr: "" });
  expect(readFileSync(instance.configPath, "utf8")).toBe(commented);
  expect((await instance.status()).streams.map(({ name }) => name)).toEqual(["untouched", "cam"]);
  await expectUndisturbed();
});

test("check prints what a save would do, and does nothing", async () => {
  const { instance, expectUndisturbed } = await start({ cam: served(PATTERN), old: served(PATTERN) });
  const before = await workerPids(instance);
  const ports: Ports = { rtsp: instance.rtspPort, cameras: instance.cameraPorts };
  const other = join(instance.directory, "other.yaml");
  writeFileSync(other, configOf(ports, { untouched: recorded(PATTERN), cam: recorded(PATTERN), new: served(PATTERN) }));

  const { code, stdout } = await instance.run("check", other);
  expect(code).toBe(0);
  expect(stdout).toContain("old stops");
  expect(stdout).toContain("cam: output record begins");
  expect(stdout).toContain("new starts");
  expect(stdout).not.toContain("untouched");
  expect(await workerPids(instance)).toEqual(before);
  expect((await instance.run("check", instance.configPath)).stdout).toContain("nothing changes");
  await expectUndisturbed();
});
