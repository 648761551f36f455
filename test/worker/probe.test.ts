/** Against real sockets. Every server waits for its clients to be gone before a test ends, so a leaked connection fails it. */

import type { Socket } from "node:net";
import { describeSource, probeSource } from "../../src/worker/probe.js";
import { blackHole, CERTIFICATE, closedPort, type OddServer, oddServer, oddTlsServer } from "../rig/odd-server.js";

const LONG = { deadlineMs: 20_000 };
const SHORT = { deadlineMs: 500 };

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
const pouring = (text: string) => (socket: Socket) => {
  const pour = () => {
    while (socket.writable && socket.write(text));
  };
  socket.on("drain", pour);
  pour();
};

async function probeOf(behave: (socket: Socket) => void, options = LONG) {
  const port = await use(oddServer(behave));
  return probeSource(`rtsp://127.0.0.1:${port}/live`, options);
}

describe("somebody who answers", () => {
  test.each([200, 400, 401, 404, 454, 503])("with status %i", async (status) => {
    const found = await probeOf(saying(`RTSP/1.0 ${status} Whatever\r\nCSeq: 1\r\n\r\n`));
    expect(found).toMatchObject({ found: "answers", status, stage: "reply" });
  });

  test("in pieces", async () => {
    const behave = (socket: Socket) =>
      socket.once("data", () => {
        socket.write("\r\nRT");
        setImmediate(() => socket.write("SP/2.0 40"));
        setTimeout(() => socket.write("1 Unauthorized\r\n"), 5);
      });
    expect(await probeOf(behave)).toMatchObject({ found: "answers", status: 401 });
  });

  test("and goes on for ever", async () => {
    expect(await probeOf(pouring("RTSP/1.0 200 OK\r\nX: yyyyyyyyyyyyyyyyyyyyyy"))).toMatchObject({ found: "answers" });
  });

  test("behind a name with two families of addresses, of which one is closed", async () => {
    const port = await use(oddServer(saying("RTSP/1.0 200 OK\r\n\r\n")));
    expect(await probeSource(`rtsp://localhost:${port}/live`, LONG)).toMatchObject({ found: "answers" });
  });

  test("over TLS, whatever the certificate", async () => {
    const port = await use(oddTlsServer(saying("RTSP/1.0 200 OK\r\n\r\n")));
    expect(await probeSource(`rtsps://127.0.0.1:${port}/live`, LONG)).toMatchObject({ found: "answers" });
    expect(await probeSource(`rtsps://localhost:${port}/live`, LONG)).toMatchObject({ found: "answers" });
  });
});

describe("what is said", () => {
  async function requestTo(written: (port: number) => string, ask: typeof probeSource): Promise<string> {
    let request = "";
    const port = await use(
      oddServer((socket) => {
        socket.on("data", (chunk) => {
          request += chunk;
          socket.end("RTSP/1.0 200 OK\r\n\r\n");
        });
      }),
    );
    await ask(written(port), LONG);
    return request.replaceAll(String(port), "PORT");
  }
  const address = (port: number) => `rtsp://admin:let/me@in@127.0.0.1:${port}/live/1?user=admin&channel=1`;

  test("OPTIONS, without any credentials", async () => {
    expect(await requestTo(address, probeSource)).toBe(
      "OPTIONS rtsp://127.0.0.1:PORT/live/1 RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: dslrs\r\n\r\n",
    );
  });

  test("DESCRIBE, for the whole path", async () => {
    const request = await requestTo(address, describeSource);
    expect(request).toMatch(/^DESCRIBE rtsp:\/\/127\.0\.0\.1:PORT\/live\/1\?user=admin&channel=1 RTSP\/1\.0\r\n/);
    expect(request).toContain("Accept: application/sdp\r\n");
  });
});

describe("somebody who does not answer", () => {
  test("is silent", async () => {
    expect(await probeOf(() => undefined, SHORT)).toMatchObject({ found: "silent", stage: "reply" });
  });

  test("does not finish TLS", async () => {
    const port = await use(oddServer(() => undefined));
    expect(await probeSource(`rtsps://127.0.0.1:${port}/`, SHORT)).toMatchObject({ found: "silent", stage: "tls" });
  });

  test("does not even take the connection", async () => {
    const port = await use(blackHole());
    expect(await probeSource(`rtsp://127.0.0.1:${port}/`, SHORT)).toMatchObject({
      found: "silent",
      stage: "connection",
    });
  });

  test("is given up when nobody wants to know any more", async () => {
    const asked = new AbortController();
    const behave = (socket: Socket) => socket.once("data", () => asked.abort());
    expect(await probeOf(behave, { ...LONG, signal: asked.signal } as typeof LONG)).toMatchObject({ found: "silent" });
    const port = await use(oddServer(() => undefined));
    const aborted = { ...LONG, signal: AbortSignal.abort() };
    expect(await probeSource(`rtsp://127.0.0.1:${port}/`, aborted)).toMatchObject({ found: "silent" });
  });
});

describe("somebody who does not speak RTSP", () => {
  test.each([
    ["HTTP", saying("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["a greeting", (socket: Socket) => void socket.write("220 mail ready\r\n")],
    ["a line that looks like it", saying("RTSP/1.0 hello\r\n")],
    ["bytes without end", pouring("\0\u00ff".repeat(30_000))],
    ["line breaks without end", pouring("\r\n".repeat(30_000))],
    ["a beginning without end", pouring("RTSP/1.0".repeat(10_000))],
  ])("%s", async (_, behave) => {
    expect(await probeOf(behave)).toMatchObject({ found: "protocolError", stage: "reply" });
  });
});

describe("a way that is not open", () => {
  test("refused, by address, by name and over IPv6", async () => {
    const port = await closedPort();
    expect(await probeSource(`rtsp://127.0.0.1:${port}/`, LONG)).toMatchObject({ found: "refused" });
    expect(await probeSource(`rtsp://localhost:${port}/`, LONG)).toMatchObject({ found: "refused" });
    expect((await probeSource(`rtsp://[::1]:${port}/`, LONG)).found).toMatch(/refused|unreachable/);
  });

  test("broken off, in order or not, before and after the question", async () => {
    expect(await probeOf((socket) => socket.end())).toMatchObject({ found: "reset" });
    expect(await probeOf((socket) => socket.resetAndDestroy())).toMatchObject({ found: "reset" });
    expect(await probeOf((socket) => socket.once("data", () => socket.end("RTSP/1.0 2")))).toMatchObject({
      found: "reset",
    });
    const afterwards = (socket: Socket) => socket.once("data", () => socket.resetAndDestroy());
    expect(await probeOf(afterwards)).toMatchObject({ found: "reset" });
  });

  test("unreachable", async () => {
    // Broadcast: the kernel refuses to connect to it, on every machine.
    expect(await probeSource("rtsp://255.255.255.255/live", LONG)).toMatchObject({ found: "unreachable" });
  });

  test("a name that nobody knows", async () => {
    const found = await probeSource("rtsp://no-such-camera.invalid/live", LONG);
    expect(found).toMatchObject({ found: "dnsFailed", stage: "name" });
  });

  test.each(["hello", "rtsp://", "rtsp://host:70000/", "http://127.0.0.1/"])("no address: %s", async (uri) => {
    expect(await probeSource(uri, LONG)).toMatchObject({ found: "dnsFailed" });
  });
});

describe("TLS", () => {
  test("with somebody who does not know it", async () => {
    const port = await use(oddServer(saying("RTSP/1.0 400 Bad Request\r\n\r\n")));
    expect(await probeSource(`rtsps://127.0.0.1:${port}/`, LONG)).toMatchObject({ found: "tlsFailed", stage: "tls" });
    const closing = await use(oddServer((socket) => socket.once("data", () => socket.end())));
    expect(await probeSource(`rtsps://127.0.0.1:${closing}/`, LONG)).toMatchObject({ found: "tlsFailed" });
  });

  test("judges the certificate where it is asked to", async () => {
    const behave = saying("RTSP/1.0 404 Not Found\r\n\r\n");
    const port = await use(oddTlsServer(behave));
    const uri = `rtsps://127.0.0.1:${port}/`;
    const trust = { ca: CERTIFICATE };
    expect(await describeSource(uri, { ...LONG, trust })).toMatchObject({ found: "answers", status: 404 });
    expect(await describeSource(uri, { ...LONG, trust: {} })).toMatchObject({
      found: "tlsFailed",
      certificate: expect.stringMatching(/SELF_SIGNED|UNABLE_TO_VERIFY/),
    });
    const elsewhere = await use(oddTlsServer(behave, "127.0.0.2"));
    expect(await describeSource(`rtsps://127.0.0.2:${elsewhere}/`, { ...LONG, trust })).toMatchObject({
      found: "tlsFailed",
      certificate: expect.stringContaining("ALTNAME"),
    });
  });

  test("with certificates to trust that are none", async () => {
    const port = await use(oddTlsServer(saying("RTSP/1.0 200 OK\r\n\r\n")));
    const broken = "-----BEGIN CERTIFICATE-----\nhello\n-----END CERTIFICATE-----\n";
    const found = await describeSource(`rtsps://127.0.0.1:${port}/`, { ...LONG, trust: { ca: broken } });
    expect(found).toMatchObject({ found: "tlsFailed" });
  });
});
