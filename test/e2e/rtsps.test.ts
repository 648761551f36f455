/** RTSP through TLS, and what of the router may be edited while somebody watches. */

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import type { TestInstance } from "../rig/instance.js";
import { playWithFfmpeg, playWithGStreamer } from "../rig/media.js";
import { CERTIFICATE, KEY } from "../rig/odd-server.js";
import { freePort } from "../rig/port.js";
import { playRtsp } from "../rig/rtsp-viewer.js";
import { until } from "../rig/until.js";
import { configOf, PATTERN, PATTERN_STEP, served, TEST_TIMEOUT_MS, testRig } from "./rig.js";

const rig = testRig(afterAll);
let instance: TestInstance;
let port: number;

function write(file: string, pem: string): void {
  writeFileSync(join(instance.directory, file), pem);
}

/** The config with these further settings of `rtsp:`. */
function configWith(rtsp: string): string {
  const text = configOf({ rtsp: instance.rtspPort, cameras: [] }, { cam: served(PATTERN) }, [
    `rtsps: { listen: 127.0.0.1:${port}, certificate: cert.pem, key: key.pem }`,
  ]);
  return text.replace(/^rtsp: .*$/m, `rtsp: { ${rtsp} }`);
}

const usual = () => `listen: "127.0.0.1:${instance.rtspPort}"`;
const secureUrl = () => `rtsps://127.0.0.1:${port}/cam`;

beforeAll(async () => {
  instance = await rig.instance((ports) => configOf(ports, { cam: served(PATTERN) }));
  port = await freePort();
  write("cert.pem", CERTIFICATE);
  write("key.pem", KEY);
  instance.writeConfig(configWith(usual()));
  await instance.up();
  await instance.running("cam");
}, TEST_TIMEOUT_MS);

/** Name of whom the certificate is for, as a new client sees it. */
function subject(): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

test("ffmpeg and GStreamer play through TLS", async () => {
  await playWithFfmpeg(secureUrl(), "tcp");
  await playWithGStreamer(secureUrl());
  const status = await instance.status();
  expect(status.supervisor.rtspsListen).toBe(`127.0.0.1:${port}`);
});

test("edits of the router and a new certificate disturb no viewer", async () => {
  const viewers = await Promise.all([rig.viewer(instance.rtspUrl("/cam")), rig.viewer(secureUrl())]);
  await Promise.all(viewers.map((viewer) => viewer.frames(5)));
  const { router } = (await instance.status()).supervisor;

  const renewed = ["-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=renewed"];
  const files = ["-keyout", join(instance.directory, "key.pem"), "-out", join(instance.directory, "cert.pem")];
  execFileSync("openssl", ["req", ...renewed, ...files], { stdio: "ignore" });
  await until(async () => (await subject()) === "renewed");

  write("key.pem", KEY);
  const { supervisor } = await instance.statusUntil((status) => status.supervisor.configError !== null);
  expect(supervisor.configError?.message).toContain("is not the key of `rtsps.certificate`");
  expect(await subject()).toBe("renewed");
  write("cert.pem", CERTIFICATE);
  await instance.statusUntil((status) => status.supervisor.configError === null);

  const second = await freePort();
  instance.writeConfig(configWith(`listen: ["127.0.0.1:${instance.rtspPort}", "127.0.0.1:${second}"]`));
  await until(async () => (await instance.status()).supervisor.rtspListen.includes(`127.0.0.1:${second}`));
  await playWithFfmpeg(`rtsp://127.0.0.1:${second}/cam`, "tcp");
  instance.writeConfig(configWith(`${usual()}, deny: [127.0.0.0/8]`));
  await until(async () => (await refusal(instance.rtspUrl("/cam"))) !== undefined);
  instance.writeConfig(configWith(usual()));
  await until(async () => (await refusal(instance.rtspUrl("/cam"))) === undefined);

  await Promise.all(viewers.map((viewer) => viewer.moreFrames(5)));
  for (const { tracks } of viewers) {
    expect(tracks[0]).toMatchObject({ lost: 0, smallestStep: PATTERN_STEP, largestStep: PATTERN_STEP });
  }
  expect((await instance.status()).supervisor.router).toEqual(router);
  await Promise.all(viewers.map((viewer) => viewer.close()));
});

test("above the limit a viewer is told so, and has room when another leaves", async () => {
  const only = await rig.viewer(instance.rtspUrl("/cam"));
  instance.writeConfig(configWith(`${usual()}, maxViewers: 1`));
  const sentence = "RTSP/1.0 453 There are as many viewers as rtsp.maxViewers allows.";
  await until(async () => (await refusal(secureUrl())) === sentence);
  await only.moreFrames(5);
  await only.close();
  await until(async () => (await refusal(secureUrl())) === undefined);
});

test("the mount of a paused stream says so", async () => {
  instance.writeConfig(configWith(usual()));
  await instance.run("pause", "cam");
  await until(async () => (await refusal(secureUrl())) === "RTSP/1.0 404 The stream cam is paused.");
  await instance.run("resume", "cam");
  await until(async () => (await refusal(secureUrl())) === undefined);
});

/** Why a viewer is refused; `undefined`: it plays. */
async function refusal(url: string): Promise<string | undefined> {
  try {
    const viewer = await playRtsp(url);
    await viewer.close();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
