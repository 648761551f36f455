/** `dslrs passwd USER`: makes the hash of a password, and prints it as the config wants it or writes it there. */

import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { setUser } from "../config/edit.js";
import { addressOf, type CommandContext, type ExitCode, fail, type GlobalOptions } from "./context.js";
import { editFile } from "./editing.js";
import { nameProblem } from "./names.js";
import { askPassword } from "./password.js";

export interface PasswdOptions extends GlobalOptions {
  readonly config?: string;
}

/** As in workers/worker/access.h. */
const REALM = "dslrs";

export async function passwd(context: CommandContext, user: string, options: PasswdOptions): Promise<ExitCode> {
  const problem = nameProblem(user, "user");
  if (problem !== undefined) return fail(context, problem, null, 2);
  const asked = await askPassword(context, `Password for ${user}: `);
  if ("problem" in asked) return fail(context, asked.problem, null, 2);
  const hash = createHash("md5").update(`${user}:${REALM}:${asked.password}`).digest("hex");
  if (options.config === undefined) {
    context.stdout.write(`users:\n  ${user}: { hash: "${hash}" }\n`);
    return 0;
  }
  const target = { path: resolve(options.config), address: addressOf(context, options), isRunning: false };
  const code = await editFile(context, target, (text) => setUser(text, user, hash));
  if (code === 0) context.stdout.write(`The password of ${user} is written to ${target.path}.\n`);
  return code;
}
