/** What every command gets and gives. */

import type { ClientFailure, InstanceAddress } from "../report/client.js";
import { DEFAULT_INSTANCE, runtimeDirectory } from "../report/instance.js";
import { type Output, paintFor } from "../report/terminal.js";

/** 0: done, 1: failed, 2: wrong usage or an invalid config. */
export type ExitCode = 0 | 1 | 2;

export interface CommandContext {
  readonly stdout: Output;
  readonly stderr: Output;
  /** A terminal, or where a password is piped from. */
  readonly stdin: NodeJS.ReadStream;
  readonly env: NodeJS.ProcessEnv;
  /** Of dslrs. */
  readonly version: string;
  /** Aborted when nobody reads `stdout` any more. */
  readonly readerGone: AbortSignal;
}

/** Valid before and after every verb. */
export interface GlobalOptions {
  readonly instance?: string;
  readonly runtimeDir?: string;
}

/** `configInstance`: what the config of the command says, where the command has one. */
export function addressOf(context: CommandContext, options: GlobalOptions, configInstance?: string): InstanceAddress {
  return {
    runtimeDir: runtimeDirectory(options.runtimeDir, context.env),
    instance: options.instance ?? configInstance ?? DEFAULT_INSTANCE,
  };
}

/** Says what went wrong and what to do about it; returns the exit code. */
export function fail(
  context: CommandContext,
  message: string,
  hint: string | null = null,
  code: ExitCode = 1,
): ExitCode {
  const paint = paintFor(context.stderr, context.env);
  context.stderr.write(`${paint("red", "dslrs:")} ${message}\n${hint === null ? "" : `  ${hint}\n`}`);
  return code;
}

export function failedAnswer(context: CommandContext, failure: ClientFailure): ExitCode {
  return fail(context, failure.message, failure.hint);
}
