/** One camera misbehaves in every way that cameras do. Its viewer keeps the session, and has its picture again as soon as it behaves. */

import { join } from "node:path";
import type { FailureClass } from "../../src/failure.js";
import type { StreamStatus } from "../../src/report/status.js";
import { countOf } from "../../src/supervisor/tally.js";
import type { TestCamera } from "../rig/camera.js";
import type { CameraOrders } from "../rig/camera-control.js";
import { packetsOf, recordingsIn } from "../rig/media.js";
import type { RtspViewer } from "../rig/rtsp-viewer.js";
import { until } from "../rig/until.js";
import { cameraMount, type Neighbourhood, recorded, SECOND, served, testRig } from "./rig.js";

const rig = testRig(afterAll);

/** The next test is not to wait for what the last one did. */
const RETRY = "retry: { strategy: fixed, delay: 200ms }";
const TIMEOUTS = "timeouts: { connect: 1s, firstFrame: 3s }";

let camera: TestCamera;
let world: Neighbourhood;
let viewer: RtspViewer;
let sibling: RtspViewer;

beforeAll(async () => {
  camera = await rig.camera([cameraMount("/cam", { audio: "aac" }), cameraMount("/sibling")]);
  world = await rig.start({
    cam: recorded(`"${camera.uri("/cam")}"`, "mkv", RETRY, TIMEOUTS),
    sibling: served(`"${camera.uri("/sibling")}"`),
  });
  viewer = await rig.viewer(world.instance.rtspUrl("/cam"));
  sibling = await rig.viewer(world.instance.rtspUrl("/sibling"));
});

type Order = {
  [Type in keyof CameraOrders]: readonly [order: Type, members: Omit<CameraOrders[Type], "mount">];
}[keyof CameraOrders];

async function give([type, members]: Order): Promise<void> {
  await camera.order(type, { ...members, mount: "/cam" } as CameraOrders[typeof type]);
}

const cam = () => world.instance.stream("cam");

/**
 * A camera that is short of CPU loses its picture by itself, and may have done so a moment ago: what fails next would not be for the order
 * then.
 */
async function recoveryWhileRunning(): Promise<StreamStatus["recovery"]> {
  await viewer.moreFrames(2);
  return (await world.instance.streamUntil("cam", ({ state }) => state === "running")).recovery;
}

const failuresIn = ({ recovery }: StreamStatus) => countOf(recovery.failures);

async function framesOfSibling(): Promise<number> {
  return (await camera.stats()).find(({ mount }) => mount === "/sibling")?.framesSent ?? 0;
}

/** So long that the camera sends so many frames meanwhile. */
async function goOnFor(frames: number): Promise<void> {
  const enough = (await framesOfSibling()) + frames;
  await until(async () => (await framesOfSibling()) >= enough);
}

async function expectPictureAgain(): Promise<void> {
  await world.instance.running("cam");
  await viewer.moreFrames(10);
  expect(viewer.tracks[0]?.lost).toBe(0);
  expect(viewer.tracks[0]?.smallestStep).toBeGreaterThan(0);
  expect(viewer.tracks[0]?.largestStep).toBeLessThan(30 * SECOND);
  expect(sibling.tracks[0]?.lost).toBe(0);
}

afterEach(async () => {
  await camera.order("behave", { mount: "/cam" });
});

test.each<readonly [string, Order, readonly FailureClass[]]>([
  ["no media at all", ["freeze", {}], ["stalled"]],
  ["no video, but sound", ["audioOnly", {}], ["stalled"]],
  ["no word any more", ["mute", {}], ["stalled"]],
  ["a trickle of bytes", ["drip", { bytesPerSecond: 500 }], ["stalled"]],
  ["half a packet and the end", ["halfPacket", {}], ["endOfStream"]],
])("as long as there is %s, it is tried again and again", async (_name, order, classes) => {
  const before = await recoveryWhileRunning();
  await give(order);
  const failed = await world.instance.streamUntil("cam", ({ recovery }) => recovery.attempts >= before.attempts + 2);
  const risen = classes.filter((name) => (failed.recovery.failures[name] ?? 0) > (before.failures[name] ?? 0));
  expect(risen).toEqual(classes);
  await give(["behave", {}]);
  await expectPictureAgain();
});

test.each<readonly [string, Order, FailureClass]>([
  ["goodbye", ["teardown", {}], "endOfStream"],
  ["reset", ["dropClients", {}], "reset"],
])("after a %s it is connected anew", async (_name, order, failureClass) => {
  for (let isTold = false; !isTold; ) {
    const before = await recoveryWhileRunning();
    await give(order);
    const { recovery } = await world.instance.streamUntil("cam", (now) => failuresIn(now) > countOf(before.failures));
    isTold = (recovery.failures[failureClass] ?? 0) > (before.failures[failureClass] ?? 0);
  }
  await expectPictureAgain();
});

test.each<readonly [string, Order, FailureClass, sentence: string]>([
  ["a reset at PLAY", ["resetOn", { method: "PLAY" }], "reset", "broke the connection"],
  ["no session description", ["badSdp", {}], "unsupportedEncoding", "holds no video and no audio"],
  ["half a session description", ["truncateSdp", {}], "notFound", "no stream at this path"],
  ["404", ["refuse", { status: 404 }], "notFound", "no stream at this path"],
  ["453", ["refuse", { status: 453 }], "busy", "no more viewers"],
  ["503", ["refuse", { status: 503 }], "busy", "no more viewers"],
  ["frames without a keyframe", ["noKeyframes", {}], "corruptMedia", "keyframe"],
])("whoever connects gets %s", async (_name, order, failureClass, sentence) => {
  await viewer.moreFrames(2);
  await give(order);
  await give(["dropClients", {}]);
  // The reset that made it connect is told first.
  const isTold = ({ class: told, message }: { class: string; message: string }) =>
    told === failureClass && message.includes(sentence);
  await world.instance.streamUntil("cam", ({ failure, state }) => {
    return state === "recovering" && failure !== null && isTold(failure);
  });
  await give(["behave", {}]);
  await expectPictureAgain();
});

test.each<readonly [string, Order]>([
  ["garbage between the packets", ["garbage", {}]],
  ["one flipped bit in a thousand bytes", ["corrupt", { rate: 0.001 }]],
  ["a clock that leaps an hour ahead", ["jump", { seconds: 3600 }]],
  ["a clock that leaps an hour back", ["jump", { seconds: -3600 }]],
  ["a clock that stands still", ["standStill", {}]],
])("%s does not end the viewer's session", async (_name, order) => {
  await viewer.moreFrames(2);
  await give(order);
  await goOnFor(50);
  await give(["behave", {}]);
  await expectPictureAgain();
});

test("another size, by itself: the viewer goes on, the recorder begins a new file", async () => {
  const pathOf = async () => (await cam()).outputs.find(({ kind }) => kind === "record")?.path ?? "";
  await viewer.moreFrames(2);
  const before = await pathOf();
  await give(["format", { width: 640, height: 480 }]);
  const { source } = await world.instance.streamUntil("cam", ({ source: { tracks } }) => tracks[0]?.width === 640);
  expect(source.tracks[0]).toMatchObject({ encoding: "h264", height: 480 });
  await until(async () => (await pathOf()) !== before);
  await viewer.moreFrames(25);
  await give(["behave", {}]);
  await expectPictureAgain();
});

test("another codec, by itself: the viewer is let go, the next one gets it", async () => {
  await viewer.moreFrames(2);
  await give(["format", { encoding: "h265" }]);
  await viewer.closed;
  await world.instance.streamUntil("cam", ({ state, source: { tracks } }) => {
    return state === "running" && tracks[0]?.encoding === "h265";
  });
  const next = await rig.viewer(world.instance.rtspUrl("/cam"));
  await next.frames(25);
  expect(next.sdp).toContain("H265");
});

test("nobody else noticed any of it, and all that was recorded can be read to its end", async () => {
  await world.expectUndisturbed();
  expect((await world.instance.stream("sibling")).recovery).toMatchObject({ attempts: 1, failures: {} });
  await world.instance.run("down");
  const files = recordingsIn(join(world.instance.recordings, "cam"));
  expect(files.length).toBeGreaterThan(5);
  for (const file of files) {
    expect(file).toMatch(/\.mkv$/);
    expect((await packetsOf(file)).find(({ track }) => track === 0)?.isKey).toBe(true);
  }
});
