import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Log } from "../../src/report/log.js";
import { createRouter, type Router } from "../../src/supervisor/router.js";
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

const mounts = new Map([["/yard", "yard"]]);

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

const at = (port: number) => ({ host: "127.0.0.1", port });

test("a port in use is said so, and whose business it is", async () => {
  const { port, server } = await taken();
  const answer = await open().start(at(port), mounts);
  expect(answer).toMatchObject({ ok: false, message: expect.stringContaining(`127.0.0.1:${port}`) });
  server.close();
});

test("the next supervisor adopts the router that listens where it should", async () => {
  const port = await free();
  const first = open();
  expect(await first.start(at(port), mounts)).toEqual({ ok: true });
  const second = open();
  expect(await second.start(at(port), mounts)).toEqual({ ok: true });
  expect(second.view().pid).toBe(first.view().pid);
});

test("a router that an earlier supervisor left on another port is replaced", async () => {
  const { shim, router: command } = nativePaths().paths;
  const bundle = join(directory, "router");
  const address = `127.0.0.1:${await free()}`;
  const left = await launchDetached({ shim, bundle, command, args: ["--bundle", bundle, "--listen", address] });
  writeFileSync(join(bundle, "spec.json"), JSON.stringify({ listen: [address], mounts: {} }));
  const router = open();
  expect(await router.start(at(await free()), mounts)).toEqual({ ok: true });
  expect(isAlive(left.identity)).toBe(false);
  left.detach();
});

test("a killed router is back by itself", async () => {
  const router = open();
  await router.start(at(await free()), mounts);
  const former = router.view().pid;
  signalTo(former, "SIGKILL");
  await until(() => router.view().pid !== null && router.view().pid !== former);
  expect(router.view().restarts).toBe(1);
  expect(lines).toHaveLength(1);
});

test("a router whose working process hangs is replaced", async () => {
  const hasty = { now: Date.now, after: (ms: number, run: () => void) => clock.after(ms / 20, run) };
  const router = open(hasty);
  await router.start(at(await free()), mounts);
  const former = router.view().pid ?? 0;
  const [worker] = readFileSync(`/proc/${former}/task/${former}/children`, "utf8").trim().split(" ");
  signalTo(Number(worker), "SIGSTOP");
  await until(() => router.view().pid !== null && router.view().pid !== former);
  expect(lines[0]).toBe("The router does not answer, and is replaced; viewers play on.");
});

test("an edit to a port in use keeps the living router", async () => {
  const router = open();
  await router.start(at(await free()), mounts);
  const before = router.view();
  const { port, server } = await taken();
  expect(await router.move(at(port))).toMatchObject({ ok: false });
  expect(router.view()).toEqual(before);
  server.close();
});

test("an edit to a free port moves it", async () => {
  const router = open();
  await router.start(at(await free()), mounts);
  const port = await free();
  expect(await router.move(at(port))).toEqual({ ok: true });
  expect(router.view().listen).toBe(`127.0.0.1:${port}`);
});

test("a route table that cannot be written is said so, and costs no living router", async () => {
  const router = open();
  await router.start(at(await free()), mounts);
  const before = router.view();
  const spec = join(directory, "router", "spec.json");
  rmSync(spec);
  mkdirSync(spec);
  const refused = { ok: false, message: expect.stringContaining(`${spec} cannot be written`) };
  expect(router.setMounts(new Map())).toMatchObject(refused);
  expect(await router.move(at(await free()))).toMatchObject(refused);
  expect(router.view()).toEqual(before);
  rmdirSync(spec);
  expect(router.setMounts(mounts)).toEqual({ ok: true });
  expect(readFileSync(spec, "utf8")).toContain("/yard");
});
