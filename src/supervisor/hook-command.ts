/** Runs the command after a recording: without a shell, in a group of its own, nicely, and not for ever. */

import { setPriority } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import type { HookCommand } from "../config/model.js";
import { within } from "../worker/terminate.js";

export interface HookRun {
  /** Why it failed; `null`: it did not. */
  readonly failure: Promise<string | null>;
  /** Cuts it short. */
  end(): void;
}

const LIMIT_MS = 60_000;
const TERM_GRACE_MS = 500;
const NICENESS = 10;
/** Of what it wrote last. */
const LONGEST_TAIL = 2_048;
/** Last words may still be in the pipe when it has ended; a child of its own may hold that open for ever. */
const LAST_WORDS_MS = 100;

/** Whoever writes without end waits for its pipe, and keeps nobody busy. */
const READ_EVERY_MS = 10;

/** Nothing else of the supervisor's environment is its business: secrets may be in it. */
const PASSED_ON = ["PATH", "HOME", "LANG"] as const;

export function runHook({ argv, directory }: HookCommand, about: Readonly<Record<string, string>>): HookRun {
  const [file = "", ...args] = argv;
  const child = execa(file, args, {
    cwd: directory,
    env: { ...passedOn(process.env), ...about },
    extendEnv: false,
    detached: true,
    cleanup: false,
    stdio: ["ignore", "ignore", "pipe"],
    buffer: false,
    reject: false,
  });
  const { pid } = child;
  if (pid === undefined)
    return { failure: child.then(({ shortMessage }) => shortMessage ?? "it could not be started"), end() {} };
  beNice(pid);
  const tail = tailOf(child.stderr);
  let cut: string | null = null;
  const exited = new Promise<string | null>((resolve) => {
    child.once("exit", (code, signal) => resolve(code === 0 ? null : endText(code, signal)));
  });

  async function cutShort(group: number, why: string): Promise<void> {
    if (cut !== null) return;
    cut = why;
    signalGroup(group, "SIGTERM");
    await within(exited, TERM_GRACE_MS);
    // Also of one that ended: what it started goes with it.
    signalGroup(group, "SIGKILL");
  }

  const limit = setTimeout(() => void cutShort(pid, `it was ended after ${LIMIT_MS / 1000} s`), LIMIT_MS);
  async function finish(): Promise<string | null> {
    const ending = await exited;
    clearTimeout(limit);
    if (cut === null && ending === null) return null;
    await Promise.race([tail.ended, delay(LAST_WORDS_MS)]);
    const words = tail.lastLine();
    return `${cut ?? ending}${words === "" ? "" : `: ${words}`}`;
  }
  return { failure: finish().finally(() => child.stderr?.destroy()), end: () => void cutShort(pid, "dslrs stops") };
}

function passedOn(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(PASSED_ON.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

function beNice(pid: number): void {
  try {
    setPriority(pid, NICENESS);
  } catch {
    // It has ended already.
  }
}

function tailOf(stream: NodeJS.ReadableStream | null | undefined): { ended: Promise<void>; lastLine(): string } {
  let text = "";
  const ended = new Promise<void>((resolve) => {
    stream?.on("data", (chunk: Buffer) => {
      text = (text + chunk.toString("utf8")).slice(-LONGEST_TAIL);
      stream.pause();
      setTimeout(() => stream.resume(), READ_EVERY_MS).unref();
    });
    stream?.on("error", () => resolve());
    stream?.on("end", () => resolve());
  });
  return { ended, lastLine: () => text.trimEnd().split("\n").at(-1)?.trim() ?? "" };
}

function endText(code: number | null, signal: string | null): string {
  return signal === null ? `it ended with code ${code}` : `it was killed by ${signal}`;
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody is left in it.
  }
}
