import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { childrenOf } from "../../bench/processes.js";
import type { RouterSpec } from "../../src/policy/spec.js";
import type { Log } from "../../src/report/log.js";
import { createRouter, type Router, type RouterWanted } from "../../src/supervisor/router.js";
import { isAlive } from "../../src/worker/identity.js";
import { launchDetached } from "../../src/worker/launch.js";
import { nativePaths } from "../../src/worker/native.js";
import { signalTo } from "../rig/signal.js";
import { until } from "../rig/until.js";

let directory: string;
let routers: Router[];
let lines: string[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "dslrs-router-"));
  routers = [];
  lines = [];
});

afterEach(async () => {
  for (const router of routers) await router.stop(500);
  rmSync(directory, { recursive: true });
});

const log: Log = {
  debug: () => {},
  info: (message) => lines.push(message),
  warn: (message) => lines.push(message),
  error: (message) => lines.push(message),
  forStream: () => log,
};

const clock = {
  now: Date.now,
  after(ms: number, run: () => void) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

function open(ticking = clock): Router {
  const router = createRouter({ paths: nativePaths().paths, directory, clock: ticking, log, onRestart: () => {} });
  routers.push(router);
  return router;
}

const spec = (listen: readonly string[], tlsListen: readonly string[] = []): RouterSpec => ({
  listen,
  tlsListen,
  certificate: null,
  limits: { connections: 1024, connectionsPerAddress: 256 },
  allow: [],
  deny: [],
});

const mounts = new Map([["/yard", "yard"]]);

const at = (...ports: readonly number[]): RouterWanted => ({
  spec: spec(ports.map((port) => `127.0.0.1:${port}`)),
  pem: null,
  mounts,
  away: new Map(),
});

/** A port that nobody else listens on, and the server that does so for now. */
function taken(): Promise<{ port: number; server: Server }> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => resolve({ port: (server.address() as { port: number }).port, server }));
  });
}

async function free(): Promise<number> {
  const { port, server } = await taken();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test("a port in use is said so, and whose business it is", async () => {
  const { port, server } = await taken();
  const answer = await open().start(at(port));
  expect(answer).toMatchObject({ ok: false, message: expect.stringContaining(`127.0.0.1:${port}`) });
  server.close();
});

test("the next supervisor adopts the router that listens where it should", async () => {
  const port = await free();
  const first = open();
  expect(await first.start(at(port))).toEqual({ ok: true });
  const second = open();
  expect(await second.start(at(port))).toEqual({ ok: true });
  expect(second.view().pid).toBe(first.view().pid);
});

test("a router that an earlier supervisor left on another port is told to move", async () => {
  const first = open();
  await first.start(at(await free()));
  const port = await free();
  const second = open();
  expect(await second.start(at(port))).toEqual({ ok: true });
  expect(second.view().pid).toBe(first.view().pid);
  (await reach(port)).destroy();
});

test("a router of an earlier version, which does not know limits, is replaced", async () => {
  const { shim } = nativePaths().paths;
  const bundle = join(directory, "router");
  const left = await launchDetached({ shim, bundle, command: "/bin/sleep", args: ["60"] });
  writeFileSync(join(bundle, "spec.json"), JSON.stringify({ listen: [], mounts: {} }));
  expect(await open().start(at(await free()))).toEqual({ ok: true });
  expect(isAlive(left.identity)).toBe(false);
  left.detach();
});

test("a killed router is back by itself", async () => {
  const router = open();
  await router.start(at(await free()));
  const former = router.view().pid;
  signalTo(former, "SIGKILL");
  await until(() => router.view().pid !== null && router.view().pid !== former);
  expect(router.view().restarts).toBe(1);
  expect(lines).toHaveLength(1);
});

test("a router whose working process hangs is replaced", async () => {
  const hasty = { now: Date.now, after: (ms: number, run: () => void) => clock.after(ms / 20, run) };
  const router = open(hasty);
  await router.start(at(await free()));
  const former = router.view().pid ?? 0;
  signalTo(childrenOf(former)[0], "SIGSTOP");
  await until(() => router.view().pid !== null && router.view().pid !== former);
  expect(lines[0]).toBe("The router does not answer, and is replaced; viewers play on.");
});

test("an edit to a port in use keeps the former address", async () => {
  const router = open();
  const former = await free();
  await router.start(at(former));
  const before = router.view();
  const { port, server } = await taken();
  const answer = await router.update(at(port));
  expect(answer).toMatchObject({ ok: false, message: expect.stringContaining(`127.0.0.1:${port}`) });
  expect(router.view()).toEqual(before);
  (await reach(former)).destroy();
  server.close();
});

test("an edit of the addresses touches only those that change, and not the process", async () => {
  const router = open();
  const [stays, goes, comes] = [await free(), await free(), await free()];
  await router.start(at(stays, goes));
  const { pid } = router.view();
  const waiting = await reach(stays);
  expect(await router.update(at(stays, comes))).toEqual({ ok: true });
  expect(router.view()).toMatchObject({ pid, listen: [`127.0.0.1:${stays}`, `127.0.0.1:${comes}`] });
  (await reach(comes)).destroy();
  await expect(reach(goes)).rejects.toThrow("ECONNREFUSED");
  expect(await firstLine(waiting, "DESCRIBE rtsp://h/nobody RTSP/1.0\r\n\r\n")).toContain("404");
});

test("an address that takes in the former one takes its place", async () => {
  const router = open();
  const port = await free();
  await router.start(at(port));
  const everywhere = { ...at(port), spec: spec([`0.0.0.0:${port}`]) };
  expect(await router.update(everywhere)).toEqual({ ok: true });
  (await reach(port)).destroy();
});

test("a viewer of a paused stream hears so", async () => {
  const router = open();
  const port = await free();
  const away = new Map([["/yard", "The stream yard is paused."]]);
  await router.start({ ...at(port), mounts: new Map(), away });
  const line = await firstLine(await reach(port), "DESCRIBE rtsp://h/yard/trackID=0?x RTSP/1.0\r\nCSeq: 1\r\n\r\n");
  expect(line).toBe("RTSP/1.0 404 The stream yard is paused.");
});

test("a route table that cannot be written is said so, and costs no living router", async () => {
  const router = open();
  const wanted = at(await free());
  await router.start(wanted);
  const before = router.view();
  const path = join(directory, "router", "spec.json");
  rmSync(path);
  mkdirSync(path);
  const refused = { ok: false, message: expect.stringContaining(`${path} cannot be written`) };
  expect(await router.update(at(await free()))).toMatchObject(refused);
  expect(router.view()).toEqual(before);
  rmdirSync(path);
  expect(await router.update(wanted)).toEqual({ ok: true });
  expect(readFileSync(path, "utf8")).toContain("/yard");
});

/** Connected. */
function reach(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => resolve(socket));
    socket.once("error", reject);
  });
}

async function firstLine(socket: Socket, request: string): Promise<string> {
  socket.write(request);
  let text = "";
  for await (const chunk of socket) text += chunk;
  return text.split("\r\n")[0] ?? "";
}
