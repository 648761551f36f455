/** Cameras that speak RTSP over TLS. */

import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { CERTIFICATE, oddTlsServer } from "../rig/odd-server.js";
import { cameraMount, configOf, served, testRig } from "./rig.js";

const rig = testRig();

test("a certificate that is trusted, one that is not, one that nobody looks at; and an edit of the file of trust", async () => {
  const camera = await rig.camera([cameraMount("/cam")]);
  const front = await rig.use(
    oddTlsServer((secure) => {
      const plain = connect(camera.port, "127.0.0.1");
      plain.on("error", () => secure.destroy()).on("close", () => secure.destroy());
      secure.on("close", () => plain.destroy());
      secure.pipe(plain).pipe(secure);
    }),
  );
  const source = (tls: string) => `{ type: rtsp, uri: "rtsps://127.0.0.1:${front.port}/cam", tls: ${tls} }`;
  const instance = await rig.instance((ports) =>
    configOf(ports, {
      trusted: served(source("{ ca: camera.pem }")),
      other: served(source("{ ca: other.pem }")),
      unasked: served(source("{ insecure: true }")),
    }),
  );
  const other = join(instance.directory, "other.pem");
  writeFileSync(join(instance.directory, "camera.pem"), CERTIFICATE);
  writeFileSync(other, rootCertificates[0] ?? "");
  await instance.up();

  await instance.running("trusted", "unasked");
  for (const name of ["trusted", "unasked"]) {
    const viewer = await rig.viewer(instance.rtspUrl(`/${name}`));
    await viewer.frames(10);
  }
  const refused = await instance.streamUntil("other", ({ failure }) => failure !== null);
  expect(refused.failure?.class).toBe("tlsFailed");
  expect(refused.failure?.hint).toContain("tls: { ca: FILE }");
  expect(refused.source.frames).toBe(0);

  writeFileSync(other, CERTIFICATE);
  await instance.running("other");
  const viewer = await rig.viewer(instance.rtspUrl("/other"));
  await viewer.frames(10);
});
