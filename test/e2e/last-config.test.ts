/** The config is broken when the supervisor dies. Nobody is there to mend it. */

import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { configOf, PATTERN, served, TEST_TIMEOUT_MS, testRig, workerPids } from "./rig.js";

const rig = testRig();

test.each(["broken", "gone"])(
  "a supervisor that finds its config %s takes up the streams of the last valid one",
  async (kind) => {
    const text = (fps: number) => (ports: Parameters<Parameters<typeof rig.instance>[0]>[0]) =>
      configOf(ports, { cam: served(PATTERN), other: served(PATTERN.replace("fps: 10", `fps: ${fps}`)) });
    const instance = await rig.instance(text(10));
    const ports = { rtsp: instance.rtspPort, cameras: instance.cameraPorts };
    await instance.up();
    await instance.running("cam", "other");
    instance.writeConfig(text(5)(ports));
    await instance.statusUntil(({ streams }) => streams[1]?.source.tracks[0]?.fps === 5);
    await instance.running("cam", "other");
    const viewer = await rig.viewer(instance.rtspUrl("/cam"));
    await viewer.frames(5);
    const pids = await workerPids(instance);
    if (kind === "broken") instance.writeConfig("streams: { cam: [");
    else rmSync(instance.configPath);
    await instance.statusUntil(({ supervisor }) => supervisor.configError !== null);
    expect(statSync(join(instance.instanceDirectory, "config.json")).mode & 0o777).toBe(0o600);
    await instance.kill();

    await instance.up();
    await instance.running("cam", "other");
    expect(await workerPids(instance)).toEqual(pids);
    await viewer.moreFrames(5);
    expect(viewer.tracks[0]).toMatchObject({ lost: 0 });
    await instance.statusUntil(({ supervisor }) => supervisor.configError !== null);

    instance.writeConfig(text(5)(ports));
    await instance.statusUntil(({ supervisor }) => supervisor.configError === null);
    expect(await workerPids(instance)).toEqual(pids);

    instance.writeConfig("streams: { cam: [");
    await instance.statusUntil(({ supervisor }) => supervisor.configError !== null);
    await instance.run("down");
    expect((await instance.run("up", instance.configPath)).code).toBe(2);
  },
  TEST_TIMEOUT_MS,
);
