import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Instance, openInstance } from "../../src/supervisor/instance.js";

let runtimeDir: string;
let opened: Instance[];

beforeEach(() => {
  runtimeDir = mkdtempSync(join(tmpdir(), "dslrs-instance-"));
  opened = [];
});

afterEach(async () => {
  await Promise.all(opened.map((instance) => instance.release()));
  rmSync(runtimeDir, { recursive: true });
});

async function open(name = "default"): Promise<Instance> {
  const result = await openInstance(runtimeDir, name);
  if (!result.ok) throw new Error(result.refused.message);
  opened.push(result.instance);
  return result.instance;
}

test("the directory is ours alone", async () => {
  const { directory } = await open();
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect(statSync(join(directory, "key")).mode & 0o777).toBe(0o600);
});

test("a second supervisor is refused and told who runs", async () => {
  await open();
  const second = await openInstance(runtimeDir, "default");
  expect(second).toMatchObject({ ok: false, refused: { message: expect.stringContaining(`pid ${process.pid}`) } });
});

test("of many that start at once exactly one runs", async () => {
  const results = await Promise.all(Array.from({ length: 8 }, () => openInstance(runtimeDir, "default")));
  for (const result of results) if (result.ok) opened.push(result.instance);
  expect(opened).toHaveLength(1);
});

test("another instance runs beside it", async () => {
  await open("one");
  await expect(open("two")).resolves.toBeDefined();
});

test("the next one knows the same secrets by the same fingerprint, under a higher epoch", async () => {
  const first = await open();
  await first.release();
  const second = await open();
  expect(second.epoch).toBeGreaterThan(first.epoch);
  expect(second.fingerprint("secret")).toBe(first.fingerprint("secret"));
});

test("a fingerprint needs the key", async () => {
  expect((await open("one")).fingerprint("secret")).not.toBe((await open("two")).fingerprint("secret"));
});

test("a directory that others may write to is refused", async () => {
  mkdirSync(join(runtimeDir, "open"), { mode: 0o700 });
  const { chmodSync } = await import("node:fs");
  chmodSync(join(runtimeDir, "open"), 0o777);
  expect(await openInstance(runtimeDir, "open")).toMatchObject({ ok: false });
});
