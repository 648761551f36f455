import { temporaryDirectory } from "../report/directory.js";
import { fakeControl } from "../report/fake-control.js";
import { cli } from "./cli.js";
import { instances } from "./running.js";

const directory = temporaryDirectory();
const run = instances(directory);

function dslrs(...argv: string[]) {
  return cli([...argv, "--runtime-dir", directory()]);
}

test("viewers asks for all streams or for one", async () => {
  const control = await run();
  expect(await dslrs("viewers")).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ID .*\nfront-door\/3 /) });
  const { stdout } = await dslrs("viewers", "front-door", "--json");
  expect(JSON.parse(stdout)).toMatchObject({ viewers: [{ id: "front-door/3", user: null }], unanswered: [] });
  expect(control.asked).toEqual(["viewers of all", "viewers front-door"]);
});

test("viewers suggests the stream that was meant", async () => {
  await run();
  expect(await dslrs("viewers", "frontdoor")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("Did you mean front-door?"),
  });
});

test("viewers says whose are not known", async () => {
  const viewers = async () => ({ viewers: [], unanswered: [{ stream: "front-door", reason: "the worker hangs" }] });
  await run({ ...fakeControl(), viewers });
  expect(await dslrs("viewers")).toMatchObject({
    code: 1,
    stdout: "Nobody watches.\n",
    stderr: expect.stringContaining("The worker of front-door did not say who watches: the worker hangs."),
  });
});

test("kick ends the one that is named, or says why not", async () => {
  const control = await run();
  expect(await dslrs("kick", "front-door/3")).toMatchObject({ code: 0, stdout: "front-door/3 is ended.\n" });
  expect(await dslrs("kick", "front-door/4")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("There is no viewer front-door/4."),
  });
  expect(await dslrs("kick", "yard/4")).toMatchObject({ code: 1, stderr: expect.stringContaining('no stream "yard"') });
  expect(control.asked).toEqual(["kick front-door 3", "kick front-door 4"]);
});

test.each(["front-door", "front-door/", "front-door/0", "front-door/x", "../3"])("%s is no viewer's id", async (id) => {
  const control = await run();
  expect(await dslrs("kick", id)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("is not the id of a viewer"),
  });
  expect(control.asked).toEqual([]);
});
