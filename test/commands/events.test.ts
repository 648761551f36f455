import { openEventStore } from "../../src/report/events.js";
import { temporaryDirectory } from "../report/directory.js";
import type { FakeControl } from "../report/fake-control.js";
import { createFakeClock } from "../rig/fake-clock.js";
import { cli, startCli } from "./cli.js";
import { instances } from "./running.js";

const directory = temporaryDirectory();
const run = instances(directory);

function dslrs(...argv: string[]) {
  return cli([...argv, "--runtime-dir", directory()]);
}

function tell({ store }: Pick<FakeControl, "store">, stream: string | null, ...messages: string[]): void {
  for (const message of messages) store.of(stream).keep({ kind: "edited", message, at: Date.now() });
}

function messagesIn(stdout: string): string[] {
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/^\S+ (\S+) +/, "$1: "));
}

test("prints what happened, of all or of one stream", async () => {
  const control = await run();
  tell(control, null, "started");
  tell(control, "front-door", "one", "two");
  const all = await dslrs("events");
  expect(messagesIn(all.stdout)).toEqual(["dslrs: started", "front-door: one", "front-door: two"]);
  expect(all.code).toBe(0);
  const last = await dslrs("events", "front-door", "-n", "1");
  expect(messagesIn(last.stdout)).toEqual(["front-door: two"]);
});

test("--json gives an event a line, as it is", async () => {
  const control = await run();
  tell(control, "front-door", "one", "two");
  const { stdout } = await dslrs("events", "--json");
  const lines = stdout.trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toEqual(control.store.of("front-door").events());
});

test("-f goes on until nobody reads, and misses nothing", async () => {
  const control = await run();
  tell(control, "front-door", "past");
  const following = startCli(["events", "-f", "--runtime-dir", directory()]);
  await following.written("past");
  const expected = Array.from({ length: 30 }, (_, event) => `event ${event}`);
  for (const message of expected) {
    tell(control, "front-door", message);
    await following.written(message);
  }
  tell(control, "yard", "other");
  await following.written("other");
  following.stopReading();
  expect(await following.ended).toBe(0);
  const printed = messagesIn(following.output().stdout);
  expect(printed).toEqual(["past", ...expected].map((message) => `front-door: ${message}`).concat("yard: other"));
}, 20_000);

test("-f -n 0 shows only what comes", async () => {
  const control = await run();
  tell(control, "front-door", "past");
  const following = startCli(["events", "-f", "-n", "0", "--runtime-dir", directory()]);
  while (!control.asked.includes("next event")) await new Promise((resolve) => setImmediate(resolve));
  tell(control, "front-door", "new");
  await following.written("new");
  following.stopReading();
  await following.ended;
  expect(messagesIn(following.output().stdout)).toEqual(["front-door: new"]);
});

test("a stream that there never was is said not to be there, with the one that was meant", async () => {
  await run();
  const { code, stderr } = await dslrs("events", "frontdoor");
  expect(code).toBe(1);
  expect(stderr).toContain("Did you mean front-door?");
});

test("without a supervisor the files tell, and it is said that none runs", async () => {
  const left = openEventStore({ directory: `${directory()}/default`, clock: createFakeClock() });
  tell({ store: left }, "yard", "its last words");
  const { code, stdout, stderr } = await dslrs("events");
  expect(code).toBe(1);
  expect(stdout).toContain("its last words");
  expect(stderr).toContain('No dslrs instance "default" is running');
  expect(await dslrs("events", "front-door")).toMatchObject({ code: 1, stdout: "" });
});

test("a name that cannot be one ends with 2", async () => {
  expect(await dslrs("events", "../x")).toMatchObject({ code: 2, stdout: "" });
});
