import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { temporaryDirectory } from "../report/directory.js";

const directory = temporaryDirectory();

/** Stands before the real programs in PATH: a test must not install anything. */
function program(name: string, body: string): void {
  const path = join(directory(), name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
}

function setup(...options: string[]) {
  const env = { PATH: `${directory()}:${process.env.PATH ?? ""}` };
  return execa("scripts/setup", options, { env, reject: false });
}

const ALL_BUT_TWO = `for name; do
  case $name in -*|meson|libjson-glib-dev|'\${'*) ;; *) echo "$name installed" ;; esac
done`;

test("without root: prints the exact line for what is missing, and ends with 1", async () => {
  program("id", "echo 1000");
  program("sudo", "exit 1");
  program("dpkg-query", ALL_BUT_TWO);
  program("apt-get", "echo must not run; exit 99");
  const { exitCode, stdout } = await setup();
  expect(exitCode).toBe(1);
  expect(stdout).toBe("sudo apt-get install --no-install-recommends libjson-glib-dev meson");
});

test("as root: installs what is missing, nothing else", async () => {
  const log = join(directory(), "log");
  program("id", "echo 0");
  program("dpkg-query", ALL_BUT_TWO);
  program("apt-get", `echo "$*" >>${log}`);
  const { exitCode } = await setup("--test");
  expect(exitCode).toBe(0);
  const { stdout } = await execa("cat", [log]);
  const [update, install, ...more] = stdout.split("\n");
  expect(update).toMatch(/ update$/);
  expect(install).toMatch(/ install -y --no-install-recommends libjson-glib-dev meson$/);
  expect(more).toEqual([]);
});

test("a package that was removed but left its configuration counts as missing", async () => {
  program("id", "echo 1000");
  program("sudo", "exit 1");
  program(
    "dpkg-query",
    `for name; do case $name in meson) echo "meson config-files" ;; -*) ;; *) echo "$name installed" ;; esac; done`,
  );
  expect((await setup()).stdout).toBe("sudo apt-get install --no-install-recommends meson");
});

test.each([
  ["v18.20.4", "v18.20.4 is here"],
  ["v20.18.3", "v20.18.3 is here"],
])("Node %s is too old, and it says so", async (version, said) => {
  program("node", `echo ${version}`);
  const { exitCode, stderr } = await setup();
  expect(exitCode).toBe(1);
  expect(stderr).toContain(`Node.js 20.19 or newer is needed, ${said}`);
});

test.each(["v20.19.0", "v22.1.0"])("Node %s will do", async (version) => {
  program("node", `echo ${version}`);
  expect(await setup("--node")).toMatchObject({ exitCode: 0, stderr: "" });
});
