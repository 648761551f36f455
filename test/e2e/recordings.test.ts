/** What was recorded, when something was not, and why: as a user asks for it. */

import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { RecordingsReport } from "../../src/report/recordings.js";
import type { TestInstance } from "../rig/instance.js";
import { decodingErrors } from "../rig/media.js";
import { archivesOf } from "../rig/processes.js";
import { until } from "../rig/until.js";
import { configOf, TEST_TIMEOUT_MS, testRig } from "./rig.js";

const rig = testRig();

/** At 10 frames a second a worker may be back before the next frame would have come: no gap then. */
const SOURCE = "{ type: test, pattern: ball, size: 160x120, fps: 50, bitrate: 100kbit }";

const recorded = (format: string) =>
  `{ source: ${SOURCE}, outputs: [{ type: record, format: ${format}, rotate: { every: 1s } }] }`;

async function reportOf(instance: TestInstance, ...argv: string[]): Promise<RecordingsReport> {
  return JSON.parse((await instance.run("recordings", ...argv, "--json")).stdout) as RecordingsReport;
}

async function reportUntil(instance: TestInstance, is: (report: RecordingsReport) => boolean, ...argv: string[]) {
  return until(async () => {
    const report = await reportOf(instance, ...argv);
    return is(report) && report;
  });
}

const finished = ({ recordings }: RecordingsReport) => recordings.filter(({ state }) => state === "finished");

test(
  "a worker that is killed costs a gap with its reason, and its file is salvaged; a pause is told as one",
  async () => {
    const instance = await rig.instance((ports) => configOf(ports, { yard: recorded("mkv"), gate: recorded("mp4") }));
    await instance.up();
    await instance.running("yard", "gate");
    await reportUntil(instance, (report) => finished(report).length >= 2, "yard");
    process.kill(instance.workerPid("yard"), "SIGKILL");
    const salvaged = await reportUntil(
      instance,
      ({ recordings, gaps }) => recordings.some(({ reason }) => reason === "salvaged") && gaps.length > 0,
      "yard",
    );
    expect(salvaged.gaps).toMatchObject([{ stream: "yard", output: "record", class: "workerCrashed" }]);
    const { path = "", frames } = salvaged.recordings.find(({ reason }) => reason === "salvaged") ?? {};
    expect(frames).toBeGreaterThan(0);
    expect(await decodingErrors(path)).toBe("");
    expect((await reportOf(instance, "gate")).gaps).toEqual([]);

    await instance.run("pause", "yard");
    const lines = async () => (await instance.run("recordings", "yard", "--gaps")).stdout;
    expect(await until(async () => /paused/.test(await lines()) && lines())).toMatch(
      /^yard: no recording \S+–\S+, worker crashed\nyard: paused \S+–now\n$/,
    );
    expect((await instance.run("recordings", "yard", "--from", "-1m")).stdout).toMatch(/salvaged.*worker crashed/s);
  },
  TEST_TIMEOUT_MS,
);

test(
  "the index is made again from the files, with a supervisor and without one",
  async () => {
    const instance = await rig.instance((ports) => configOf(ports, { yard: recorded("mkv") }));
    await instance.up();
    await instance.running("yard");
    await reportUntil(instance, (report) => finished(report).length >= 3);
    await instance.run("down");
    await instance.ended();
    const known = await reportOf(instance, "--root", instance.recordings);
    const facts = ({ recordings }: RecordingsReport) =>
      recordings.map(({ path, start, frames, bytes, encodings }) => ({ path, start, frames, bytes, encodings }));
    rmSync(join(instance.recordings, ".dslrs"), { recursive: true });
    expect(facts(await reportOf(instance, "--root", instance.recordings, "--reindex"))).toEqual(facts(known));
    expect(known.recordings.every(({ state }) => state === "finished")).toBe(true);

    await instance.up();
    rmSync(known.recordings[0]?.path ?? "");
    const { stderr, code } = await instance.run("recordings", "--reindex");
    expect([stderr, code]).toEqual([expect.stringContaining("looked into again"), 0]);
    await reportUntil(
      instance,
      ({ recordings }) => recordings.length > 0 && recordings[0]?.path !== known.recordings[0]?.path,
    );
  },
  TEST_TIMEOUT_MS,
);

test(
  "a disk that hangs is told of; streams run, the answer comes, and an end takes its usual time",
  async () => {
    const instance = await rig.instance((ports) => configOf(ports, { yard: recorded("mkv") }));
    await instance.up();
    await instance.running("yard");
    await reportUntil(instance, (report) => finished(report).length >= 1);
    const [pid = 0] = archivesOf(instance.recordings);
    process.kill(pid, "SIGSTOP");
    const { code, stdout } = await instance.run("recordings", "--json");
    const { roots } = JSON.parse(stdout) as RecordingsReport;
    expect([code, roots]).toEqual([
      1,
      [{ path: instance.recordings, problem: expect.stringContaining("did not answer") }],
    ]);
    const { source } = await instance.stream("yard");
    await instance.streamUntil("yard", (stream) => stream.source.frames > source.frames);
    await instance.run("down");
    await instance.ended();
    await until(() => archivesOf(instance.recordings).length === 0);
    expect(readFileSync(join(instance.instanceDirectory, "supervisor.log"), "utf8")).toContain(
      "Everything has stopped",
    );
  },
  TEST_TIMEOUT_MS,
);

test(
  "the archive process ends with a supervisor that is killed",
  async () => {
    const instance = await rig.instance((ports) => configOf(ports, { yard: recorded("mkv") }));
    await instance.up();
    await instance.running("yard");
    await until(() => archivesOf(instance.recordings).length === 1);
    await instance.kill();
    await until(() => archivesOf(instance.recordings).length === 0);
  },
  TEST_TIMEOUT_MS,
);
