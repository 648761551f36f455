/** argv in, exit code out: the place where the real terminal, environment and process are wired to the commands. */

import { readFileSync } from "node:fs";
import { runCommandLine } from "./commands/program.js";

// A reader that went away, a terminal that was closed, a file on a full disk: nothing of that may end a supervisor.
const readerGone = new AbortController();
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (readerGone.signal.aborted) return;
  readerGone.abort(error);
  if (isLoss(error)) process.stderr.write(`dslrs: nothing more can be printed: ${error.message}\n`);
});
process.stderr.on("error", () => undefined);
process.once("exit", (code) => {
  if (code === 0 && isLoss(readerGone.signal.reason)) process.exitCode = 1;
});

try {
  const { stdin, stdout, stderr, env } = process;
  const context = { stdin, stdout, stderr, env, version: packageVersion(), readerGone: readerGone.signal };
  process.exitCode = await runCommandLine(process.argv.slice(2), context);
} catch (error) {
  const isDebugging = (process.env.DSLRS_DEBUG ?? "") !== "";
  const text = error instanceof Error ? ((isDebugging ? error.stack : undefined) ?? error.message) : String(error);
  process.stderr.write(`dslrs: internal error: ${text}\n${isDebugging ? "" : "  DSLRS_DEBUG=1 shows where.\n"}`);
  process.exitCode = 1;
}

/** Somebody still wants what could not be printed. */
function isLoss(error: NodeJS.ErrnoException | undefined): boolean {
  return error !== undefined && error.code !== "EPIPE" && error.code !== "EIO";
}

/** Compiled, this file is `dist/src/main.js`. */
function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return (manifest as { version: string }).version;
}
