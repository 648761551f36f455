import { join } from "node:path";
import { put, recordingName } from "../recordings/tree.js";
import { temporaryDirectory } from "../report/directory.js";
import { cli } from "./cli.js";
import { instances } from "./running.js";

const directory = temporaryDirectory();
const run = (...argv: string[]) => cli(["recordings", "--runtime-dir", directory(), ...argv]);

describe("with a supervisor", () => {
  const start = instances(directory);

  test("it is asked for a stream, an output and a time", async () => {
    const control = await start();
    const { code, stdout } = await run(
      "front-door",
      "--output",
      "low",
      "--from",
      "2026-11-20T02:00:00Z",
      "--to",
      "2026-11-21T00:00Z",
    );
    expect([code, stdout]).toEqual([0, "No recordings.\n"]);
    const [from, to] = [Date.parse("2026-11-20T02:00Z"), Date.parse("2026-11-21T00:00Z")];
    expect(control.asked).toEqual([`recordings ${JSON.stringify({ stream: "front-door", output: "low", from, to })}`]);
  });

  test("a stream that is neither in the config nor among the recordings is a mistake", async () => {
    await start();
    expect(await run("front-dor")).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/There is no stream front-dor.*\n.*Did you mean front-door\?/),
    });
  });

  test("an index that is to be made again is, and what it says goes to standard error", async () => {
    await start();
    expect(await run("--reindex", "--json")).toMatchObject({
      code: 0,
      stderr: "Every file is looked into again.\n",
      stdout: expect.stringContaining('"recordings": []'),
    });
  });
});

test("without a supervisor the files of a root are looked at", async () => {
  const start = Date.parse("2026-11-20T10:00:00Z");
  put(join(directory(), "r/yard", recordingName("yard", start)));
  const { code, stdout } = await run("--root", join(directory(), "r"), "--json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout).recordings).toMatchObject([
    { stream: "yard", start: new Date(start).toISOString(), bytes: 10 },
  ]);
  expect(await run("--root", join(directory(), "nowhere"))).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/there\s+is\s+no\s+such\s+folder/),
  });
});

test("a root that is a file, and a stream that a root has nothing of", async () => {
  const start = Date.parse("2026-11-20T10:00:00Z");
  const file = put(join(directory(), "r/yard", recordingName("yard", start)));
  expect(await run("--root", file)).toMatchObject({ code: 1, stdout: expect.stringMatching(/not\s+a\s+folder/) });
  const root = join(directory(), "r");
  expect(await run("nosuch", "--root", root)).toMatchObject({ code: 1, stderr: expect.stringContaining("yard") });
  expect(await run("yard", "--root", root, "--from", "-1m")).toMatchObject({ code: 0, stdout: "No recordings.\n" });
});

test("nobody there, and what can be done then", async () => {
  expect(await run()).toMatchObject({ code: 1, stderr: expect.stringContaining("`dslrs recordings --root DIR`") });
});

test.each([[["--from", "yesterday"]], [["--to", "25:00"]], [["a b"]], [["--from", "02:00", "--to", "01:00"]]])(
  "%s is a mistake",
  async (argv) => {
    expect(await run(...argv)).toMatchObject({ code: 2 });
  },
);

test("a time that is too long ago is said to be that", async () => {
  expect(await run("--from", "-99999999d")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('"-99999999d" is too long ago'),
  });
});
