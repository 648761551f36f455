/** A file that a stream needs is missing or empty at the start: that stream waits for it, the others run. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CERTIFICATE, KEY } from "../rig/odd-server.js";
import { freePort } from "../rig/port.js";
import { cameraMount, configOf, PATTERN, served, TEST_TIMEOUT_MS, testRig } from "./rig.js";

const rig = testRig();

test.each(["missing", "empty"])(
  "a password file that is %s holds its stream alone, until it is mended",
  async (kind) => {
    const camera = await rig.camera([cameraMount("/cam", {}, { user: "viewer", password: "s3cret-w0rd" })]);
    const source = `{ type: rtsp, uri: "${camera.uri("/cam")}", user: viewer, passwordFile: secret }`;
    const instance = await rig.instance((ports) => configOf(ports, { other: served(PATTERN), cam: served(source) }));
    const secret = join(instance.directory, "secret");
    if (kind === "empty") writeFileSync(secret, "");
    await instance.up();
    await instance.running("other");
    const pid = instance.workerPid("other");
    const held = await instance.streamUntil("cam", ({ state }) => state === "holding");
    expect(held).toMatchObject({ failure: { class: "pipelineInvalid" }, nextAttemptAt: null });
    expect(held.reason).toContain(secret);

    const { supervisor } = await instance.statusUntil((report) => report.supervisor.configError !== null);
    const lines = readFileSync(instance.configPath, "utf8").split("\n");
    const line = lines.findIndex((text) => text.includes("passwordFile")) + 1;
    const column = (lines[line - 1]?.indexOf("passwordFile: ") ?? 0) + "passwordFile: ".length + 1;
    expect(supervisor.configError).toMatchObject({ line, column, message: expect.stringContaining(secret) });
    const checked = await instance.run("check", instance.configPath);
    expect(checked.code).not.toBe(0);
    expect(checked.stdout + checked.stderr).toContain(`config.yaml:${line}:${column}`);

    writeFileSync(secret, "s3cret-w0rd\n");
    await instance.running("cam");
    await (await rig.viewer(instance.rtspUrl("/cam"))).frames(5);
    expect((await instance.status()).supervisor.configError).toBeNull();
    expect(instance.workerPid("other")).toBe(pid);
    expect(instance.output()).not.toContain("s3cret-w0rd");
  },
  TEST_TIMEOUT_MS,
);

test("a certificate that is missing holds back RTSPS alone, until it is there", async () => {
  const port = await freePort();
  const rtsps = `rtsps: { listen: "127.0.0.1:${port}", certificate: cert.pem, key: key.pem }`;
  const instance = await rig.instance((ports) => configOf(ports, { cam: served(PATTERN) }, [rtsps]));
  const certificate = join(instance.directory, "cert.pem");
  writeFileSync(join(instance.directory, "key.pem"), KEY);
  await instance.up();
  await instance.running("cam");
  const { supervisor } = await instance.statusUntil((report) => report.supervisor.configError !== null);
  expect(supervisor.rtspsListen).toBeNull();
  expect(supervisor.configError?.concerns).toBe("part");
  expect(supervisor.configError?.message).toMatch(/^RTSPS is left out: /);
  expect(supervisor.configError?.message).toContain(certificate);
  const viewer = await rig.viewer(instance.rtspUrl("/cam"));
  await viewer.frames(5);

  const both = { cam: served(PATTERN), other: served(PATTERN) };
  instance.writeConfig(configOf({ rtsp: instance.rtspPort, cameras: [] }, both, [rtsps]));
  await instance.running("cam", "other");
  expect((await instance.status()).supervisor.configError?.concerns).toBe("part");

  writeFileSync(certificate, CERTIFICATE);
  await instance.statusUntil((report) => report.supervisor.rtspsListen === `127.0.0.1:${port}`);
  await (await rig.viewer(`rtsps://127.0.0.1:${port}/cam`)).frames(5);
  await instance.statusUntil((report) => report.supervisor.configError === null);
  await viewer.moreFrames(5);
});

test("beside a mistake in the config itself it stops the start", async () => {
  const source = '{ type: rtsp, uri: "rtsp://127.0.0.1/x", user: viewer, passwordFile: secret }';
  const instance = await rig.instance((ports) => configOf(ports, { cam: served(source), other: "{ sorce: 1 }" }));
  const { code, stderr } = await instance.run("up", instance.configPath);
  expect(code).toBe(2);
  expect(stderr).toContain("sorce");
  expect(stderr).toContain("passwordFile");
});
