/** The commands are real ones. */

import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HookCommand } from "../../src/config/model.js";
import { createHooks, type Hooks } from "../../src/supervisor/hooks.js";
import { temporaryDirectory } from "../report/directory.js";
import { until } from "../rig/until.js";

const directory = temporaryDirectory();
let failures: string[];
let hooks: Hooks;
let command: HookCommand | undefined;

const file = (name: string) => join(directory(), name);
const linesOf = (name: string) =>
  existsSync(file(name))
    ? readFileSync(file(name), "utf8")
        .trim()
        .split("\n")
        .map((line) => line.trim())
    : [];
const shell = (script: string): HookCommand => ({ argv: ["sh", "-c", script], directory: directory() });

beforeEach(() => {
  failures = [];
  hooks = createHooks({
    commandOf: (stream) => (stream === "gone" ? undefined : command),
    onFailure: (stream, sentence) => failures.push(`${stream}: ${sentence}`),
  });
});

afterEach(() => hooks.end(0));

function finished(stream: string, path: string): void {
  hooks.finished({ stream, output: "record", path, startedAt: 0, endedAt: 1_500, reason: "time" });
}

test("the command gets to know the recording, and nothing of dslrs", async () => {
  process.env.DSLRS_TEST_SECRET = "hunter2";
  command = shell("env > all.tmp; pwd >> all.tmp; mv all.tmp all");
  finished("yard", "/recordings/a b.mkv");
  await until(() => existsSync(file("all")));
  delete process.env.DSLRS_TEST_SECRET;
  const all = linesOf("all");
  expect(all).toEqual(
    expect.arrayContaining([
      "DSLRS_STREAM=yard",
      "DSLRS_OUTPUT=record",
      "DSLRS_PATH=/recordings/a b.mkv",
      "DSLRS_START=1970-01-01T00:00:00.000Z",
      "DSLRS_END=1970-01-01T00:00:01.500Z",
      "DSLRS_REASON=time",
      `PATH=${process.env.PATH}`,
      directory(),
    ]),
  );
  expect(all.join("\n")).not.toContain("hunter2");
});

test("the recordings of a stream are told in order, one after the other; streams do not wait for each other", async () => {
  command = shell(
    'if [ $DSLRS_STREAM = slow ]; then while [ ! -e go ]; do sleep 0.01; done; fi; echo "$DSLRS_STREAM $DSLRS_PATH" >> told',
  );
  for (const stream of ["slow", "yard", "gone"]) for (const path of ["1", "2", "3"]) finished(stream, path);
  await until(() => linesOf("told").length === 3);
  writeFileSync(file("go"), "");
  await until(() => linesOf("told").length === 6);
  expect(linesOf("told")).toEqual(["yard 1", "yard 2", "yard 3", "slow 1", "slow 2", "slow 3"]);
  expect(failures).toEqual([]);
});

test.each([
  ["one that fails", ["sh", "-c", "echo no disk >&2; exit 3"], "it ended with code 3: no disk"],
  ["one that is killed", ["sh", "-c", "kill -9 $$"], "it was killed by SIGKILL"],
  ["one that does not exist", ["/no/such/program"], "ENOENT"],
])("%s is told, and the next recording is too", async (_what, argv, why) => {
  command = { argv, directory: directory() };
  finished("yard", "1");
  finished("yard", "2");
  await until(() => failures.length === 2);
  expect(failures[0]).toMatch(/^yard: The command after a recording failed: /);
  expect(failures[0]).toContain(why);
});

test("32 recordings wait, and no more", async () => {
  command = shell('while [ ! -e go ]; do sleep 0.01; done; echo "$DSLRS_PATH" >> told');
  for (let count = 1; count <= 35; count += 1) finished("yard", String(count));
  expect(failures).toHaveLength(2);
  expect(failures[0]).toContain("32 recordings wait for it");
  appendFileSync(file("go"), "");
  await until(() => linesOf("told").length === 33);
});

const guest = { id: "rtsp", viewer: 3, address: "192.0.2.7", user: "guard", transport: "udp", agent: "VLC/3 $(id)" };

test("the command for viewers gets to know who comes and who goes; recordings do not wait for it", async () => {
  command = shell(
    'if [ -n "$DSLRS_EVENT" ]; then while [ ! -e go ]; do sleep 0.01; done; fi; echo "$(env | grep ^DSLRS_ | sort)" | tr "\\n" " " > next; echo "$(cat next)" >> told',
  );
  const left = { type: "viewerLeft", ...guest, framesSent: 40, framesDropped: 2, seconds: 1.52 } as const;
  hooks.reported("yard", { type: "viewerJoined", ...guest }, 0);
  hooks.reported("yard", left, 1_500);
  finished("yard", "/recordings/a.mkv");
  await until(() => linesOf("told").length === 1);
  expect(linesOf("told")[0]).toContain("DSLRS_PATH=/recordings/a.mkv");
  writeFileSync(file("go"), "");
  await until(() => linesOf("told").length === 3);
  const who =
    "DSLRS_OUTPUT=rtsp %DSLRS_STREAM=yard DSLRS_TIME=1970-01-01T00:00:0%Z DSLRS_TRANSPORT=udp DSLRS_USER=guard DSLRS_VIEWER=yard/3";
  const texts = (...values: string[]) => values.reduce((text, value) => text.replace("%", value), who);
  const client = "DSLRS_ADDRESS=192.0.2.7 DSLRS_AGENT=VLC/3 $(id)";
  const numbers = "DSLRS_FRAMES_DROPPED=2 DSLRS_FRAMES_SENT=40";
  expect(linesOf("told").slice(1)).toEqual([
    `${client} DSLRS_EVENT=join ${texts("", "0.000")} `.trim(),
    `${client} DSLRS_EVENT=leave ${numbers} ${texts("DSLRS_SECONDS=1.5 ", "1.500")}`,
  ]);
  expect(failures).toEqual([]);
});

test("at the end what is under way has a moment, and is ended with all that it started", async () => {
  command = shell("trap '' TERM; sleep 1000 & echo $! > child; wait");
  finished("yard", "1");
  finished("yard", "2");
  await until(() => linesOf("child").length === 1);
  await hooks.end(0);
  const child = linesOf("child")[0];
  await until(() => !existsSync(`/proc/${child}`));
  expect(failures).toEqual([
    "yard: The command after a recording was left out 1 times: dslrs stops.",
    expect.stringContaining("dslrs stops"),
  ]);
  finished("yard", "3");
  expect(failures).toHaveLength(2);
});

test("at the end a command that is nearly done is waited for", async () => {
  command = shell('sleep 0.1; echo "$DSLRS_PATH" >> told');
  finished("yard", "1");
  await hooks.end(30_000);
  expect(linesOf("told")).toEqual(["1"]);
  expect(failures).toEqual([]);
});
