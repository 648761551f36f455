/** A vague failure gets the cause that a look from outside finds, against real sockets. */

import type { Socket } from "node:net";
import { join } from "node:path";
import { explainFailure } from "../../src/worker/explain.js";
import { failureOf } from "../../src/worker/failures.js";
import { blackHole, closedPort, type OddServer, oddServer, oddTlsServer } from "../rig/odd-server.js";

const vague = failureOf("unreachable", { detail: "Failed to connect. (Generic error)" });
const caFile = join(import.meta.dirname, "fixtures/camera-cert.pem");

const servers: OddServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function use(starting: Promise<OddServer>): Promise<number> {
  const server = await starting;
  servers.push(server);
  return server.port;
}

const saying = (text: string) => (socket: Socket) => void socket.once("data", () => socket.write(text));
const at = (port: number, path = "/live") => ({ uri: `rtsp://127.0.0.1:${port}${path}`, hasCredentials: false });

test.each([
  [404, "notFound"],
  [453, "busy"],
  [503, "busy"],
  [401, "unauthorized"],
  [403, "forbidden"],
  [200, "unreachable"],
])("a camera that answers %i: %s", async (status, expected) => {
  const port = await use(oddServer(saying(`RTSP/1.0 ${status} Words\r\n\r\n`)));
  expect((await explainFailure(vague, at(port))).class).toBe(expected);
});

test("a login that is asked for and not given is told from one that was refused", async () => {
  const port = await use(oddServer(saying("RTSP/1.0 401 Unauthorized\r\n\r\n")));
  const { message, hint } = await explainFailure(vague, at(port));
  expect(message).toContain("the config has none");
  expect(hint).toContain("passwordFile");
});

test("that a login is asked for explains nothing where there was one", async () => {
  const port = await use(oddServer(saying("RTSP/1.0 401 Unauthorized\r\n\r\n")));
  expect((await explainFailure(vague, { ...at(port), hasCredentials: true })).class).toBe("unreachable");
});

test("a closed port, a firewall, a name that nobody knows", async () => {
  expect((await explainFailure(vague, at(await closedPort()))).class).toBe("refused");
  const unknown = { uri: "rtsp://no-such-camera.invalid/live", hasCredentials: false };
  expect((await explainFailure(vague, unknown)).class).toBe("dnsFailed");
  const port = await use(blackHole());
  expect((await explainFailure(vague, at(port))).class).toBe("unreachable");
});

test("a certificate that nobody here trusts, and one that is trusted", async () => {
  const port = await use(oddTlsServer(saying("RTSP/1.0 404 Not Found\r\n\r\n")));
  const secure = { uri: `rtsps://127.0.0.1:${port}/live`, hasCredentials: false };
  const untrusted = await explainFailure(vague, { ...secure, tls: { insecure: false } });
  expect(untrusted).toMatchObject({ class: "tlsFailed", message: expect.stringContaining("not signed by anyone") });
  expect(untrusted.hint).toContain("tls: { ca: FILE }");
  expect((await explainFailure(vague, { ...secure, tls: { caFile, insecure: false } })).class).toBe("notFound");
  expect((await explainFailure(vague, { ...secure, tls: { insecure: true } })).class).toBe("notFound");
  const notThrough = failureOf("tlsFailed");
  expect(await explainFailure(notThrough, { ...secure, tls: { insecure: true } })).toMatchObject(notThrough);
  expect(await explainFailure(notThrough, { ...secure, tls: { insecure: false } })).toMatchObject({
    class: "tlsFailed",
    message: untrusted.message,
  });
});

test("the log keeps what was said first, and what was seen; nothing else is looked into", async () => {
  const uri = `rtsp://admin:hunter2@127.0.0.1:${await closedPort()}/live?password=hunter2`;
  const failure = await explainFailure(vague, { uri, hasCredentials: true });
  expect(failure.detail).toMatch(
    /^Failed to connect\. \(Generic error\)\nprobe: refused \(connection, after \d+ ms\)$/,
  );
  expect(JSON.stringify(failure)).not.toContain("hunter2");
  const clear = failureOf("notFound");
  expect(await explainFailure(clear, { uri, hasCredentials: true })).toBe(clear);
});
