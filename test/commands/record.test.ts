import { temporaryDirectory } from "../report/directory.js";
import { cli } from "./cli.js";
import { instances } from "./running.js";

const directory = temporaryDirectory();
const run = instances(directory);

function dslrs(...argv: string[]) {
  return cli([...argv, "--runtime-dir", directory()]);
}

test("record says until when, from when on, and where", async () => {
  const control = await run();
  const { code, stdout } = await dslrs("record", "front-door", "--for", "30s", "--pre", "1.5s", "--output", "clip");
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^front-door is recorded until [\d:]+ \(output clip\), from 1\.5 s ago on:\n {2}\/recordings\/a\.mkv\n$/,
  );
  expect(control.asked).toEqual(['record front-door {"forMs":30000,"preMs":1500,"output":"clip"}']);
});

test("record leaves to the output what is not said", async () => {
  const control = await run();
  const { stdout } = await dslrs("record", "front-door", "--for", "5m", "--json");
  expect(JSON.parse(stdout)).toMatchObject({ isAway: false, recordings: [{ output: "clip" }] });
  expect(control.asked).toEqual(['record front-door {"forMs":300000,"preMs":null,"output":null}']);
});

test.each([
  [["front-door"], "--for"],
  [["front-door", "--for", "30"], '--for: "30" has no unit.'],
  [["front-door", "--for", "2d"], '--for: "2d" is too large.'],
  [["front-door", "--for", "30s", "--pre", "1h"], '--pre: "1h" is too large.'],
  [["Front Door", "--for", "30s"], "cannot be the name"],
])("record %s is wrong usage", async (argv, says) => {
  const control = await run();
  const { code, stderr } = await dslrs("record", ...argv);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(says) });
  expect(control.asked).toEqual([]);
});

test("record suggests the stream that was meant", async () => {
  await run();
  const { code, stderr } = await dslrs("record", "frontdoor", "--for", "30s");
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("Did you mean front-door?") });
});
