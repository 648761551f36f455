/** The network between a camera and its worker: a cable that is pulled, packets that get lost. */

import { startCamera } from "../rig/camera.js";
import { createNetwork, type TestNetwork } from "../rig/netns.js";
import { startUdpProxy } from "../rig/proxy-udp.js";
import { cameraMount, served, testRig } from "./rig.js";

const rig = testRig();

let network: TestNetwork | undefined;
const probe = await createNetwork();
await probe?.remove();
/** A network of its own takes rights that not every user of a machine has. */
const testWithCable = probe === undefined ? test.skip.each : test.each;

afterEach(async () => {
  await network?.remove();
  network = undefined;
});

testWithCable(["tcp", "udp"])(
  "a cable is pulled and plugged again: over %s the viewer keeps its session",
  async (transport) => {
    network = await createNetwork();
    if (network === undefined) throw new Error("a network could be made a moment ago");
    const camera = await rig.use(startCamera([cameraMount("/cam")], 0, network));
    const source = `{ type: rtsp, uri: "rtsp://${network.address}:${camera.port}/cam", transport: ${transport} }`;
    const { instance, expectUndisturbed } = await rig.start({ cam: served(source) });
    const viewer = await rig.viewer(instance.rtspUrl("/cam"));
    await viewer.frames(10);
    const pid = instance.workerPid("cam");

    await network.pullCable();
    const down = await instance.streamUntil("cam", ({ state }) => state === "recovering" || state === "holding");
    expect(down.failure?.class).toBe("stalled");
    await instance.streamUntil("cam", ({ breaker }) => breaker !== "closed");
    await network.plugCable();
    await instance.running("cam");
    await viewer.moreFrames(10);
    expect(viewer.tracks[0]?.lost).toBe(0);
    expect(viewer.tracks[0]?.smallestStep).toBeGreaterThan(0);
    expect(instance.workerPid("cam")).toBe(pid);
    await expectUndisturbed();
  },
);

test("lost and reordered datagrams are no outage; when none arrives any more it is one", async () => {
  const camera = await rig.camera([cameraMount("/cam")]);
  const proxy = await rig.use(startUdpProxy(camera.port));
  const { instance } = await rig.start({
    cam: served(`{ type: rtsp, uri: "${proxy.uri("/cam")}", transport: udp }`, "timeouts: { firstFrame: 3s }"),
  });
  const viewer = await rig.viewer(instance.rtspUrl("/cam"));
  proxy.set({ loss: 0.02, reorder: 0.05 });
  await viewer.frames(75);
  expect(await instance.stream("cam")).toMatchObject({ source: { reconnects: 0 }, recovery: { outages: 0 } });

  proxy.set({ loss: 1 });
  const down = await instance.streamUntil("cam", ({ state }) => state === "recovering" || state === "holding");
  expect(down.failure?.class).toBe("stalled");
  proxy.behave();
  await instance.running("cam");
  await viewer.moreFrames(10);
});
