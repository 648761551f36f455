/** `dslrs events` and `dslrs why`: what happened, also to those who were not there. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { EventRecord } from "../../src/report/event.js";
import type { WhyReport } from "../../src/report/why.js";
import type { TestInstance } from "../rig/instance.js";
import { until } from "../rig/until.js";
import { cameraMount, PATTERN, served, testRig } from "./rig.js";

const rig = testRig();

async function eventsOf(instance: TestInstance, ...argv: string[]): Promise<EventRecord[]> {
  const { stdout } = await instance.run("events", ...argv, "--json");
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

async function whyOf(instance: TestInstance, stream: string): Promise<WhyReport> {
  const { stdout } = await instance.run("why", stream, "--json");
  return JSON.parse(stdout);
}

const kinds = (events: readonly EventRecord[]) => events.map(({ kind }) => kind);

test("events are told while they happen, and are there after kill -9 of the supervisor", async () => {
  const camera = await rig.camera([cameraMount("/cam")]);
  const { instance } = await rig.start({ cam: served(`"${camera.uri("/cam")}"`) });
  const following = instance.start("events", "-f");
  await following.find((text) => /cam +Runs\./.exec(text) ?? undefined);

  await camera.kill();
  await following.find((text) => /cam +failed: /.exec(text) ?? undefined);
  await following.find((text) => /dslrs +The host 127\.0\.0\.1:\d+ is away/.exec(text) ?? undefined);
  await camera.restart();
  await following.find((text) => /cam +Runs again\. \(down /.exec(text) ?? undefined);
  following.child.kill("SIGINT");
  await following.ended;

  const before = await eventsOf(instance);
  expect(kinds(before.filter(({ stream }) => stream === "cam"))).toEqual(
    expect.arrayContaining(["starting", "running", "failed"]),
  );
  expect(kinds(before.filter(({ stream }) => stream === null))).toEqual(
    expect.arrayContaining(["supervisorStarted", "breakerOpened", "breakerClosed"]),
  );
  const { recovery } = await instance.stream("cam");
  expect(recovery).toMatchObject({ outages: 1, falseAlarms: expect.any(Number) });
  expect(recovery.recoveryMs?.last).toBeGreaterThan(0);

  // What happens is written within a second.
  const file = join(instance.instanceDirectory, "events", "cam.jsonl");
  await until(() => readFileSync(file, "utf8").includes("Runs again"));
  await instance.run("pause", "neighbour");
  await instance.run("resume", "neighbour");
  await instance.running("neighbour");
  await instance.kill();
  const left = await instance.run("events", "cam");
  expect(left.code).toBe(1);
  expect(left.stdout).toMatch(/failed: [\s\S]*Runs again/);

  await instance.up();
  await instance.running("cam");
  const after = await eventsOf(instance, "cam");
  const told = before.filter(({ stream }) => stream === "cam").map(({ id }) => id);
  expect(after.map(({ id }) => id).slice(0, told.length)).toEqual(told);
  expect(after.at(-1)).toMatchObject({ message: expect.stringMatching(/living worker|Runs/) });
  const ids = (await eventsOf(instance)).map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)].sort((one, other) => one - other));
  expect((await instance.stream("cam")).recovery).toMatchObject({ outages: 1, longestMs: recovery.longestMs });
});

test("why: of streams that run, that are tried, that wait for an edit, that are paused, and that are gone", async () => {
  const camera = await rig.camera([cameraMount("/cam")]);
  const { instance, save } = await rig.start(
    {
      cam: served(`"${camera.uri("/cam")}"`),
      wrong: served(`"${camera.uri("/nowhere")}"`),
      broken: served('{ type: pipeline, pipeline: "videotestsrc ! nosuchelement" }'),
      paused: served(PATTERN),
      gone: served(PATTERN),
    },
    { awaited: ["cam", "paused", "gone"] },
  );
  expect(await whyOf(instance, "cam")).toMatchObject({
    state: "running",
    isWell: true,
    verdict: "Nothing is wrong.",
    tried: null,
    next: null,
    history: { outages: 0 },
  });

  await instance.streamUntil("wrong", ({ state }) => state === "recovering");
  const wrong = await whyOf(instance, "wrong");
  expect(wrong).toMatchObject({ isWell: false, failure: { class: "notFound" }, tried: { failures: {} } });
  expect(wrong.tried?.failures.notFound).toBeGreaterThanOrEqual(1);
  expect(wrong.entry).toBe("The camera has no stream at this path.");
  expect((await instance.run("why", "wrong")).stdout).toMatch(/failed: \d+ notFound[\s\S]*docs\/troubleshooting\.md/);

  await instance.streamUntil("broken", ({ state }) => state === "holding");
  const broken = await whyOf(instance, "broken");
  expect(broken).toMatchObject({ isWell: false, failure: { class: "pipelineInvalid" }, next: { at: null } });
  expect(broken.verdict).toContain("Waiting for an edit");

  await instance.run("pause", "paused");
  expect(await whyOf(instance, "paused")).toMatchObject({ isWell: true, verdict: expect.stringContaining("paused") });

  save({ cam: served(`"${camera.uri("/cam")}"`) });
  await instance.statusUntil(({ streams }) => streams.length === 2);
  expect(await whyOf(instance, "gone")).toMatchObject({ state: "removed", isWell: true });
  expect((await eventsOf(instance, "gone")).at(-1)?.kind).toBe("stopped");
  const unknown = await instance.run("why", "nobody");
  expect(unknown.code).toBe(1);
  expect(unknown.stderr).toContain("nobody");
});

test("what happened before the config was refused and after is among the events of the instance", async () => {
  const { instance, save } = await rig.start({});
  instance.writeConfig("streams: [");
  await instance.statusUntil(({ supervisor }) => supervisor.configError !== null);
  save({ cam: served(PATTERN) });
  await instance.running("cam");
  const ofInstance = (await eventsOf(instance)).filter(({ stream }) => stream === null);
  expect(kinds(ofInstance)).toEqual(expect.arrayContaining(["supervisorStarted", "configRefused", "configApplied"]));
  expect(kinds(ofInstance).indexOf("configRefused")).toBeLessThan(kinds(ofInstance).lastIndexOf("configApplied"));
});
