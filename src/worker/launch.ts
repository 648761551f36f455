/**
 * Starts a program through dslrs-shim, apart from this process: own session, no pipe, so that it outlives the supervisor.
 * Adopts what an earlier supervisor started. For workers, the router and simulated cameras alike.
 */

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { CONTROL_SOCKET, EXIT_FILE, PROCESS_FILE, type ProcessFile, readExitFile, readProcessFile } from "./bundle.js";
import { thaw } from "./cgroup.js";
import { watchDirectory } from "./directory-watch.js";
import { isAlive } from "./identity.js";
import { type PreparedLimits, unlimited } from "./limits.js";
import { abortProcess, type Ending, killSession, signalProcess, terminateProcess, within } from "./terminate.js";
import type { ProcessIdentity, WorkerExit } from "./worker.js";

/** The shim needs a few milliseconds; on a machine that swaps, seconds. */
const STARTED_MS = 5000;
/** The shim writes down an end within milliseconds; one that does not is stuck, and nobody waits for it for ever. */
const REPORTED_MS = 1000;

export interface DetachedProgram {
  readonly shim: string;
  /** Made if it is missing. */
  readonly bundle: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly limits?: PreparedLimits;
}

/** A program running beside a shim. */
export interface Process {
  readonly identity: ProcessIdentity;
  /** ms since 1970 */
  readonly startedAt: number;
  readonly limits: PreparedLimits;
  /** Resolves once, when the process is gone; what it left behind in its session is killed then. Never after `detach`. */
  readonly exited: Promise<WorkerExit>;
  /** Looks at once whether it still lives: something hints that it does not. */
  check(): void;
  /**
   * Asks for an orderly end where `ask` is given, then SIGTERM to its group, then SIGKILL. Resolves when it is gone. May be
   * called again: the shorter grace counts.
   */
  terminate(graceMs: number, ask?: () => Promise<boolean>): Promise<void>;
  /** SIGABRT to the process, then SIGKILL to its group. Cuts short an end that is under way. */
  abort(graceMs: number): Promise<void>;
  /** Nothing is watched any more; the process goes on. */
  detach(): void;
}

/** Nothing was started, or it ended before it was a process of its own. */
export class LaunchFailed extends Error {
  constructor(
    message: string,
    /** How the shim saw it end, if it got so far. */
    readonly exit?: WorkerExit,
  ) {
    super(message);
    this.name = "LaunchFailed";
  }
}

/** Rejects with LaunchFailed. */
export async function launchDetached(program: DetachedProgram): Promise<Process> {
  const { bundle, limits = unlimited() } = program;
  makeBundle(bundle);
  const child = execa(program.shim, shimArguments(program, limits), {
    detached: true,
    cleanup: false,
    stdio: "ignore",
    extendEnv: false,
    env: minimalEnvironment(process.env),
    reject: false,
  });
  child.unref();
  const file = await started(bundle, child);
  const watched = watchProcess(bundle, file, limits);
  child.once("exit", watched.check);
  return watched;
}

/** The living process of a bundle. `undefined`: the bundle is stale or empty. */
export function adoptDetached(
  bundle: string,
  limitsOf: (pid: number) => PreparedLimits = unlimited,
): Process | undefined {
  const file = readProcessFile(bundle);
  if (!file || !isAlive(file.command)) return undefined;
  return watchProcess(bundle, file, limitsOf(file.command.pid));
}

/** Whether `adoptDetached` would find a process. */
export function livesIn(bundle: string): boolean {
  const file = readProcessFile(bundle);
  return file !== undefined && isAlive(file.command);
}

/** Two processes in one bundle would fight for its sockets, and for the camera. */
function makeBundle(bundle: string): void {
  if (livesIn(bundle)) throw new LaunchFailed(`a process still runs in ${bundle}`);
  try {
    mkdirSync(bundle, { recursive: true, mode: 0o700 });
    for (const name of [PROCESS_FILE, EXIT_FILE, CONTROL_SOCKET]) rmSync(join(bundle, name), { force: true });
  } catch (problem) {
    throw new LaunchFailed(`the bundle cannot be used: ${(problem as Error).message}`);
  }
}

function shimArguments({ bundle, command, args }: DetachedProgram, limits: PreparedLimits): string[] {
  return ["--bundle", bundle, ...limits.shimArguments, "--", command, ...args];
}

/**
 * Nothing of the supervisor's environment is a worker's business except where to find programs and plugins; secrets may be in the rest.
 * The language is fixed, because messages of GStreamer and the system are read by programs.
 */
function minimalEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => /^(PATH|HOME|TZ|GST_.*|DSLRS_TEST_.*)$/.test(name));
  return { ...Object.fromEntries(kept), LANG: "C.UTF-8" };
}

interface Child extends PromiseLike<{ readonly exitCode?: number | undefined; readonly message?: string | undefined }> {
  readonly pid?: number | undefined;
}

async function started(bundle: string, child: Child): Promise<ProcessFile> {
  let stop = () => {};
  let shimEnded = false;
  const found = new Promise<void>((resolve) => {
    const look = () => {
      if (readProcessFile(bundle)) resolve();
    };
    stop = watchDirectory(bundle, look);
    look();
    child.then(() => {
      shimEnded = true;
      resolve();
    }, resolve);
  });
  await within(found, STARTED_MS);
  stop();
  const file = readProcessFile(bundle);
  if (file) return file;
  if (!shimEnded && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  throw await launchFailure(bundle, child);
}

async function launchFailure(bundle: string, child: Child): Promise<LaunchFailed> {
  const { exitCode, message } = await child;
  const exit = readExitFile(bundle);
  if (exit) return new LaunchFailed(`the program could not be started (code ${exit.code})`, exit);
  return new LaunchFailed(
    exitCode === undefined ? (message ?? "the shim did not start") : `the shim ended with ${exitCode}`,
  );
}

function watchProcess(bundle: string, file: ProcessFile, limits: PreparedLimits): Process {
  const { command, shim } = file;
  let settle: (exit: WorkerExit) => void = () => undefined;
  const exited = new Promise<WorkerExit>((resolve) => {
    settle = resolve;
  });
  const hurry = new AbortController();
  let ending: Promise<void> | undefined;
  let overdue: NodeJS.Timeout | undefined;
  let isWatched = true;

  function check() {
    if (!isWatched || isAlive(command)) return;
    const exit = exitOf(bundle, file);
    if (exit) finish(exit);
    else overdue ??= setTimeout(giveUpOnShim, REPORTED_MS);
  }

  function giveUpOnShim() {
    signalProcess(shim, "SIGKILL");
    finish(exitOf(bundle, file) ?? unseenExit());
  }

  function finish(exit: WorkerExit) {
    stopWatching();
    settle(exit);
    // Reads all of /proc: what comes of the exit does not wait for it.
    setImmediate(() => killSession(shim));
    limits.release();
  }

  const closeWatch = watchDirectory(bundle, (name) => {
    if (name === undefined || name === EXIT_FILE) check();
  });
  const stopWatching = () => {
    isWatched = false;
    clearTimeout(overdue);
    closeWatch();
  };
  check();

  /** The first way counts; of every later one only its grace, where that is shorter. */
  function end(graceMs: number, begin: (how: Ending) => Promise<void>): Promise<void> {
    const timer = ending === undefined ? undefined : setTimeout(() => hurry.abort(), graceMs);
    ending ??= begin({
      identity: command,
      gone: exited,
      graceMs,
      look: check,
      thaw: () => thaw(command.pid),
      hurry: hurry.signal,
    });
    return ending.finally(() => clearTimeout(timer));
  }

  return {
    identity: command,
    startedAt: file.startedAt,
    limits,
    exited,
    check,
    terminate: (graceMs, ask = async () => false) => end(graceMs, (how) => terminateProcess({ ...how, ask })),
    abort: (graceMs) => end(graceMs, abortProcess),
    detach: stopWatching,
  };
}

/** `undefined`: the shim still lives, and is about to write it down. */
function exitOf(bundle: string, { command, shim }: ProcessFile): WorkerExit | undefined {
  // Asked before the file is read: a shim that writes it and ends in between has told all the same.
  const mayStillWrite = isAlive(shim);
  const written = readExitFile(bundle);
  if (written && written.pid === command.pid) {
    const { code, signal, oomKills, endedAt } = written;
    return { code, signal, oomKills, endedAt };
  }
  return mayStillWrite ? undefined : unseenExit();
}

function unseenExit(): WorkerExit {
  return { code: null, signal: null, oomKills: 0, endedAt: Date.now() };
}
