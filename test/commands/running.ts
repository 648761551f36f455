/** An instance whose supervisor only remembers what it is asked. */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Api, serveApi } from "../../src/report/api.js";
import { createLog } from "../../src/report/log.js";
import { type FakeControl, fakeControl } from "../report/fake-control.js";

/** Call it where the tests are declared: what was started ends with the test. */
export function instances(runtimeDir: () => string): (control?: FakeControl, name?: string) => Promise<FakeControl> {
  const open: Api[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((api) => api.close()));
  });
  return async (control = fakeControl(), name = "default") => {
    const directory = join(runtimeDir(), name);
    mkdirSync(directory, { recursive: true });
    open.push(await serveApi(control, directory, createLog({ directory: null, output: { write: () => true } })));
    return control;
  };
}
