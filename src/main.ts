/** argv in, exit code out: the place where the real terminal, environment and process are wired to the commands. */

import { readFileSync } from "node:fs";
import { runCommandLine } from "./commands/program.js";

const readerGone = new AbortController();
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  readerGone.abort();
});
process.stderr.on("error", () => undefined);

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

/** Compiled, this file is `dist/src/main.js`. */
function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return (manifest as { version: string }).version;
}
