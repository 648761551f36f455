/** What is wrong gets a clear answer, and harms nothing. */

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import type { TestInstance } from "../rig/instance.js";
import { freePort } from "../rig/port.js";
import { startResponder } from "../rig/rtsp-responder.js";
import type { RtspViewer } from "../rig/rtsp-viewer.js";
import { everyProcess, filesOfInstance, filesOfProcess, textOf } from "../rig/shown.js";
import { configOf, PATTERN, PATTERN_STEP, recorded, served, testRig } from "./rig.js";

const rig = testRig();
const CAMERA = { kind: "pattern", width: 320, height: 240, fps: 10, bitrate: 200_000 } as const;

/** A running instance with a stream `neighbour` that is watched. */
async function start(
  streams: Readonly<Record<string, string>>,
  more: readonly string[] = [],
): Promise<{ instance: TestInstance; expectUndisturbed(): Promise<void> }> {
  const instance = await rig.instance((ports) => configOf(ports, { neighbour: served(PATTERN), ...streams }, more));
  await instance.up();
  await instance.running("neighbour");
  const viewer: RtspViewer = await rig.viewer(instance.rtspUrl("/neighbour"));
  const pid = instance.workerPid("neighbour");
  return {
    instance,
    async expectUndisturbed() {
      await viewer.moreFrames(5);
      expect(viewer.tracks[0]).toMatchObject({ lost: 0, smallestStep: PATTERN_STEP, largestStep: PATTERN_STEP });
      expect(instance.workerPid("neighbour")).toBe(pid);
    },
  };
}

describe("a config that cannot be used: `up` ends with 2 and says where", () => {
  test.each([
    ["that is missing", "missing.yaml", undefined, /missing\.yaml.*(no such file|does not exist)/i],
    ["that is a folder", "run", undefined, /run.*(directory|folder)/i],
    ["that is no YAML", "bad.yaml", "streams: {", /bad\.yaml:1:\d+: /],
    ["with an unknown key", "bad.yaml", "streams:\n  cam: { sorce: a.mp4 }\n", /bad\.yaml:2:10: .*sorce.*source/s],
    [
      "with a wrong unit",
      "bad.yaml",
      "streams:\n  cam: { source: a.mp4, limits: { memory: 5 } }\n",
      /bad\.yaml:2:43: .*5/,
    ],
    ["over 1 MiB", "bad.yaml", `# ${"x".repeat(1024 * 1024)}\n`, /bad\.yaml.*1 MiB/s],
  ])("%s", async (_name, file, text, message) => {
    const instance = await rig.instance((ports) => configOf(ports, {}));
    const path = join(instance.directory, file);
    if (text !== undefined) writeFileSync(path, text);
    const { code, stdout, stderr } = await instance.run("up", path);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });
});

(process.getuid?.() === 0 ? test.skip : test)("a config that may not be read: `up` ends with 2", async () => {
  const instance = await rig.instance((ports) => configOf(ports, {}));
  chmodSync(instance.configPath, 0);
  const { code, stderr } = await instance.run("up", instance.configPath);
  expect(code).toBe(2);
  expect(stderr).toMatch(/permission/i);
});

test("an RTSP port in use: `up` ends with 1, names it, and leaves nothing running", async () => {
  const instance = await rig.instance((ports) => configOf(ports, { cam: served(PATTERN) }));
  const other = createServer().listen(instance.rtspPort, "127.0.0.1");
  await once(other, "listening");
  const { code, stderr } = await instance.run("up", instance.configPath);
  other.close();
  expect(code).toBe(1);
  expect(stderr).toContain(`127.0.0.1:${instance.rtspPort} is in use`);
  expect(stderr).toContain("rtsp.listen");
  expect(readdirSync(instance.instanceDirectory)).not.toContain("streams");
});

test("a port of a simulated camera in use: the log names it, and the streams go on", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const { instance, expectUndisturbed } = await start({}, [`simulate: { yard: { port: ${port} } }`]);
  const { message } = await instance.logged((record) => record.message.startsWith("The simulated camera on port"));
  expect(message).toContain(`cannot listen on 127.0.0.1:${port}`);
  await expectUndisturbed();
  other.close();
});

test("a recordings root that cannot be written: the recording is degraded and says so, the stream serves", async () => {
  const { instance, expectUndisturbed } = await start({ cam: recorded(PATTERN) }, [
    "recordings: { root: ./occupied/root }",
  ]);
  const before = await instance.streamUntil("cam", ({ outputs }) =>
    outputs.some(({ kind, state }) => kind === "record" && state === "up"),
  );
  expect(before.state).toBe("running");

  writeFileSync(join(instance.directory, "a-file"), "");
  instance.writeConfig(readFileSync(instance.configPath, "utf8").replace("./occupied/root", "./a-file/root"));
  const cam = await instance.streamUntil("cam", ({ outputs }) => outputs.some(({ failure }) => failure !== null));
  const failure = cam.outputs.find(({ kind }) => kind === "record")?.failure;
  expect(failure?.class).toBe("diskMissing");
  expect(failure?.message).toMatch(/recording/i);
  expect(cam.state).toBe("running");
  await (await rig.viewer(instance.rtspUrl("/cam"))).frames(5);
  expect((await instance.run("status")).stdout).toContain("output record:");
  await expectUndisturbed();
});

test("sources that cannot be used: each stream says what is wrong, the neighbour goes on", async () => {
  const camera = await rig.camera([
    { path: "/open", source: CAMERA },
    { path: "/locked", user: "admin", password: "right", source: CAMERA },
  ]);
  const responder = await startResponder(["m=video 0 RTP/AVP 96", "a=rtpmap:96 VP8/90000", "a=control:0"]);
  try {
    const { instance, expectUndisturbed } = await start({
      missing: served("./missing.mp4"),
      empty: served("./empty.mp4"),
      text: served("./text.mp4"),
      refusing: served(`"rtsp://127.0.0.1:${await freePort()}/x"`),
      nameless: served('"rtsp://no-such-host.invalid/x"'),
      pathless: served(`"${camera.uri("/elsewhere")}"`),
      locked: served(`"rtsp://admin:s3cret-w0rd@127.0.0.1:${camera.port}/locked"`),
      anonymous: served(`"rtsp://127.0.0.1:${camera.port}/locked"`),
      vp8: served(`"rtsp://127.0.0.1:${responder.port}/x"`),
      unparsable: served('{ type: pipeline, pipeline: "videotestsrc ! ! x264enc" }'),
      "no-program": '{ command: "/no/such/program" }',
      "bad-command": '{ command: "gst-launch-1.0 nosuchelement ! fakesink" }',
      "no-element": served('{ type: pipeline, pipeline: "videotestsrc ! nosuchelement" }'),
    });
    writeFileSync(join(instance.directory, "empty.mp4"), "");
    writeFileSync(join(instance.directory, "text.mp4"), "this is no media\n".repeat(100));
    const failures = {
      missing: ["fileUnusable", /missing\.mp4|exist/],
      empty: ["fileUnusable", /file/],
      text: ["fileUnusable", /file/],
      refusing: ["refused", /refused/],
      nameless: ["dnsFailed", /resolve/],
      pathless: ["notFound", /path/],
      locked: ["unauthorized", /password/],
      anonymous: ["unauthorized", /asks for a user name/],
      vp8: ["unsupportedEncoding", /VP8/],
      unparsable: ["pipelineInvalid", /./],
      "no-program": ["commandFailed", /cannot be executed/],
      "bad-command": ["pipelineInvalid", /nosuchelement/],
      "no-element": ["pipelineInvalid", /nosuchelement/],
    } as const;
    for (const [name, [failureClass, message]] of Object.entries(failures)) {
      const stream = await instance.streamUntil(name, ({ failure }) => failure !== null);
      expect({ name, class: stream.failure?.class }).toEqual({ name, class: failureClass });
      expect(stream.failure?.message).toMatch(message);
      expect(stream.failure?.hint).not.toBe("");
      expect(stream.state).toMatch(failureClass === "pipelineInvalid" ? /holding/ : /recovering|holding/);
      expect(stream.nextAttemptAt === null).toBe(failureClass === "pipelineInvalid");
    }
    await expectUndisturbed();
    expectNowhere("s3cret-w0rd", instance);
  } finally {
    await responder.stop();
  }
});

/** Not in what was printed, in a file of the instance but for the copy of the config, or in the arguments and environment of a process. */
function expectNowhere(secret: string, instance: TestInstance): void {
  const files = [...filesOfInstance(instance.instanceDirectory), ...everyProcess().flatMap(filesOfProcess)];
  const holding = files.filter((file) => textOf(file).includes(secret));
  expect(holding).toEqual([]);
  expect(instance.output()).not.toContain(secret);
}

/** Sends the bytes, and reads until the other side closes. */
async function tell(
  address: { path: string } | { port: number; host: string },
  bytes: Buffer | string,
): Promise<string> {
  const socket = connect(address);
  let answer = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    answer += chunk;
  });
  socket.on("error", () => undefined);
  socket.write(bytes);
  await new Promise((resolve) => socket.on("close", resolve));
  return answer;
}

const GARBAGE = {
  "random bytes": Buffer.concat([randomBytes(64 * 1024), Buffer.from("\n")]),
  "a line that never ends": Buffer.alloc(2 * 1024 * 1024, "x"),
  "JSON that is no order": '{"hello":"world"}\n',
  "half of an object": '{"type":\n',
};

test.each(Object.entries(GARBAGE))("%s on the control socket of a worker is refused", async (_name, bytes) => {
  const { instance, expectUndisturbed } = await start({});
  const answer = await tell({ path: join(instance.bundle("neighbour"), "control.sock") }, bytes);
  if (answer !== "") expect(JSON.parse(answer.split("\n")[0] ?? "")).toMatchObject({ type: "refused" });
  expect((await instance.stream("neighbour")).state).toBe("running");
  await expectUndisturbed();
  expect(instance.log().filter(({ level }) => level === "error")).toEqual([]);
});

test("garbage on the RTSP port is refused", async () => {
  const { instance, expectUndisturbed } = await start({});
  const port = { host: "127.0.0.1", port: instance.rtspPort };
  const tlsHello = Buffer.from("16030100050100000100", "hex");
  expect(await tell(port, "DESCRIBE rtsp://127.0.0.1/nowhere RTSP/1.0\r\nCSeq: 1\r\n\r\n")).toMatch(/^RTSP\/1\.0 404 /);
  expect(await tell(port, "no such thing\r\n\r\n")).toMatch(/ 400 /);
  expect(await tell(port, tlsHello)).toBe("");
  expect(await tell(port, Buffer.alloc(2 * 1024 * 1024, "x"))).toMatch(/^$| 400 /);
  await tell(port, randomBytes(64 * 1024));
  const huge = `DESCRIBE rtsp://127.0.0.1/neighbour RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 1500000000\r\n\r\n${"x".repeat(1000)}`;
  await tell(port, huge);
  await expectUndisturbed();
  await (await rig.viewer(instance.rtspUrl("/neighbour"))).frames(5);
});

test("garbage on the supervisor's socket is refused", async () => {
  const { instance, expectUndisturbed } = await start({});
  const socket = { path: join(instance.instanceDirectory, "supervisor.sock") };
  expect(await tell(socket, randomBytes(4096))).toMatch(/^HTTP\/1\.1 400 /);
  expect(await tell(socket, `GET /v1/status HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(64 * 1024)}\r\n\r\n`)).toMatch(
    /^HTTP\/1\.1 4/,
  );
  expect(await tell(socket, "GET /v1/nothing HTTP/1.1\r\nHost: x\r\n\r\n")).toMatch(/^HTTP\/1\.1 404 /);
  expect(
    await tell(socket, "POST /v1/streams/..%2f..%2fx/restart HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"),
  ).toMatch(/^HTTP\/1\.1 404 /);
  expect(await tell(socket, "POST /v1/check HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nnull")).toMatch(
    /^HTTP\/1\.1 400 /,
  );
  expect((await instance.status()).streams).toHaveLength(1);
  await expectUndisturbed();
});

test("a command with a name that cannot be is refused, and the near one is named", async () => {
  const { instance, expectUndisturbed } = await start({});
  expect(await instance.run("restart", "neigbour")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("Did you mean neighbour?"),
  });
  expect(await instance.run("add", "neighbour", "--source", "./x.mp4")).toMatchObject({ code: 2 });
  expect(await instance.run("add", "No Name", "--source", "./x.mp4")).toMatchObject({ code: 2 });
  await expectUndisturbed();
});
