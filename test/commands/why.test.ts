import { temporaryDirectory } from "../report/directory.js";
import { wellReport } from "../report/reports.js";
import { cli } from "./cli.js";
import { instances } from "./running.js";

const directory = temporaryDirectory();
const run = instances(directory);

function dslrs(...argv: string[]) {
  return cli([...argv, "--runtime-dir", directory()]);
}

test("tells how a stream is, for a person or for a program", async () => {
  await run();
  const { code, stdout } = await dslrs("why", "front-door");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^front-door is running, for \S+\nNothing is wrong\.\n/);
  expect(stdout).not.toContain("\x1b");
  expect(JSON.parse((await dslrs("why", "front-door", "--json")).stdout)).toEqual(wellReport());
});

test("a stream that there never was is said not to be there, with the one that was meant", async () => {
  await run();
  const { code, stderr } = await dslrs("why", "frontdoor");
  expect(code).toBe(1);
  expect(stderr).toContain('There is no stream "frontdoor".\n  Did you mean front-door?');
});

test("without a supervisor nobody knows", async () => {
  const { code, stderr } = await dslrs("why", "front-door");
  expect(code).toBe(1);
  expect(stderr).toContain('No dslrs instance "default" is running');
});

test("a name that cannot be one ends with 2", async () => {
  expect(await dslrs("why", "Front Door")).toMatchObject({ code: 2, stdout: "" });
});
