/** `dslrs up CONFIG`: runs a supervisor in the foreground. */

import { resolve } from "node:path";
import { createLog } from "../report/log.js";
import { runSupervisor } from "../supervisor/run.js";
import { addressOf, type CommandContext, fail, type GlobalOptions } from "./context.js";

export async function up(context: CommandContext, config: string, options: GlobalOptions): Promise<number> {
  const { env, stdout: output, version } = context;
  return runSupervisor({
    configPath: resolve(config),
    ...(options.instance === undefined ? {} : { instance: options.instance }),
    runtimeDir: addressOf(context, options).runtimeDir,
    version,
    openLog: (directory) => createLog({ directory, output, level: (env.DSLRS_DEBUG ?? "") === "" ? "info" : "debug" }),
    complain: (message, hint) => fail(context, message, hint),
  });
}
