import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { followFile, type Tail, type TailStart } from "../../src/worker/tail.js";
import { createEventLog } from "../rig/event-log.js";
import { until } from "../rig/until.js";

let directory: string;
let path: string;
let tail: Tail | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "dslrs-tail-"));
  path = join(directory, "worker.log");
  writeFileSync(path, "");
});
afterEach(() => {
  tail?.close();
  rmSync(directory, { recursive: true });
});

function follow(from: TailStart) {
  const lines = createEventLog<string>();
  tail = followFile({ path, from, onLine: lines.listener });
  return lines;
}
const found = (text: string) => (line: string) => line === text;

test("lines come as they are written, whole", async () => {
  const lines = follow(0);
  appendFileSync(path, "one\ntw");
  await lines.find(found("one"));
  appendFileSync(path, "o\n");
  await lines.find(found("two"));
  expect(lines.all).toEqual(["one", "two"]);
});

test("goes on where the last supervisor stopped, and not before where an earlier process wrote", async () => {
  writeFileSync(path, "earlier\n");
  const first = follow("earlier\n".length);
  appendFileSync(path, "seen\n");
  await first.find(found("seen"));
  tail?.close();
  appendFileSync(path, "missed\n");
  expect(follow("remembered").all).toEqual(["missed"]);
});

test("a file that was truncated is read from its beginning", async () => {
  writeFileSync(path, "a long line to begin with\n");
  const lines = follow(0);
  truncateSync(path);
  appendFileSync(path, "new\n");
  await lines.find(found("new"));
});

test("a missing file and a damaged position are no trouble", async () => {
  rmSync(path);
  writeFileSync(`${path}.position`, "garbage");
  const lines = follow("remembered");
  writeFileSync(path, "there\n");
  await lines.find(found("there"));
});

test("an endless line is cut, and the next one is whole", async () => {
  const lines = follow(0);
  appendFileSync(path, "x".repeat(300_000));
  appendFileSync(path, "rest of it\nnext\n");
  await lines.find(found("next"));
  expect(lines.all.map((line) => line.length)).toEqual([8192, 4]);
});

test("a flood is cut down and counted, and its last lines are known", async () => {
  const lines = follow(0);
  appendFileSync(path, `${"flood\n".repeat(5000)}last\n`);
  tail?.drain();
  expect(lines.all.length).toBeLessThanOrEqual(402);
  expect(tail?.lastLines().at(-1)).toBe("last");
});

test("a process that writes without end keeps nobody busy, and does not fill the disk", async () => {
  const lines = follow(0);
  const flood = spawn("sh", ["-c", `exec yes complaint >> '${path}'`], { stdio: "ignore" });
  try {
    // With every turn read to its end, none of these would ever come.
    await lines.find((line) => /^\(more than \d+ lines left out\)$/.test(line));
    await until(() => existsSync(`${path}.1`) || undefined);
  } finally {
    flood.kill("SIGKILL");
    await once(flood, "exit");
  }
  expect(statSync(`${path}.1`).size).toBeLessThan(2_000_000);
  tail?.drain();
  // It ended in the midst of a word.
  expect("complaint").toContain(tail?.lastLines().at(-1));
  expect(tail?.lastLines().at(-2)).toBe("complaint");
  expect(statSync(path).size).toBeLessThanOrEqual(1024 * 1024);
});

test("the file stays small: what was read is kept once, the rest is dropped", async () => {
  const lines = follow(0);
  const line = `${"y".repeat(999)}\n`;
  appendFileSync(path, line.repeat(1100));
  tail?.drain();
  expect(statSync(path).size).toBe(0);
  expect(statSync(`${path}.1`).size).toBe(1_100_000);
  appendFileSync(path, "after\n");
  tail?.drain();
  expect(tail?.lastLines().at(-1)).toBe("after");
  expect(lines.all.length).toBeGreaterThan(0);
  expect(existsSync(`${path}.2`)).toBe(false);
});

test("of a huge backlog only the newest part is read", () => {
  writeFileSync(path, `${"z".repeat(999)}\n`.repeat(5000));
  writeFileSync(`${path}.position`, "0");
  follow("remembered");
  expect(readFileSync(`${path}.position`, "utf8")).toBe("0");
  expect(tail?.lastLines().at(-1)).toHaveLength(999);
});

test("a last line without an end is not lost", () => {
  const lines = follow(0);
  appendFileSync(path, "last words");
  tail?.drain();
  expect(lines.all).toEqual(["last words"]);
});
