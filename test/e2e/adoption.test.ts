/** The supervisor dies; the workers do not. The next one takes them up. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readProcessFile } from "../../src/worker/bundle.js";
import { identityOf, isAlive } from "../../src/worker/identity.js";
import { packetsOf, recordingsIn, stepsOf } from "../rig/media.js";
import { until } from "../rig/until.js";
import { configOf, PATTERN, PATTERN_STEP, recorded, recordingOf, served, testRig, workerPids } from "./rig.js";

const rig = testRig();

test("after kill -9 the next supervisor goes on with the same processes; nothing is lost", async () => {
  const instance = await rig.instance((ports) =>
    configOf(
      ports,
      {
        cam: recorded(PATTERN),
        mp4: recorded(PATTERN, "mp4"),
        yard: recorded(`"rtsp://127.0.0.1:${ports.cameras[0]}/yard"`),
        mine: '{ command: "gst-launch-1.0 -e videotestsrc is-live=true ! fakesink" }',
      },
      [`simulate: { yard: { port: ${ports.cameras[0]}, size: 320x240, fps: 10, bitrate: 200kbit } }`],
    ),
  );
  await instance.up();
  await instance.running("cam", "mp4", "yard", "mine");
  const viewer = await rig.viewer(instance.rtspUrl("/cam"));
  const ofYard = await rig.viewer(instance.rtspUrl("/yard"));
  await viewer.frames(5);
  const before = await instance.status();
  const pids = await workerPids(instance);
  const path = await recordingOf(instance, "cam");

  await instance.kill();
  await viewer.moreFrames(5);
  const newcomer = await rig.viewer(instance.rtspUrl("/cam"));
  await newcomer.frames(5);

  await instance.up();
  await instance.running("cam", "mp4", "yard", "mine");
  const after = await instance.status();
  expect(await workerPids(instance)).toEqual(pids);
  expect(after.supervisor.router.pid).toBe(before.supervisor.router.pid);
  expect(after.streams.map(({ worker }) => worker?.startedAt)).toEqual(
    before.streams.map(({ worker }) => worker?.startedAt),
  );
  expect(after.streams.map(({ source }) => source.reconnects)).toEqual([0, 0, 0, 0]);
  expect(await recordingOf(instance, "cam")).toBe(path);
  await viewer.moreFrames(10);
  await ofYard.moreFrames(5);
  expect(viewer.tracks[0]).toMatchObject({ lost: 0, smallestStep: PATTERN_STEP, largestStep: PATTERN_STEP });
  expect(ofYard.tracks[0]).toMatchObject({ lost: 0 });
  const seen = viewer.tracks[0]?.frames ?? 0;

  await instance.run("down");
  for (const name of ["cam", "mp4", "yard"]) {
    const files = recordingsIn(join(instance.recordings, name));
    expect(files).toHaveLength(1);
    const packets = await packetsOf(files[0] ?? "");
    expect(packets.length).toBeGreaterThanOrEqual(name === "cam" ? seen : 20);
    if (name !== "yard") expect(stepsOf(packets).every((step) => Math.abs(step - 100) <= 1)).toBe(true);
  }
});

test("what was edited while no supervisor ran is applied with the smallest effect", async () => {
  const rotated = (every: string) =>
    `{ source: ${PATTERN}, outputs: [{ type: rtsp }, { type: record, rotate: { every: ${every} } }] }`;
  const instance = await rig.instance((ports) =>
    configOf(ports, { kept: recorded(PATTERN), changed: rotated("10m"), gone: recorded(PATTERN) }),
  );
  await instance.up();
  await instance.running("kept", "changed", "gone");
  const viewer = await rig.viewer(instance.rtspUrl("/kept"));
  await viewer.frames(5);
  const pids = await workerPids(instance);
  const gone = readProcessFile(instance.bundle("gone"))?.command;
  await instance.kill();

  const ports = { rtsp: instance.rtspPort, cameras: instance.cameraPorts };
  instance.writeConfig(configOf(ports, { kept: recorded(PATTERN), changed: rotated("1s"), new: served(PATTERN) }));
  await instance.up();
  await instance.running("kept", "changed", "new");
  await instance.streamUntil("changed", ({ outputs }) => outputs.some(({ segments }) => Number(segments) >= 3));
  const after = await workerPids(instance);
  expect(after).toMatchObject({ kept: pids.kept, changed: pids.changed });
  expect(Object.keys(after)).toEqual(["kept", "changed", "new"]);
  expect(gone && isAlive(gone)).toBe(false);
  const [recording, ...others] = recordingsIn(join(instance.recordings, "gone"));
  expect(recording).toMatch(/\.mkv$/);
  expect(others).toEqual([]);
  await viewer.moreFrames(5);
  expect(viewer.tracks[0]).toMatchObject({ lost: 0, smallestStep: PATTERN_STEP, largestStep: PATTERN_STEP });
});

test("recordings that were finished while no supervisor ran are told of once", async () => {
  const hook = `"sh -c 'echo $DSLRS_PATH >> told'"`;
  const outputs = "[{ type: record, rotate: { every: 1s } }]";
  const instance = await rig.instance((ports) =>
    configOf(ports, { cam: `{ source: ${PATTERN}, onSegment: ${hook}, outputs: ${outputs} }` }),
  );
  const finished = () => recordingsIn(instance.recordings).filter((file) => file.endsWith(".mkv"));
  const file = join(instance.directory, "told");
  const told = () => (existsSync(file) ? readFileSync(file, "utf8").trim().split("\n").sort() : []);
  await instance.up();
  await until(() => told().length > 0);
  await instance.kill();
  const before = finished().length;
  await until(() => finished().length >= before + 2);
  const meanwhile = finished().slice(before);

  await instance.up();
  await until(() => meanwhile.every((path) => told().includes(path)));
  await instance.run("down");
  expect(told()).toEqual([...new Set(told())]);
});

test("a runtime directory from before a reboot is no obstacle, and names of processes in it are not believed", async () => {
  const instance = await rig.instance((ports) => configOf(ports, { cam: served(PATTERN) }));
  const bystander = spawn("sleep", ["1000"]);
  try {
    await once(bystander, "spawn");
    const identity = identityOf(bystander.pid ?? 0);
    const stale = { pid: identity?.pid, startTime: identity?.startTime };
    for (const bundle of [
      instance.bundle("cam"),
      instance.bundle("former"),
      join(instance.instanceDirectory, "router"),
    ]) {
      mkdirSync(bundle, { recursive: true, mode: 0o700 });
      const bootId = "00000000-0000-0000-0000-000000000000";
      writeFileSync(join(bundle, "process.json"), JSON.stringify({ bootId, shim: stale, worker: stale }));
      writeFileSync(join(bundle, "control.sock"), "");
    }
    writeFileSync(join(instance.instanceDirectory, "supervisor.json"), JSON.stringify({ pid: stale.pid }));
    writeFileSync(join(instance.instanceDirectory, "supervisor.sock"), "");

    await instance.up();
    await instance.running("cam");
    const viewer = await rig.viewer(instance.rtspUrl("/cam"));
    await viewer.frames(5);
    expect(identity && isAlive(identity)).toBe(true);
    expect((await instance.status()).streams.map(({ name }) => name)).toEqual(["cam"]);
  } finally {
    bystander.kill("SIGKILL");
  }
});

test("a second `up` of the same instance is refused with the pid of the first, which goes on", async () => {
  const instance = await rig.instance((ports) => configOf(ports, { cam: served(PATTERN) }));
  await instance.up();
  await instance.running("cam");
  const viewer = await rig.viewer(instance.rtspUrl("/cam"));
  const second = await instance.run("up", instance.configPath);
  expect(second.code).toBe(1);
  expect(second.stderr).toContain(`already running (pid ${instance.supervisor().pid})`);
  expect(second.stderr).toContain("dslrs down");
  await viewer.moreFrames(5);
  expect(viewer.tracks[0]).toMatchObject({ lost: 0, largestStep: PATTERN_STEP });
});
