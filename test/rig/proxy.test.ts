/** The faults of the lab's network, seen from a viewer: a fault that does nothing would make every test that uses it pass. */

import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { buffer } from "node:stream/consumers";
import { execa } from "execa";
import { type CameraMount, startCamera, type TestCamera } from "./camera.js";
import { playWithFfmpeg } from "./media.js";
import { type FaultProxy, startProxy } from "./proxy.js";
import { startUdpProxy, type UdpProxy } from "./proxy-udp.js";
import { playRtsp, type RtspViewer } from "./rtsp-viewer.js";
import { until } from "./until.js";

const MOUNT: CameraMount = {
  path: "/yard",
  source: { kind: "pattern", width: 320, height: 240, fps: 25, gop: 10, bitrate: 300_000 },
};

describe("over TCP", () => {
  let camera: TestCamera;
  let proxy: FaultProxy;
  let viewer: RtspViewer;

  beforeEach(async () => {
    camera = await startCamera([MOUNT]);
    proxy = await startProxy(camera.port);
    viewer = await playRtsp(proxy.uri("/yard"));
    await viewer.frames(5);
  });

  afterEach(async () => {
    viewer.drop();
    await proxy.stop();
    await camera.stop();
  });

  test.each(["cut", "reset"] as const)("%s ends a session, and the next one plays", async (fault) => {
    proxy[fault]();
    await viewer.closed;
    const next = await playRtsp(proxy.uri("/yard"));
    await next.frames(2);
    next.drop();
  });

  test("a half-close towards the client ends what it gets", async () => {
    proxy.halfClose("toClient");
    await viewer.closed;
  });

  test("a stall loses nothing that comes later", async () => {
    proxy.set({ stalled: ["toClient"] });
    const framesBefore = viewer.tracks[0]?.frames ?? 0;
    await cameraSends(10);
    // What was under way when the stall began.
    expect((viewer.tracks[0]?.frames ?? 0) - framesBefore).toBeLessThan(3);
    proxy.behave();
    await viewer.moreFrames(15);
    expect(viewer.tracks[0]?.lost).toBe(0);
  });

  test("a closed port refuses, and who plays plays on", async () => {
    proxy.close();
    const refused = connect(proxy.port, "127.0.0.1");
    const [problem] = await once(refused, "error");
    expect(problem).toMatchObject({ code: "ECONNREFUSED" });
    await viewer.moreFrames(5);
    await proxy.open();
    const next = await playRtsp(proxy.uri("/yard"));
    next.drop();
  });

  test("a limited rate starves a session", async () => {
    proxy.set({ bytesPerSecond: 2000 });
    const framesBefore = viewer.tracks[0]?.frames ?? 0;
    await cameraSends(50);
    expect((viewer.tracks[0]?.frames ?? 0) - framesBefore).toBeLessThan(25);
    proxy.behave();
    await viewer.moreFrames(50);
    expect(viewer.tracks[0]?.lost).toBe(0);
  });

  /** Resolves when so many more frames left the camera. */
  async function cameraSends(frames: number): Promise<void> {
    const sent = async () => (await camera.stats())[0]?.framesSent ?? 0;
    const before = await sent();
    await until(async () => (await sent()) >= before + frames);
  }
});

test("over TCP, damage changes bytes and neither adds nor loses any", async () => {
  const zeros = createServer((socket) => socket.end(Buffer.alloc(10_000)));
  zeros.listen(0, "127.0.0.1");
  await once(zeros, "listening");
  const proxy = await startProxy((zeros.address() as AddressInfo).port);
  proxy.set({ corruptRate: 0.01 });
  const received = await buffer(connect(proxy.port, "127.0.0.1"));
  const damaged = received.filter((byte) => byte !== 0).length;
  expect(received.length).toBe(10_000);
  expect(damaged).toBeGreaterThan(0);
  expect(damaged).toBeLessThan(1_000);
  await proxy.stop();
  zeros.close();
});

describe("over UDP", () => {
  let camera: TestCamera;
  let proxy: UdpProxy;

  beforeEach(async () => {
    camera = await startCamera([MOUNT]);
    proxy = await startUdpProxy(camera.port);
  });

  afterEach(async () => {
    await proxy.stop();
    await camera.stop();
  });

  test("passes media unharmed", async () => {
    await playWithFfmpeg(proxy.uri("/yard"), "udp", 20);
  });

  test("loses and reorders datagrams", async () => {
    proxy.set({ loss: 0.1, reorder: 0.2 });
    const url = proxy.uri("/yard");
    const output = ["-c", "copy", "-frames:v", "50", "-f", "null", "-"];
    const { stderr } = await execa("ffmpeg", ["-nostdin", "-rtsp_transport", "udp", "-i", url, ...output]);
    expect(stderr).toMatch(/RTP: missed \d+ packets/);
  });
});
