import { createLog, type Log } from "../../src/report/log.js";
import { temporaryDirectory } from "../report/directory.js";
import { cli, startCli } from "./cli.js";

const directory = temporaryDirectory();

function logOf(stream: string): Log {
  return createLog({ directory: `${directory()}/default`, output: { write: () => true } }).forStream(stream);
}

function logsOf(...argv: string[]): string[] {
  return ["logs", ...argv, "--runtime-dir", directory()];
}

test("prints the log of a stream though no supervisor runs", async () => {
  logOf("cam").info("one");
  logOf("cam").warn("two", { attempt: 3 });
  logOf("lobby").info("other");
  const { code, stdout } = await cli(logsOf("cam"));
  expect(code).toBe(0);
  expect(stdout.replace(/^\S+/gm, "TIME")).toBe("TIME cam          one\nTIME cam          warn: two attempt=3\n");
});

test("-n limits how much of the past is shown; --json gives the lines as they are", async () => {
  for (const message of ["one", "two", "three"]) logOf("cam").info(message, { at: "x" });
  const { stdout } = await cli(logsOf("cam", "-n", "2", "--json"));
  const lines = stdout.trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { message: "two", at: "x", stream: "cam", level: "info" },
    { message: "three" },
  ]);
});

test("-f follows until nobody reads", async () => {
  logOf("cam").info("old");
  const following = startCli(logsOf("cam", "-f"));
  await following.written("old");
  logOf("cam").info("new");
  await following.written("new");
  following.stopReading();
  expect(await following.ended).toBe(0);
});

test("says the day where the lines are not of today", async () => {
  const { appendFileSync } = await import("node:fs");
  logOf("cam").info("today");
  const old = { time: "2001-02-03T12:00:00.000Z", level: "info", message: "long ago", stream: "cam" };
  appendFileSync(`${directory()}/default/logs/cam.log.1`, `${JSON.stringify(old)}\n`);
  const { stdout } = await cli(logsOf("cam"));
  expect(stdout).toMatch(/^-- Sat Feb 03 2001 --\n.*long ago\n-- .* --\n.*today\n$/);
});

test("a stream without a log ends with 1 and names those that have one", async () => {
  logOf("front-door").info("x");
  const { code, stderr } = await cli(logsOf("frontdor"));
  expect(code).toBe(1);
  expect(stderr).toContain("Did you mean front-door? There are: front-door.");
});
