import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Log } from "../../src/report/log.js";
import { createKeptFile } from "../../src/supervisor/kept-file.js";
import { createFakeClock, type FakeClock } from "../rig/fake-clock.js";

let directory: string;
let path: string;
let clock: FakeClock;
let lines: string[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "dslrs-kept-"));
  path = join(directory, "file");
  clock = createFakeClock();
  lines = [];
});

afterEach(() => rmSync(directory, { recursive: true }));

const log: Log = {
  debug: () => {},
  info: (message) => lines.push(message),
  warn: (message) => lines.push(message),
  error: (message) => lines.push(message),
  forStream: () => log,
};

const open = () => createKeptFile({ path, outdated: "stays", clock, log });

test("what cannot be written is said once, and the newest text is written when it can be", async () => {
  const file = open();
  mkdirSync(path);
  file.write("one");
  file.write("two");
  await clock.pass(20_000);
  expect(lines).toEqual([expect.stringContaining(`${path} cannot be written (EISDIR).`)]);

  rmdirSync(path);
  await clock.pass(10_000);
  expect(readFileSync(path, "utf8")).toBe("two");
  expect(lines).toHaveLength(2);
});

test("what is not wanted any more is not written later", async () => {
  const file = open();
  mkdirSync(path);
  file.write("one");
  file.rest();
  rmdirSync(path);
  await clock.pass(60_000);
  expect(() => readFileSync(path)).toThrow(/ENOENT/);
});
