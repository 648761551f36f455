/** Runs the command line in this process, with its output captured. */

import type { CommandContext } from "../../src/commands/context.js";
import { runCommandLine } from "../../src/commands/program.js";

export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function cli(
  argv: readonly string[],
  env: NodeJS.ProcessEnv = {},
  stdin: NodeJS.ReadStream = process.stdin,
): Promise<CliRun> {
  const run = startCli(argv, env, stdin);
  return { code: await run.ended, ...run.output() };
}

const readers: AbortController[] = [];
afterEach(() => {
  for (const reader of readers.splice(0)) reader.abort();
});

/** For verbs that go on until nobody reads them any more. */
export function startCli(
  argv: readonly string[],
  env: NodeJS.ProcessEnv = {},
  stdin: NodeJS.ReadStream = process.stdin,
) {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const listeners: (() => void)[] = [];
  const reader = new AbortController();
  readers.push(reader);
  const context: CommandContext = {
    stdout: {
      write(text) {
        stdout.push(text);
        for (const listener of listeners) listener();
      },
    },
    stderr: { write: (text) => stderr.push(text) },
    stdin,
    env: { PATH: process.env.PATH, ...env },
    version: "0.1.0",
    readerGone: reader.signal,
  };
  const output = () => ({ stdout: stdout.join(""), stderr: stderr.join("") });
  return {
    ended: runCommandLine(argv, context),
    output,
    stopReading: () => reader.abort(),
    /** Resolves when `text` has been written. */
    written: (text: string) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (output().stdout.includes(text)) resolve();
        };
        listeners.push(look);
        look();
      }),
  };
}
