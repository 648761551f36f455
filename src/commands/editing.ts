/** What `dslrs add` and `dslrs remove` share: which file they edit, and what comes of it in the running instance. */

import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Edit } from "../config/edit.js";
import { editConfig } from "../config/edit-file.js";
import { type Answered, fetchStatus, type InstanceAddress } from "../report/client.js";
import type { StatusReport } from "../report/status.js";
import { addressOf, type CommandContext, type ExitCode, fail, failedAnswer, type GlobalOptions } from "./context.js";
import { readConfig } from "./read-config.js";

export interface EditingOptions extends GlobalOptions {
  readonly config?: string;
}

export interface EditTarget {
  readonly path: string;
  readonly address: InstanceAddress;
  /** An instance runs with this file, and will follow the edit. */
  readonly isRunning: boolean;
}

const LOOK_EVERY_MS = 200;
const OUTCOME_WITHIN_MS = 15_000;

/** The file to edit, or the exit code after saying why there is none. */
export async function findTarget(context: CommandContext, options: EditingOptions): Promise<EditTarget | ExitCode> {
  if (options.config === undefined) {
    const address = addressOf(context, options);
    const status = await fetchStatus(address);
    if (status.ok) return { path: status.value.supervisor.configPath, address, isRunning: true };
    const hint = [status.hint, "Or name the file to edit with --config FILE."].filter((part) => part !== null);
    return failedAnswer(context, { ...status, hint: hint.join(" ") });
  }
  const config = readConfig(context, options.config);
  if (config === null) return 2;
  const address = addressOf(context, options, config.instance);
  return { path: resolve(options.config), address, isRunning: follows(await fetchStatus(address), options.config) };
}

/** Writes the edited file; 0, or the exit code after saying why not. */
export async function editFile(
  context: CommandContext,
  { path }: EditTarget,
  edit: (text: string) => Edit,
): Promise<ExitCode> {
  // Places in errors of the edit are places in the edited text; those in the file as it is come from here.
  if (readConfig(context, path) === null) return fail(context, `${path} has to be mended first.`, null, 2);
  const result = await editConfig(path, context.env, edit);
  if (result.ok) return 0;
  for (const { message, hint } of result.errors) fail(context, message, hint);
  return 2;
}

/** Looks at the running instance until `outcome` finds in its report what came of the edit. */
export async function awaitOutcome(
  context: CommandContext,
  target: EditTarget,
  outcome: (report: StatusReport) => string | undefined,
): Promise<ExitCode> {
  const deadline = Date.now() + OUTCOME_WITHIN_MS;
  while (Date.now() < deadline) {
    const status = await fetchStatus(target.address);
    if (!status.ok) return failedAnswer(context, status);
    const found = outcome(status.value);
    if (found !== undefined) {
      context.stdout.write(`${found}\n`);
      return 0;
    }
    await delay(LOOK_EVERY_MS);
  }
  return fail(
    context,
    `${target.path} is written, but the running instance has not followed yet.`,
    "See `dslrs status`.",
  );
}

function follows(status: Answered<StatusReport>, path: string): boolean {
  return status.ok && realPath(status.value.supervisor.configPath) === realPath(path);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
