/** The lab's cameras as the tests of recovery use them; what each order does on the wire is tested in workers/tests/camera. */

import { connect } from "node:net";
import { type CameraMount, startCamera, type TestCamera } from "./camera.js";
import { createNetwork } from "./netns.js";
import { playRtsp } from "./rtsp-viewer.js";

const MOUNT: CameraMount = {
  path: "/yard",
  source: { kind: "pattern", width: 320, height: 240, fps: 25, gop: 10, bitrate: 300_000 },
};

describe("a camera", () => {
  let camera: TestCamera;

  beforeEach(async () => {
    camera = await startCamera([MOUNT]);
  });
  afterEach(() => camera.stop());

  test("obeys, and says what it does not understand", async () => {
    await camera.order("refuse", { mount: "/yard", status: 453 });
    await expect(playRtsp(camera.uri("/yard"))).rejects.toMatchObject({ status: 453 });
    await camera.order("behave", {});
    const viewer = await playRtsp(camera.uri("/yard"));
    await viewer.frames(5);
    expect(await camera.stats()).toMatchObject([{ mount: "/yard", clients: 1 }]);
    viewer.drop();
    await expect(camera.order("thaw", { mount: "/cellar" })).rejects.toThrow("mount");
  });

  test("comes back on its port after it was killed", async () => {
    const viewer = await playRtsp(camera.uri("/yard"));
    await viewer.frames(2);
    await camera.kill();
    await viewer.closed;
    await camera.restart();
    const next = await playRtsp(camera.uri("/yard"));
    await next.frames(2);
    next.drop();
  });

  test("says nothing while its process is stopped, and goes on", async () => {
    const viewer = await playRtsp(camera.uri("/yard"));
    await viewer.frames(2);
    camera.freezeProcess();
    const framesBefore = viewer.tracks[0]?.frames ?? 0;
    const socket = connect(camera.port, "127.0.0.1");
    let answered = false;
    socket.on("data", () => {
      answered = true;
    });
    socket.write("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n");
    await new Promise((resolve) => socket.once("connect", resolve));
    expect(answered).toBe(false);
    expect(viewer.tracks[0]?.frames).toBeLessThan(framesBefore + 3);
    camera.thawProcess();
    await viewer.moreFrames(10);
    socket.destroy();
    viewer.drop();
  });
});

test("a pulled cable is silence, and the session goes on when it is plugged in again", async () => {
  const network = await createNetwork();
  if (network === undefined) return;
  const camera = await startCamera([MOUNT], 0, network);
  try {
    const viewer = await playRtsp(camera.uri("/yard"));
    await viewer.frames(5);
    await network.pullCable();
    expect(viewer.isClosed()).toBe(false);
    await network.plugCable();
    await viewer.moreFrames(10);
    viewer.drop();
  } finally {
    await camera.stop();
    await network.remove();
  }
});
