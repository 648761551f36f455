import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { temporaryDirectory } from "../report/directory.js";

const directory = temporaryDirectory();

async function problemsOf(files: Readonly<Record<string, string>>): Promise<string[]> {
  for (const [file, text] of Object.entries(files)) {
    const path = join(directory(), file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  const { stderr } = await execa("node", ["scripts/check-layers.js", directory()], { reject: false });
  return stderr.split("\n").filter((line) => line !== "");
}

test("imports may point down and sideways; types may come from anywhere", async () => {
  const problems = await problemsOf({
    "main.ts": 'import { up } from "./commands/up.js";\n',
    "commands/up.ts": 'import { run } from "../supervisor/run.js";\nconst x = await import("./down.js");\n',
    "supervisor/run.ts": 'import { readFileSync } from "node:fs";\nimport { next } from "../policy/next.js";\n',
    "report/api.ts": 'import type { Control } from "../supervisor/control.js";\nimport { x } from "../config/x.js";\n',
    "policy/next.ts": 'import { groupOf } from "../failure.js";\n',
    "failure.ts": "",
  });
  expect(problems).toEqual([]);
});

test.each([
  ["policy/next.ts", 'import {\n  run,\n} from "../supervisor/run.js";', "src/policy/next.ts imports from supervisor"],
  ["worker/a.ts", 'const { up } = await import("../commands/up.js");', "src/worker/a.ts imports from commands"],
  ["failure.ts", 'export * from "./report/log.js";', "src/failure.ts imports from report"],
  ["policy/next.ts", 'import { now } from "node:perf_hooks";', "src/policy/next.ts imports node:perf_hooks"],
  ["helpers/a.ts", 'import { up } from "../main.js";', "helpers belongs to no layer"],
])("%s: %j is found", async (file, text, said) => {
  expect((await problemsOf({ [file]: text })).join()).toContain(said);
});
