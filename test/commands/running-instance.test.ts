import { temporaryDirectory } from "../report/directory.js";
import { type FakeControl, fakeControl } from "../report/fake-control.js";
import { cli, startCli } from "./cli.js";
import { instances } from "./running.js";

const directory = temporaryDirectory();
const run = instances(directory);

function dslrs(...argv: string[]) {
  return cli([...argv, "--runtime-dir", directory()]);
}

test.each([["status"], ["down"], ["pause", "cam"]])(
  "%s without an instance ends with 1 and a hint",
  async (...argv) => {
    const { code, stderr } = await dslrs(...argv);
    expect(code).toBe(1);
    expect(stderr).toContain(
      `No dslrs instance "default" is running (there is no ${directory()}/default/supervisor.sock)`,
    );
    expect(stderr).toContain("dslrs up CONFIG");
  },
);

test("the runtime directory can come from the environment, and the instance before the verb", async () => {
  await run(fakeControl(), "garden");
  const { code } = await cli(["--instance", "garden", "status"], { DSLRS_RUNTIME_DIR: directory() });
  expect(code).toBe(0);
});

test("status prints a table, or the report as it is", async () => {
  const control: FakeControl = await run();
  const table = await dslrs("status");
  expect(table.stdout).toMatch(/front-door +running/);
  expect(table.stdout).not.toContain("\x1b");
  expect(JSON.parse((await dslrs("status", "--json")).stdout)).toEqual(JSON.parse(JSON.stringify(control.status())));
});

test("status --watch goes on until nobody reads, and ends with 1 when the supervisor does", async () => {
  await run();
  const watching = startCli(["status", "--watch", "--runtime-dir", directory()]);
  await watching.written("front-door");
  watching.stopReading();
  expect(await watching.ended).toBe(0);
});

test("orders reach the stream; the answer is printed", async () => {
  const control = await run();
  expect(await dslrs("pause", "front-door")).toEqual({ code: 0, stdout: "front-door: pause is done.\n", stderr: "" });
  const refused = await dslrs("resume", "front-door");
  expect(refused).toMatchObject({ code: 1, stderr: "dslrs: It is not paused.\n  Pause it first.\n" });
  expect(control.asked).toEqual(["pause front-door"]);
});

test("an order to a stream that does not exist suggests the one that was meant", async () => {
  await run();
  const { code, stderr } = await dslrs("restart", "frontdoor");
  expect(code).toBe(1);
  expect(stderr).toContain("Did you mean front-door?");
});

test("down stops the instance", async () => {
  const control = await run();
  expect(await dslrs("down")).toMatchObject({ code: 0 });
  expect(control.asked).toEqual(["down"]);
});
