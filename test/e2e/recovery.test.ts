/** Cameras go away, stand still and come back; so do workers and the supervisor meanwhile. Nobody has to do anything. */

import { join } from "node:path";
import type { StreamStatus } from "../../src/report/status.js";
import { decodingErrors, packetsOf, recordingsIn } from "../rig/media.js";
import { startSilentPort } from "../rig/silent-port.js";
import { until } from "../rig/until.js";
import { cameraMount, recorded, served, testRig } from "./rig.js";

const rig = testRig();

const isHeldByHost = ({ state, breaker }: StreamStatus) => state === "holding" && breaker !== "closed";

/** Every file is whole, and begins with a picture that a decoder can begin with. */
async function expectPlayable(files: readonly string[]): Promise<void> {
  for (const file of files) {
    expect(file).not.toMatch(/\.part$/);
    expect((await packetsOf(file))[0]?.isKey).toBe(true);
    expect(await decodingErrors(file)).toBe("");
  }
}

test("a host goes away: its streams are held together, one probe at a time looks for it, and all are back with it", async () => {
  const names = ["a", "b", "c"];
  const camera = await rig.camera(names.map((name) => cameraMount(`/${name}`)));
  const { instance, expectUndisturbed } = await rig.start({
    a: recorded(`"${camera.uri("/a")}"`),
    b: served(`"${camera.uri("/b")}"`),
    c: served(`"${camera.uri("/c")}"`),
  });
  const viewers = await Promise.all(names.map((name) => rig.viewer(instance.rtspUrl(`/${name}`))));
  await Promise.all(viewers.map((viewer) => viewer.frames(10)));
  const pids = names.map((name) => instance.workerPid(name));

  await camera.kill();
  for (const name of names) {
    const held = await instance.streamUntil(name, isHeldByHost);
    expect(held.failure?.class).toBe("refused");
    expect(held.reason).toContain("as soon as its host answers");
    expect(Date.parse(held.nextAttemptAt ?? "")).toBeLessThan(Date.now() + 2_000);
  }
  const { supervisor } = await instance.status();
  expect(supervisor.hosts.map(({ address }) => address)).toEqual([`127.0.0.1:${camera.port}`]);
  const why = await instance.run("why", "a");
  expect(why.stdout).toMatch(/a is holding[\s\S]*refused the connection[\s\S]*attempts at this host are barred/);

  const silent = await rig.use(startSilentPort(camera.port));
  await until(() => silent.connections() >= 3);
  expect(silent.mostAtOnce()).toBe(1);
  await silent.stop();
  const during = await rig.viewer(instance.rtspUrl("/a"));

  await camera.restart();
  await instance.running(...names);
  await Promise.all(viewers.map((viewer) => viewer.moreFrames(25)));
  await during.frames(10);
  for (const { tracks } of viewers) {
    expect(tracks[0]?.lost).toBe(0);
    expect(tracks[0]?.smallestStep).toBeGreaterThan(0);
  }
  expect(names.map((name) => instance.workerPid(name))).toEqual(pids);
  expect(await instance.stream("a")).toMatchObject({ source: { reconnects: 1 }, recovery: { outages: 1 } });
  expect((await instance.status()).supervisor.hosts).toEqual([]);
  const told = (text: string) => instance.log().filter(({ message }) => message.includes(text));
  expect(told("is away")).toHaveLength(1);
  expect(told("is away")[0]?.message).toContain("3 streams");
  expect(told("is back after")).toHaveLength(1);
  await expectUndisturbed();

  await instance.logged(({ stream, fields }) => stream === "a" && fields.reason === "ingestDown");
  await instance.run("down");
  const files = recordingsIn(join(instance.recordings, "a"));
  expect(files).toHaveLength(2);
  await expectPlayable(files);
});

test("a camera whose process stands still is suspected, then given up, and is back when it goes on", async () => {
  const camera = await rig.camera([cameraMount("/cam")]);
  // Without a limit of its own it would be suspected for less than half a second, which a look at the status may miss.
  const cam = served(`"${camera.uri("/cam")}"`, "timeouts: { stall: 4s }");
  const { instance, expectUndisturbed } = await rig.start({ cam });
  const viewer = await rig.viewer(instance.rtspUrl("/cam"));
  await viewer.frames(10);
  const pid = instance.workerPid("cam");

  camera.freezeProcess();
  await instance.streamUntil("cam", ({ state, reason }) => {
    return state === "suspect" && reason === "No frames come from the source.";
  });
  const lost = await instance.streamUntil("cam", ({ state }) => state === "recovering");
  expect(lost.failure?.class).toBe("stalled");

  camera.thawProcess();
  await instance.running("cam");
  await viewer.moreFrames(25);
  expect(viewer.tracks[0]?.lost).toBe(0);
  expect(viewer.tracks[0]?.smallestStep).toBeGreaterThan(0);
  expect(instance.workerPid("cam")).toBe(pid);
  await expectUndisturbed();
});

test("a worker is killed while its camera is away: both come back", async () => {
  const camera = await rig.camera([cameraMount("/cam")]);
  const { instance, expectUndisturbed } = await rig.start({ cam: recorded(`"${camera.uri("/cam")}"`) });
  const pid = instance.workerPid("cam");
  await camera.kill();
  await instance.streamUntil("cam", isHeldByHost);
  process.kill(pid, "SIGKILL");
  await instance.streamUntil("cam", ({ worker }) => worker?.pid !== pid);

  await camera.restart();
  const back = await instance.streamUntil("cam", ({ state }) => state === "running");
  expect(back.worker?.pid).not.toBe(pid);
  const viewer = await rig.viewer(instance.rtspUrl("/cam"));
  await viewer.frames(10);
  await expectUndisturbed();
});

test("a worker whose supervisor is killed during an outage finds the camera by itself, and is taken up as it is", async () => {
  const camera = await rig.camera([cameraMount("/cam")]);
  const { instance } = await rig.start({ cam: recorded(`"${camera.uri("/cam")}"`) });
  const viewer = await rig.viewer(instance.rtspUrl("/cam"));
  await viewer.frames(10);
  const pid = instance.workerPid("cam");
  await camera.kill();
  await instance.streamUntil("cam", isHeldByHost);

  await instance.kill();
  await camera.restart();
  await viewer.moreFrames(25);
  await instance.up();
  await instance.running("cam");
  await viewer.moreFrames(25);
  expect(viewer.tracks[0]?.lost).toBe(0);
  expect(instance.workerPid("cam")).toBe(pid);

  const { stdout } = await instance.run("events", "cam");
  expect(stdout).toMatch(/The source ended the stream[\s\S]*Goes on in the living worker/);
  await instance.run("down");
  const files = recordingsIn(join(instance.recordings, "cam"));
  expect(files).toHaveLength(2);
  await expectPlayable(files);
});
