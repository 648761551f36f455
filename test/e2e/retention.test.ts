/** Old recordings go while new ones are made. */

import { join } from "node:path";
import { DAY_MS, put, recordingName } from "../recordings/tree.js";
import { recordingsIn } from "../rig/media.js";
import { until } from "../rig/until.js";
import { configOf, PATTERN, TEST_TIMEOUT_MS, testRig } from "./rig.js";

const rig = testRig();

const keeping = (keep: string) => ({ yard: `{ source: ${PATTERN}, outputs: [{ type: record, keep: ${keep} }] }` });

test(
  "an edit of keep applies to what there is, at once, and neither to the worker nor to the file being written",
  async () => {
    const instance = await rig.instance((ports) => configOf(ports, keeping("{ days: 30 }")));
    const folder = join(instance.recordings, "yard");
    const daysOld = (days: number) => put(join(folder, recordingName("yard", Date.now() - days * DAY_MS)));
    const [, kept, young] = [daysOld(40), daysOld(20), daysOld(3)];
    await instance.up();
    await instance.running("yard");
    await instance.logged(({ stream, message }) => stream === "yard" && message.startsWith("Removed 1 recording "));
    const part = await until(() => recordingsIn(folder).find((file) => file.endsWith(".part")));
    expect(recordingsIn(folder)).toEqual([kept, young, part]);

    const pid = instance.workerPid("yard");
    const ports = { rtsp: instance.rtspPort, cameras: instance.cameraPorts };
    instance.writeConfig(configOf(ports, keeping("{ days: 10 }"), ["recordings: { reserve: 20MB }"]));
    await until(() => recordingsIn(folder).length === 2);
    expect(recordingsIn(folder)).toEqual([young, part]);
    expect(instance.workerPid("yard")).toBe(pid);

    const { supervisor } = await instance.statusUntil((report) => report.supervisor.roots[0]?.reserveBytes === 20e6);
    expect(supervisor.roots).toMatchObject([{ path: instance.recordings, problem: null }]);
    expect((await instance.run("status")).stdout).toContain("free, reserve 19M");
  },
  TEST_TIMEOUT_MS,
);
