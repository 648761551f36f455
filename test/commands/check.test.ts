import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "../report/directory.js";
import { fakeControl } from "../report/fake-control.js";
import { cli } from "./cli.js";
import { instances } from "./running.js";

const directory = temporaryDirectory();
const run = instances(directory);

async function check(yaml: string) {
  const path = join(directory(), "config.yaml");
  writeFileSync(path, yaml);
  return { path, ...(await cli(["check", path, "--runtime-dir", directory()])) };
}

const VALID = "streams:\n  yard:\n    source: rtsp://127.0.0.1/yard\n    outputs: [{ type: rtsp }]\n";

test("a valid config: says what a start would do", async () => {
  const { code, stdout, stderr, path } = await check(VALID);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain(`${path} is valid.`);
  expect(stdout).toContain("yard starts");
});

test("asks the running instance what would change there", async () => {
  const steps = [{ stream: "yard", step: "restartIngest", sentence: "yard connects again" }];
  const control = await run(fakeControl({ ok: true, steps }));
  const { code, stdout, path } = await check(VALID);
  expect(code).toBe(0);
  expect(stdout).toContain("  yard connects again\n");
  expect(control.asked).toEqual([`check ${path}`]);
});

test("an invalid config ends with 2 and shows the place", async () => {
  const { code, stdout, stderr, path } = await check("streams:\n  yard:\n    sorce: rtsp://x/y\n");
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain(`${path}:3:5: `);
  expect(stderr).toContain("    3 |     sorce: rtsp://x/y\n      |     ^\n");
  expect(stderr).toMatch(/hint: .*source/);
});

test("never shows a secret from the line that is wrong", async () => {
  const lines = ["    source: { type: rtsp, uri: 'rtsp://u:hunter2@h/x', transprt: tcp, pasword: hunter2 }"];
  const { code, stderr } = await check(["streams:", "  yard:", ...lines, ""].join("\n"));
  expect(code).toBe(2);
  expect(stderr).not.toContain("hunter2");
});

test("a config that does not exist ends with 2", async () => {
  const { code, stderr } = await cli(["check", join(directory(), "none.yaml"), "--runtime-dir", directory()]);
  expect(code).toBe(2);
  expect(stderr).toContain("does not exist");
});
