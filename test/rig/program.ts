/** The built `dslrs` as a process of its own, and what it prints. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type LogRecord, parseLogLine } from "../../src/report/log-line.js";

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface CommandRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Program {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout(): string;
  stderr(): string;
  /** Resolves with what `look` finds in all that was printed to standard output, now or later. */
  find<Found>(look: (stdout: string) => Found | undefined): Promise<Found>;
}

const MAIN = fileURLToPath(new URL("../../dist/src/main.js", import.meta.url));
/** The compiled benchmark lies one level deeper. */
const main = MAIN.replace("/dist/dist/", "/dist/");

/** It leads a process group, like a program that a shell started. */
export function startProgram(argv: readonly string[], cwd: string, env?: NodeJS.ProcessEnv): Program {
  const child = spawn(process.execPath, [main, ...argv], {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    ...(env === undefined ? {} : { env }),
  });
  const printed = { stdout: "", stderr: "" };
  const lookers = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    printed.stdout += chunk;
    for (const look of lookers) look();
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    printed.stderr += chunk;
  });
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal }));
  return {
    child,
    ended,
    stdout: () => printed.stdout,
    stderr: () => printed.stderr,
    find: (look) =>
      new Promise((resolve, reject) => {
        const again = () => {
          const found = look(printed.stdout);
          if (found !== undefined) resolve(found);
        };
        lookers.add(again);
        again();
        ended.then(() => reject(new Error(`it ended before it printed that: ${printed.stdout}${printed.stderr}`)));
      }),
  };
}

export function isRunning({ child }: Program): boolean {
  return child.exitCode === null && child.signalCode === null;
}

/** Lines that are no records of the log are left out. */
export function recordsOf(text: string): LogRecord[] {
  return text.split("\n").flatMap((line) => parseLogLine(line) ?? []);
}
