/** When it is tried again: the strategies and time-outs of the config, and their edits while it runs. */

import type { EventRecord } from "../../src/report/event.js";
import type { TestInstance } from "../rig/instance.js";
import { startProxy } from "../rig/proxy.js";
import { startSilentPort } from "../rig/silent-port.js";
import { cameraMount, SECOND, served, testRig } from "./rig.js";

const rig = testRig();

async function eventsOf(instance: TestInstance, stream: string): Promise<EventRecord[]> {
  const { stdout } = await instance.run("events", stream, "--json");
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

function untilNext(at: string | null): number {
  return Date.parse(at ?? "") - Date.now();
}

test("a camera that answers and dies on PLAY: it is not hammered, and its other streams do not mind", async () => {
  const camera = await rig.camera([cameraMount("/cam"), cameraMount("/sibling")]);
  const { instance, expectUndisturbed } = await rig.start({
    cam: served(`"${camera.uri("/cam")}"`, "retry: { strategy: exponential, min: 200ms, max: 2s }"),
    sibling: served(`"${camera.uri("/sibling")}"`),
  });
  const sibling = await rig.viewer(instance.rtspUrl("/sibling"));
  const viewer = await rig.viewer(instance.rtspUrl("/cam"));
  await viewer.frames(10);
  await camera.order("resetOn", { mount: "/cam", method: "PLAY" });
  await camera.order("dropClients", { mount: "/cam" });
  const failing = await instance.streamUntil("cam", ({ attempts }) => attempts >= 5);
  expect(failing).toMatchObject({ failure: { class: "reset" }, breaker: "closed" });
  const told = (await eventsOf(instance, "cam")).filter(({ kind }) => kind === "failed");
  // A row of the same is one event, with the count.
  expect(told).toHaveLength(1);
  expect(told[0]?.times).toBeGreaterThanOrEqual(5);
  expect(told[0]?.fields.attempts).toBe(told[0]?.times);
  // The first pause is a moment, each of the others 200 ms at least.
  const tookMs = Date.parse(told[0]?.at ?? "") - Date.parse(told[0]?.firstAt ?? "");
  expect(tookMs).toBeGreaterThanOrEqual(3 * 200);

  await camera.order("behave", { mount: "/cam" });
  await instance.running("cam");
  await viewer.moreFrames(10);
  expect(sibling.tracks[0]?.lost).toBe(0);
  expect(sibling.tracks[0]?.largestStep).toBeLessThan(SECOND);
  await expectUndisturbed();
});

test("an edit of the strategy counts at once: from an hour to a moment, from a list to its end, and to giving up", async () => {
  const camera = await rig.camera([cameraMount("/cam")]);
  const withRetry = (retry: string) => ({ cam: served(`"${camera.uri("/cam")}"`, `retry: { ${retry} }`) });
  const { instance, save, expectUndisturbed } = await rig.start(withRetry("strategy: fixed, delay: 1h"));
  const viewer = await rig.viewer(instance.rtspUrl("/cam"));
  const pid = instance.workerPid("cam");
  await viewer.frames(10);

  await camera.order("refuse", { mount: "/cam", status: 500 });
  await camera.order("dropClients", { mount: "/cam" });
  const slow = await instance.streamUntil("cam", ({ failure }) => failure?.class === "protocolError");
  expect(untilNext(slow.nextAttemptAt)).toBeGreaterThan(3_500_000);

  save(withRetry("strategy: custom, delays: [100ms, 100ms, 100ms, 2h]"));
  const listed = await instance.streamUntil("cam", ({ nextAttemptAt }) => untilNext(nextAttemptAt) > 7_000_000);
  expect(listed).toMatchObject({ state: "recovering", attempts: 4 });

  save(withRetry("strategy: immediate"));
  await instance.streamUntil("cam", ({ attempts }) => attempts >= 7);

  save(withRetry("strategy: fixed, delay: 100ms, maxAttempts: 10"));
  const given = await instance.streamUntil("cam", ({ state }) => state === "holding");
  expect(given.attempts).toBeGreaterThanOrEqual(10);
  expect(given.nextAttemptAt).toBeNull();
  expect(given.reason).toMatch(/Gave up after \d+ attempts/);
  await camera.order("behave", { mount: "/cam" });
  expect((await instance.run("why", "cam")).stdout).toMatch(/cam is holding[\s\S]*dslrs restart cam/);

  const restarted = await instance.run("restart", "cam");
  expect(restarted.code).toBe(0);
  await instance.running("cam");
  const next = await rig.viewer(instance.rtspUrl("/cam"));
  await next.frames(10);
  expect(instance.workerPid("cam")).not.toBe(pid);
  await expectUndisturbed();
});

test("edits of retries and time-outs interrupt nothing", async () => {
  const camera = await rig.camera([cameraMount("/cam")]);
  const { instance, save } = await rig.start({ cam: served(`"${camera.uri("/cam")}"`) });
  const viewer = await rig.viewer(instance.rtspUrl("/cam"));
  const pid = instance.workerPid("cam");
  await viewer.frames(10);
  save({ cam: served(`"${camera.uri("/cam")}"`, "retry: immediate", "timeouts: { connect: 1s, stall: 1h }") }, [
    "reconnects: { perSecond: 5 }",
  ]);
  await instance.logged(({ message }) => message.includes("timeouts") || message.includes("retry"));
  await viewer.moreFrames(25);
  expect(viewer.tracks[0]?.lost).toBe(0);
  expect(viewer.tracks[0]?.largestStep).toBeLessThan(SECOND / 4);
  expect(instance.workerPid("cam")).toBe(pid);
  expect((await instance.stream("cam")).source.reconnects).toBe(0);

  // In force all the same: this silence is none of an hour.
  await camera.order("freeze", { mount: "/cam" });
  await instance.streamUntil("cam", ({ source }) => Number(source.lastFrameAgeMs) > 4_000);
  expect((await instance.stream("cam")).recovery.failures).toEqual({});
  await camera.order("thaw", { mount: "/cam" });
  await viewer.moreFrames(25);
  expect((await instance.stream("cam")).recovery).toMatchObject({ outages: 0, attempts: 1 });
});

test("time-outs: for the answer, and for the first picture", async () => {
  const camera = await rig.camera([cameraMount("/cam")]);
  await camera.order("freeze", { mount: "/cam" });
  const mute = await rig.use(startSilentPort(0));
  const settings = ["timeouts: { connect: 500ms, firstFrame: 1s }", "retry: { strategy: fixed, delay: 100ms }"];
  const { instance, expectUndisturbed } = await rig.start(
    {
      silent: served(`"rtsp://127.0.0.1:${mute.port}/cam"`, ...settings),
      blank: served(`"${camera.uri("/cam")}"`, ...settings),
    },
    { awaited: [] },
  );
  await instance.streamUntil("silent", ({ recovery }) => Number(recovery.failures.connectTimeout) >= 2);
  await instance.streamUntil("blank", ({ recovery }) => Number(recovery.failures.stalled) >= 4);
  await camera.order("thaw", { mount: "/cam" });
  await instance.running("blank");
  await expectUndisturbed();
});

test("short stalls of the network are no outage", async () => {
  const camera = await rig.camera([cameraMount("/cam")]);
  const proxy = await rig.use(startProxy(camera.port));
  const { instance } = await rig.start({ cam: served(`"${proxy.uri("/cam")}"`) });
  const viewer = await rig.viewer(instance.rtspUrl("/cam"));
  await viewer.frames(25);
  for (let stall = 0; stall < 5; stall++) {
    proxy.set({ stalled: ["toClient"] });
    await new Promise((resolve) => setTimeout(resolve, 300));
    proxy.behave();
    await viewer.moreFrames(15);
  }
  expect(viewer.tracks[0]).toMatchObject({ lost: 0, smallestStep: 3600, largestStep: 3600 });
  const { source, recovery } = await instance.stream("cam");
  expect(source.reconnects).toBe(0);
  expect(recovery).toMatchObject({ outages: 0, attempts: 1, failures: {} });
  expect(recovery.falseAlarms).toBeGreaterThan(0);
});
