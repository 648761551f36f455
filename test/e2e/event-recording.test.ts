/** Recordings that begin before they were asked for, and where recordings go and who is told of them. */

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RecordAnswer } from "../../src/report/client.js";
import type { OutputStatus, StreamStatus } from "../../src/report/status.js";
import type { TestInstance } from "../rig/instance.js";
import { decodingErrors, packetsOf, recordingsIn } from "../rig/media.js";
import { until } from "../rig/until.js";
import { cameraMount, configOf, PATTERN, TEST_TIMEOUT_MS, testRig } from "./rig.js";

const rig = testRig();

const FRAME_MS = 40;
const outputOf = ({ outputs }: StreamStatus, id: string): OutputStatus | undefined =>
  outputs.find((output) => output.id === id);

/** A stream of the camera that has sent for more than four seconds. */
async function watched(outputs: string): Promise<TestInstance> {
  const camera = await rig.camera([cameraMount("/cam")]);
  const stream = `{ source: "${camera.uri("/cam")}", outputs: ${outputs} }`;
  const instance = await rig.instance((ports) => configOf(ports, { cam: stream }));
  await instance.up();
  await instance.streamUntil("cam", ({ source }) => source.frames > 4_000 / FRAME_MS);
  return instance;
}

async function record(instance: TestInstance, ...argv: string[]): Promise<RecordAnswer["recordings"][number]> {
  const { code, stdout, stderr } = await instance.run("record", "cam", "--json", ...argv);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const [recording, ...others] = (JSON.parse(stdout) as RecordAnswer).recordings;
  if (!recording || others.length > 0) throw new Error(stdout);
  return recording;
}

/** From the first picture to the last, in ms. */
async function lengthOf(path: string): Promise<number> {
  expect(await decodingErrors(path)).toBe("");
  const packets = await packetsOf(path);
  expect(packets[0]?.isKey).toBe(true);
  const times = packets.map(({ ptsMs }) => ptsMs);
  return Math.max(...times) - Math.min(...times);
}

test(
  "an event has what was before it, one that follows makes it longer, and the continuous recording goes on",
  async () => {
    const instance = await watched(
      "[{ type: record }, { type: record, id: alarms, mode: event, preRoll: 3s, postRoll: 1s }]",
    );
    const { path, preRollMs } = await record(instance, "--for", "2s");
    expect(preRollMs).toBeGreaterThan(2_000);
    expect(await record(instance, "--for", "3s")).toMatchObject({ output: "alarms", path });
    const file = path ?? "";
    expect(file).toMatch(/\/recordings\/cam\/alarms\/[\d-]+\/alarms_[^/]+\.mkv$/);
    await until(() => existsSync(file));
    expect(await lengthOf(file)).toBeGreaterThan(2_000 + 3_000 + 1_000);

    const stream = await instance.streamUntil("cam", (now) => outputOf(now, "alarms")?.state === "waiting");
    expect(outputOf(stream, "alarms")).toMatchObject({ mode: "event", failure: null });
    expect(outputOf(stream, "record")).toMatchObject({ state: "up", framesDropped: 0 });
    const others = recordingsIn(instance.recordings).filter((each) => each !== file);
    expect(others).toEqual([expect.stringMatching(/\/cam_[^/]+\.mkv\.part$/)]);
  },
  TEST_TIMEOUT_MS,
);

test(
  "a stream without an output for events has one for as long as the event lasts, also over a restart of the supervisor",
  async () => {
    const instance = await watched("[{ type: rtsp }]");
    const { output, path } = await record(instance, "--for", "3s");
    expect(output).toBe("clip");
    await instance.kill();
    await instance.up();
    const adopted = await instance.streamUntil("cam", ({ state }) => state === "running");
    expect(adopted.outputs.map(({ id }) => id)).toEqual(["rtsp", "clip"]);
    const file = path ?? "";
    await until(() => existsSync(file));
    expect(await lengthOf(file)).toBeGreaterThan(3_000);
    await instance.streamUntil("cam", ({ outputs }) => outputs.every(({ id }) => id === "rtsp"));
    expect(recordingsIn(instance.recordings)).toEqual([file]);
  },
  TEST_TIMEOUT_MS,
);

test(
  "recordings go to the next root while the first cannot be written, by the template, and each is told of",
  async () => {
    const settings = "source: %, outputs: [{ type: record, rotate: { every: 1s } }]".replace("%", PATTERN);
    const hook = `sh -c 'echo "$DSLRS_STREAM $DSLRS_OUTPUT $DSLRS_REASON $DSLRS_PATH" >> told'`;
    const recordings = `recordings: { roots: [first, second], pathTemplate: "{year}/{stream}/{output}-{time}" }`;
    const streams = {
      cam: `{ ${settings}, onSegment: ${JSON.stringify(hook)} }`,
      other: `{ ${settings}, onSegment: "sh -c 'echo no >&2; exit 1'" }`,
    };
    const instance = await rig.instance((ports) => configOf(ports, streams, [recordings]));
    const [first, second] = [join(instance.directory, "first"), join(instance.directory, "second")];
    writeFileSync(first, "no folder");
    mkdirSync(second);
    await instance.up();
    const told = () => toldIn(instance);

    await until(() => told().length >= 2);
    const stream = await instance.streamUntil("cam", (now) => outputOf(now, "record")?.state === "degraded");
    expect(outputOf(stream, "record")).toMatchObject({
      root: second,
      failure: { message: expect.stringContaining("record") },
    });
    for (const line of told()) {
      const [name, output, reason, path = ""] = line.split(" ");
      expect([name, output, reason]).toEqual(["cam", "record", "time"]);
      expect(path).toMatch(new RegExp(`^${second}/\\d{4}/cam/record-[^/]+\\.mkv$`));
      expect(await lengthOf(path)).toBeGreaterThan(0);
    }

    rmSync(first);
    mkdirSync(first);
    await until(() => told().some((line) => line.includes(` ${first}/`)));
    const healed = await instance.streamUntil("cam", (now) => outputOf(now, "record")?.state === "up");
    expect(outputOf(healed, "record")).toMatchObject({ root: first, failure: null });
    const kinds = await eventsOf(instance, "cam");
    expect(kinds).toEqual(expect.arrayContaining(["recordingDegraded", "recordingResumed"]));
    expect(kinds).not.toContain("hookFailed");

    expect(await eventsOf(instance, "other")).toContain("hookFailed");
    expect(await instance.stream("other")).toMatchObject({ state: "running", worker: { restarts: 0 } });
  },
  TEST_TIMEOUT_MS,
);

function toldIn(instance: TestInstance): string[] {
  const path = join(instance.directory, "told");
  return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
}

async function eventsOf(instance: TestInstance, stream: string): Promise<string[]> {
  const { stdout } = await instance.run("events", stream, "--json");
  return stdout
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { kind: string }).kind);
}
