import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { temporaryDirectory } from "../report/directory.js";

const directory = temporaryDirectory();

/** Its own folder for cgroups, since other tests make some meanwhile. */
async function leftoversOf(leave: (tmp: string, cgroups: string) => Promise<void> | void) {
  const tmp = join(directory(), "tmp");
  const cgroups = join(directory(), "cgroups");
  mkdirSync(tmp);
  mkdirSync(join(cgroups, "memory/dslrs/before"), { recursive: true });
  await execa("node", ["scripts/leftovers.js", "before", tmp, cgroups]);
  await leave(tmp, cgroups);
  return execa("node", ["scripts/leftovers.js", "after", tmp, cgroups], { reject: false });
}

test("nothing left is a success", async () => {
  expect(await leftoversOf(() => undefined)).toMatchObject({ exitCode: 0, stdout: "ok" });
});

test("a file that was left is named", async () => {
  const { exitCode, stderr } = await leftoversOf((tmp) => writeFileSync(join(tmp, "forgotten"), ""));
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^left behind: file .*\/forgotten$/);
});

test("a cgroup that was left is named", async () => {
  const { stderr } = await leftoversOf((_tmp, cgroups) => void mkdirSync(join(cgroups, "memory/dslrs/default")));
  expect(stderr).toMatch(/^left behind: cgroup .*\/memory\/dslrs\/default$/);
});

test.each([
  ["its environment", (tmp: string) => ({ env: { ...process.env, TMPDIR: tmp } })],
  ["its working directory", (tmp: string) => ({ cwd: tmp })],
])("a process that was left is known by %s, named and ended", async (_by, options) => {
  const left: { process?: ChildProcess } = {};
  const { exitCode, stderr } = await leftoversOf(async (tmp) => {
    left.process = spawn("cat", options(tmp));
    await once(left.process, "spawn");
  });
  expect(exitCode).toBe(1);
  expect(stderr).toContain(`process ${left.process?.pid}: cat`);
  expect(left.process?.signalCode ?? (await once(left.process as ChildProcess, "exit"))[1]).toBe("SIGKILL");
});
