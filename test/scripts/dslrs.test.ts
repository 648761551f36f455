import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { temporaryDirectory } from "../report/directory.js";

const directory = temporaryDirectory();
const root = process.cwd();

test("works from any folder and through a symbolic link", async () => {
  const link = join(directory(), "dslrs with a space");
  symlinkSync(join(root, "scripts/dslrs"), link);
  const { stdout, exitCode } = await execa(link, ["--version"], { cwd: directory() });
  expect({ stdout, exitCode }).toEqual({ stdout: "0.1.0", exitCode: 0 });
});

test("passes arguments and the exit code through", async () => {
  const runtimeDir = join(directory(), "a b");
  const { stderr, exitCode } = await execa("scripts/dslrs", ["status", "--runtime-dir", runtimeDir], { reject: false });
  expect(exitCode).toBe(1);
  expect(stderr).toContain(`${runtimeDir}/default/supervisor.sock`);
});

test("a reader that goes away is no error", async () => {
  const { stdout, stderr } = await execa("bash", ["-c", "scripts/dslrs --help | head -n 1"]);
  expect({ stdout, stderr }).toEqual({ stdout: "Usage: dslrs [options] [command]", stderr: "" });
});
