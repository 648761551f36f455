/**
 * `dslrs-mend`: repairs recordings that were left behind and reads what is in finished ones. It is started when it is needed, is asked one
 * thing after the other, and ends when nothing was asked for a while.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface MediaFacts {
  readonly durationMs: number;
  readonly bytes: number;
  /** Of the video. */
  readonly frames: number;
  readonly keyframes: number;
  readonly encodings: readonly string[];
}

/** `busy`: somebody writes it. `noMedia`, `unknown`: there is nothing to show in it. `copy`: another file has it. `io`: it could not be read or written. */
export interface Refused {
  readonly ok: false;
  readonly why: "busy" | "noMedia" | "unknown" | "copy" | "io";
  readonly message: string;
}

/** `path`: its new name. */
export type Mended = ({ readonly ok: true; readonly path: string } & MediaFacts) | Refused;
export type Inspected = ({ readonly ok: true } & MediaFacts) | Refused;

export interface Mender {
  /** Repairs a file that was left behind and gives it its final name. */
  mend(path: string): Promise<Mended>;
  inspect(path: string): Promise<Inspected>;
  /** Answers under way are given up. */
  stop(): void;
}

export interface MenderParts {
  readonly program: string;
  readonly root: string;
}

const IDLE_MS = 5_000;
const FAILED = { ok: false, why: "io" } as const;
const REFUSALS = ["busy", "noMedia", "unknown", "copy", "io"] as const;

export function createMender({ program, root }: MenderParts): Mender {
  let running: Running | undefined;
  let isStopped = false;
  let last: Promise<unknown> = Promise.resolve();
  let idle: NodeJS.Timeout | undefined;

  async function answer(request: object): Promise<unknown> {
    clearTimeout(idle);
    if (isStopped) return { ...FAILED, message: "dslrs is going down" };
    running ??= start(program, () => {
      running = undefined;
    });
    const line = await running.ask(JSON.stringify(request));
    idle = setTimeout(rest, IDLE_MS).unref();
    return line;
  }

  function rest(): void {
    running?.end();
    running = undefined;
  }

  function ask(request: object): Promise<unknown> {
    const asked = last.then(() => answer({ ...request, root }));
    last = asked;
    return asked;
  }

  return {
    mend: async (path) => mendedOf(await ask({ do: "mend", path })),
    inspect: async (path) => inspectedOf(await ask({ do: "inspect", path })),
    stop() {
      isStopped = true;
      clearTimeout(idle);
      running?.kill();
    },
  };
}

interface Running {
  /** Resolves with what it answers, also when it ends instead. */
  ask(line: string): Promise<unknown>;
  end(): void;
  kill(): void;
}

function start(program: string, onEnd: () => void): Running {
  const child = spawn(program, [], { stdio: ["pipe", "pipe", "ignore"] });
  let resolveAnswer: ((answer: unknown) => void) | undefined;
  let whyGone: string | undefined;

  function give(answer: unknown): void {
    resolveAnswer?.(answer);
    resolveAnswer = undefined;
  }

  function gone(why: string): void {
    whyGone ??= why;
    give({ ...FAILED, message: whyGone });
    onEnd();
  }

  createInterface({ input: child.stdout }).on("line", (line) => give(parseJson(line)));
  child.stdin.on("error", () => {}); // it ended, which is told below
  child.once("error", (error) => gone(`dslrs-mend cannot be run: ${error.message}`));
  child.once("close", (code, signal) => gone(`dslrs-mend ended (${signal ?? `code ${code}`})`));
  return {
    ask: (line) =>
      new Promise((resolve) => {
        resolveAnswer = resolve;
        if (whyGone === undefined) child.stdin.write(`${line}\n`);
        else give({ ...FAILED, message: whyGone });
      }),
    end: () => endInput(child),
    kill: () => void child.kill("SIGKILL"),
  };
}

function endInput(child: ChildProcess): void {
  child.stdin?.end();
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function mendedOf(answer: unknown): Mended {
  const read = inspectedOf(answer);
  if (!read.ok) return read;
  const { path } = answer as { path?: unknown };
  return typeof path === "string" ? { ...read, path } : { ...FAILED, message: "dslrs-mend gave no name" };
}

function inspectedOf(answer: unknown): Inspected {
  if (typeof answer !== "object" || answer === null) {
    return { ...FAILED, message: "dslrs-mend gave no answer that can be read" };
  }
  const { ok, why, message, durationMs, bytes, frames, keyframes, encodings } = answer as Record<string, unknown>;
  if (ok !== true) return { ok: false, why: REFUSALS.find((each) => each === why) ?? "io", message: String(message) };
  return {
    ok,
    durationMs: numberOf(durationMs),
    bytes: numberOf(bytes),
    frames: numberOf(frames),
    keyframes: numberOf(keyframes),
    encodings: Array.isArray(encodings) ? encodings.map(String) : [],
  };
}

function numberOf(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? Math.round(value) : 0;
}
