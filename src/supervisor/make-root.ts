/**
 * Makes the preferred root of the recordings where it is missing. Only that one, and only when somebody asks for recordings anew: a root
 * that is gone later may be a disk that is not mounted. Another process does it, because a disk that hangs would not let go of this one.
 */

import { execa } from "execa";
import type { RecordingsConfig } from "../config/model.js";
import type { Log } from "../report/log.js";
import { within } from "../worker/terminate.js";

const PATIENCE_MS = 2_000;

export async function makeRoot({ roots: [root], directoryMode }: RecordingsConfig, log: Log): Promise<void> {
  if (root === undefined) return;
  const mode = directoryMode.toString(8);
  const options = { stdio: "ignore", detached: true, cleanup: false, reject: false } as const;
  const child = execa("mkdir", ["-p", "-m", mode, "--", root], options);
  child.unref();
  const made = child.then(({ failed }) => {
    if (failed) log.warn(`The folder of the recordings could not be made: ${root}`);
  });
  if (!(await within(made, PATIENCE_MS))) log.warn(`The disk of the recordings does not answer: ${root}`);
}
