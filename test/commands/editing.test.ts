import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SupervisorControl } from "../../src/supervisor/control.js";
import { temporaryDirectory } from "../report/directory.js";
import { type FakeControl, fakeControl } from "../report/fake-control.js";
import { runningStream, statusReport } from "../report/reports.js";
import { cli } from "./cli.js";
import { instances } from "./running.js";

const directory = temporaryDirectory();
const run = instances(directory);

const BEFORE = [
  "streams:",
  "  # the way in",
  "  front-door:",
  "    source: rtsp://127.0.0.1/front  # old cable",
  "    outputs: [{ type: rtsp }]",
  "",
].join("\n");

function write(text = BEFORE): string {
  const path = join(directory(), "config.yaml");
  writeFileSync(path, text);
  return path;
}

function dslrs(...argv: string[]) {
  return cli([...argv, "--runtime-dir", directory()]);
}

/** A supervisor that runs whatever streams the file names at the moment. */
function followingControl(path: string): FakeControl {
  const status: SupervisorControl["status"] = () => {
    const names = [...readFileSync(path, "utf8").matchAll(/^ {2}([a-z-]+):/gm)].map((match) => match[1] ?? "");
    return statusReport(
      names.map((name) =>
        runningStream({
          name,
          outputs: [{ id: "rtsp", kind: "rtsp", state: "up", failure: null, url: `rtsp://127.0.0.1:8554/${name}` }],
        }),
      ),
      { configPath: path },
    );
  };
  return { ...fakeControl(), status };
}

test("add writes into a named file, keeps comments, and says that it is written", async () => {
  const path = write();
  const added = await dslrs("add", "garden", "--source", "rtsp://10.0.0.1/x", "--record", "mp4", "--config", path);
  expect(added).toEqual({ code: 0, stdout: `garden is written to ${path}.\n`, stderr: "" });
  expect(readFileSync(path, "utf8")).toContain(BEFORE);
  expect(await dslrs("check", path)).toMatchObject({ code: 0, stdout: expect.stringContaining("garden starts") });
});

test("add without --config edits the file of the running instance and waits for the stream", async () => {
  const path = write();
  await run(followingControl(path));
  const { code, stdout } = await dslrs("add", "garden", "--source", "rtsp://10.0.0.1/x");
  expect(code).toBe(0);
  expect(stdout).toContain("garden runs: rtsp://127.0.0.1:8554/garden\n");
});

test("a relative path counts from where the user is, not from the config", async () => {
  const path = write();
  await dslrs("add", "clip", "--source", "package.json", "--config", path);
  expect(readFileSync(path, "utf8")).toContain(`source: ${join(process.cwd(), "package.json")}`);
});

test.each([
  [["front-door", "--source", "rtsp://10.0.0.1/x"], "already"],
  [["garden", "--source", "http-typo://10.0.0.1/x", "--transport", "udp"], "rtsp://"],
  [["Garden", "--source", "rtsp://10.0.0.1/x"], "cannot be the name"],
])("add %j is refused and changes nothing", async (argv, said) => {
  const path = write();
  const { code, stdout, stderr } = await dslrs("add", ...argv, "--config", path);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(said);
  expect(readFileSync(path, "utf8")).toBe(BEFORE);
});

test("a file that has a mistake already is not edited; the mistake is shown", async () => {
  const broken = `${BEFORE}  yard: { sorce: x }\n`;
  const path = write(broken);
  const { code, stderr } = await dslrs("add", "garden", "--source", "rtsp://10.0.0.1/x", "--config", path);
  expect(code).toBe(2);
  expect(stderr).toContain(`${path}:6:11: `);
  expect(readFileSync(path, "utf8")).toBe(broken);
});

test("remove takes the stream out and waits until it has stopped", async () => {
  const path = write(`${BEFORE}  yard: { source: rtsp://127.0.0.1/yard }\n`);
  await run(followingControl(path));
  const { code, stdout } = await dslrs("remove", "yard");
  expect(code).toBe(0);
  expect(stdout).toContain("yard has stopped");
  expect(readFileSync(path, "utf8")).toBe(BEFORE);
});

test("without an instance and without --config there is no file to edit", async () => {
  const { code, stderr } = await dslrs("remove", "yard");
  expect(code).toBe(1);
  expect(stderr).toContain("--config FILE");
});
