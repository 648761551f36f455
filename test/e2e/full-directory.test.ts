/** The runtime directory is full: what serves the next supervisor waits, what serves viewers goes on. */

import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { TestInstance } from "../rig/instance.js";
import { canMount, fill, mountSmallDisk, unmount } from "../rig/small-disk.js";
import { until } from "../rig/until.js";
import { configOf, PATTERN, served, TEST_TIMEOUT_MS, testRig } from "./rig.js";

const rig = testRig();
const withMounts = canMount() ? test : test.skip;

/** An instance whose runtime directory is a small disk of its own. What uses it has ended before that goes. */
async function onSmallDisk(
  use: (instance: TestInstance, disk: { fill(): void; empty(): void }) => Promise<void>,
): Promise<void> {
  const instance = await rig.instance((ports) => configOf(ports, { cam: served(PATTERN) }));
  const runtimeDir = join(instance.directory, "run");
  mountSmallDisk(runtimeDir);
  const ballast = join(runtimeDir, "ballast");
  const disk = {
    fill: () => fill(ballast),
    empty: () => rmSync(ballast, { force: true }),
  };
  try {
    await use(instance, disk);
  } finally {
    disk.empty();
    await instance.run("down");
    unmount(runtimeDir);
  }
}

withMounts(
  "an edit that is saved meanwhile is in force for living streams at once, and wholly when there is room",
  () =>
    onSmallDisk(async (instance, disk) => {
      await instance.up();
      await instance.running("cam");
      const pid = instance.workerPid("cam");
      disk.fill();
      const applied = async () => (await instance.run("events")).stdout.match(/is in force: /g)?.length ?? 0;
      const moved = served(PATTERN.replace("ball", "smpte"), "outputs: [{ type: rtsp, path: /moved }]");
      instance.writeConfig(configOf({ rtsp: instance.rtspPort, cameras: instance.cameraPorts }, { cam: moved }));
      const { supervisor } = await instance.statusUntil((report) => report.supervisor.configError !== null);
      expect(supervisor.configError?.message).toMatch(/router\/spec\.json cannot be written \(ENOSPC\)/);
      const touched = await instance.streamUntil("cam", ({ state, outputs }) => {
        return state === "running" && outputs.some(({ url, state }) => /moved$/.test(url ?? "") && state === "up");
      });
      expect(touched.failure).toBeNull();
      expect(await applied()).toBe(0);
      expect(instance.workerPid("cam")).toBe(pid);

      disk.empty();
      await instance.statusUntil((report) => report.supervisor.configError === null);
      await until(async () => (await applied()) === 1);
      await (await rig.viewer(instance.rtspUrl("/moved"))).frames(5);
      const told = instance.log().filter(({ message }) => /router\/spec\.json cannot be written/.test(message));
      expect(told).toHaveLength(1);
      await until(() => readdirSync(instance.bundle("cam")).includes("spec.json"));
      expect(instance.workerPid("cam")).toBe(pid);
    }),
  TEST_TIMEOUT_MS,
);

withMounts(
  "`up` says so, and where to make room",
  () =>
    onSmallDisk(async (instance, disk) => {
      disk.fill();
      const { code, stderr } = await instance.run("up", instance.configPath);
      expect(code).toBe(1);
      expect(stderr).toContain(`${instance.instanceDirectory} cannot be written (ENOSPC)`);
      expect(stderr).toContain("--runtime-dir");
      expect(stderr).not.toContain("internal");
      disk.empty();
      await instance.up();
      await instance.running("cam");
    }),
  TEST_TIMEOUT_MS,
);

withMounts(
  "a pause needs no room, and neither does the next worker of a stream",
  () =>
    onSmallDisk(async (instance, disk) => {
      await instance.up();
      await instance.running("cam");
      disk.fill();
      const killed = instance.workerPid("cam");
      process.kill(killed, "SIGKILL");
      await instance.streamUntil("cam", ({ state, worker }) => state === "running" && worker?.pid !== killed);
      disk.fill();
      expect((await instance.run("pause", "cam")).code).toBe(0);
      expect((await instance.stream("cam")).state).toBe("paused");
      disk.empty();
      await until(() => readdirSync(instance.instanceDirectory).includes("paused.json"));
      expect((await instance.run("resume", "cam")).code).toBe(0);
      await instance.running("cam");
    }),
  TEST_TIMEOUT_MS,
);
