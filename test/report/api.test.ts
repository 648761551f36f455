import { existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type Api, serveApi } from "../../src/report/api.js";
import {
  fetchCheck,
  fetchEvents,
  fetchStatus,
  fetchWhy,
  type InstanceAddress,
  orderDown,
  orderStream,
  runningInstances,
} from "../../src/report/client.js";
import { createLog } from "../../src/report/log.js";
import { temporaryDirectory } from "./directory.js";
import { type FakeControl, fakeControl } from "./fake-control.js";

const directory = temporaryDirectory();
const silent = createLog({ directory: null, output: { write: () => true } });

interface Running {
  readonly address: InstanceAddress;
  readonly socket: string;
  readonly control: FakeControl;
}

let open: Api[] = [];

afterEach(async () => {
  await Promise.all(open.map((api) => api.close()));
  open = [];
});

async function start(instance = "default", control = fakeControl(), below = ""): Promise<Running> {
  const runtimeDir = join(directory(), below);
  mkdirSync(join(runtimeDir, instance), { recursive: true });
  open.push(await serveApi(control, join(runtimeDir, instance), silent));
  return { address: { runtimeDir, instance }, socket: join(runtimeDir, instance, "supervisor.sock"), control };
}

/** Sends raw bytes; resolves with all that comes back. */
function raw(socket: string, bytes: string | Buffer): Promise<string> {
  const connection = connect(socket);
  connection.on("error", () => undefined);
  connection.end(bytes);
  return text(connection);
}

test("answers what is asked", async () => {
  const { address, control } = await start();
  expect(await fetchStatus(address)).toMatchObject({ ok: true, value: { streams: [{ name: "front-door" }] } });
  expect(await orderStream(address, "front-door", "pause")).toEqual({
    ok: true,
    value: { message: "front-door: pause is done." },
  });
  expect(await fetchCheck(address, "/etc/x.yaml")).toEqual({ ok: true, value: { ok: true, steps: [] } });
  expect(await orderDown(address)).toMatchObject({ ok: true });
  expect(control.asked).toEqual(["pause front-door", "check /etc/x.yaml", "down"]);
});

test("passes on why an order is refused", async () => {
  const { address } = await start();
  expect(await orderStream(address, "front-door", "resume")).toEqual({
    ok: false,
    kind: "refused",
    message: "It is not paused.",
    hint: "Pause it first.",
  });
  expect(await orderStream(address, "../../x", "pause")).toMatchObject({ ok: false, kind: "refused" });
});

test("tells why, and of a stream that there never was that there is none", async () => {
  const { address } = await start();
  expect(await fetchWhy(address, "front-door")).toMatchObject({ ok: true, value: { verdict: "Nothing is wrong." } });
  const message = 'There is no stream "nobody".';
  expect(await fetchWhy(address, "nobody")).toMatchObject({ ok: false, kind: "refused", message });
});

describe("events", () => {
  function tell(control: FakeControl, stream: string, message: string): void {
    control.store.of(stream).keep({ kind: "edited", message, at: 1 });
  }

  test("come as they are asked for", async () => {
    const { address, control } = await start();
    for (const message of ["one", "two", "three"]) tell(control, "front-door", message);
    tell(control, "yard", "four");
    const read = async (question: Parameters<typeof fetchEvents>[1]) => {
      const answer = await fetchEvents(address, question);
      return answer.ok ? answer.value.map(({ message }) => message) : answer.message;
    };
    expect(await read({ limit: 2 })).toEqual(["three", "four"]);
    expect(await read({ limit: 2, since: 1 })).toEqual(["two", "three"]);
    expect(await read({ limit: 9, stream: "front-door" })).toEqual(["one", "two", "three"]);
    expect(await read({ limit: 9, stream: "nobody" })).toBe('There is no stream "nobody".');
  });

  test("are waited for, until there is one of the stream in question", async () => {
    const { address, control } = await start();
    tell(control, "front-door", "past");
    const next = fetchEvents(address, { stream: "front-door", since: 1, limit: 9, waitSeconds: 20 });
    tell(control, "yard", "other");
    await asked(control, 1);
    tell(control, "yard", "another");
    await asked(control, 2);
    tell(control, "front-door", "new");
    expect(await next).toMatchObject({ ok: true, value: [{ message: "new" }] });
  });

  test("that do not come keep neither a follower that leaves nor a supervisor that stops", async () => {
    const { address, control } = await start();
    const leaving = new AbortController();
    const left = fetchEvents(address, { limit: 9, waitSeconds: 30, signal: leaving.signal });
    await asked(control, 1);
    leaving.abort();
    expect(await left).toMatchObject({ ok: false });
    const waiting = fetchEvents(address, { limit: 9, waitSeconds: 30 });
    await asked(control, 2);
    await open.pop()?.close();
    expect(await waiting).toEqual({ ok: true, value: [] });
  });

  test("are not waited for by more than a few", async () => {
    const { address, control } = await start();
    const followers = Array.from({ length: 16 }, () => fetchEvents(address, { limit: 9, waitSeconds: 30 }));
    await asked(control, 16);
    const message = expect.stringContaining("16 others");
    expect(await fetchEvents(address, { limit: 9, waitSeconds: 30 })).toMatchObject({ ok: false, message });
    expect(await fetchEvents(address, { limit: 9 })).toEqual({ ok: true, value: [] });
    tell(control, "front-door", "new");
    for (const follower of followers) expect(await follower).toMatchObject({ value: [{ message: "new" }] });
  });

  /** Resolves when so many wait, or waited, for events. */
  async function asked(control: FakeControl, times: number): Promise<void> {
    while (control.asked.filter((what) => what === "next event").length < times) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
});

test("only the owner may connect, and nothing stays when it closes", async () => {
  const { socket } = await start();
  expect(statSync(socket).mode & 0o777).toBe(0o600);
  await open.pop()?.close();
  expect(existsSync(socket)).toBe(false);
});

test("replaces the socket of a supervisor that was killed", async () => {
  const { address, socket } = await start();
  await leaveStaleSocket(address.runtimeDir, "killed");
  expect(existsSync(join(address.runtimeDir, "killed", "supervisor.sock"))).toBe(true);
  const next = await start("killed");
  expect(await fetchStatus(next.address)).toMatchObject({ ok: true });
  expect(existsSync(socket)).toBe(true);
});

test("works below a path that is too long for a Unix socket", async () => {
  const { address, socket } = await start("default", fakeControl(), "d".repeat(200));
  expect(await fetchStatus(address)).toMatchObject({ ok: true });
  expect(await runningInstances(address.runtimeDir)).toEqual(["default"]);
  await open.pop()?.close();
  expect(existsSync(socket)).toBe(false);
});

test.each([
  ["no HTTP", "garbage\r\n\r\n", "400"],
  ["binary", Buffer.from([0, 1, 2, 255, 13, 10, 13, 10]), "400"],
  ["an endless header", `GET /v1/status HTTP/1.1\r\nx: ${"y".repeat(100_000)}\r\n\r\n`, "400"],
  ["an unknown path", "GET /v2/x HTTP/1.1\r\nHost: x\r\n\r\n", "404"],
  ["an order that there is not", "POST /v1/streams/front-door/why HTTP/1.1\r\nHost: x\r\n\r\n", "405"],
  ["a number that is none", "GET /v1/events?since=yesterday HTTP/1.1\r\nHost: x\r\n\r\n", "400"],
  ["a stream outside of the folder", "GET /v1/events?stream=../x HTTP/1.1\r\nHost: x\r\n\r\n", "404"],
  ["the wrong method", "GET /v1/down HTTP/1.1\r\nHost: x\r\n\r\n", "405"],
  ["a body that is no JSON", "POST /v1/check HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n{{{", "400"],
  ["a relative path", 'POST /v1/check HTTP/1.1\r\nHost: x\r\nContent-Length: 18\r\n\r\n{"configPath":"x"}', "400"],
  [
    "a body that is too long",
    `POST /v1/check HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n${"x".repeat(70_000)}`,
    "413",
  ],
  ["a body cut short", "POST /v1/down HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{", ""],
])("%s is refused and harms nothing", async (_what, bytes, status) => {
  const { address, socket, control } = await start();
  expect(await raw(socket, bytes)).toMatch(status === "" ? /^$|400/ : new RegExp(`^HTTP/1.1 ${status} `));
  expect(control.asked).toEqual([]);
  expect(await fetchStatus(address)).toMatchObject({ ok: true });
});

test("says which instance does not run, where it looked, and which ones do", async () => {
  const { address } = await start("garden");
  expect(await fetchStatus({ ...address, instance: "default" })).toEqual({
    ok: false,
    kind: "notRunning",
    message: `No dslrs instance "default" is running (there is no ${directory()}/default/supervisor.sock).`,
    hint: "Running here: garden. Choose one with --instance NAME.",
  });
});

test("knows a socket that was left over", async () => {
  await leaveStaleSocket(directory(), "default");
  const answer = await fetchStatus({ runtimeDir: directory(), instance: "default" });
  expect(answer).toMatchObject({ ok: false, kind: "notRunning", message: expect.stringContaining("left over") });
});

test("tells something else on the socket from a supervisor", async () => {
  mkdirSync(join(directory(), "default"));
  const server: Server = createServer((socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"));
  await new Promise<void>((resolve) => server.listen(join(directory(), "default", "supervisor.sock"), resolve));
  const answer = await fetchStatus({ runtimeDir: directory(), instance: "default" });
  server.close();
  expect(answer).toMatchObject({ ok: false, kind: "broken" });
});

/** The socket file of a process that ended without removing it. */
async function leaveStaleSocket(runtimeDir: string, instance: string): Promise<void> {
  const path = join(runtimeDir, instance);
  mkdirSync(path, { recursive: true });
  const { linkSync } = await import("node:fs");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(path, "first.sock"), resolve));
  linkSync(join(path, "first.sock"), join(path, "supervisor.sock"));
  await new Promise((resolve) => server.close(resolve));
  rmSync(join(path, "first.sock"), { force: true });
}
