/**
 * Keeps one helper process (the router, a simulated camera) running: adopts the living one where it does what is wanted, else starts
 * one; starts it again when it ends. These have no media life of their own, so a delay that doubles is all their policy.
 */

import { mkdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { reachableSocketPath } from "../report/socket-path.js";
import { adoptDetached, LaunchFailed, launchDetached, type Process } from "../worker/launch.js";
import type { WorkerExit } from "../worker/worker.js";
import { notWritten, readText, writeAtomically } from "./files.js";
import type { Clock } from "./stream.js";

export interface KeeperParts {
  readonly shim: string;
  readonly bundle: string;
  readonly command: string;
  readonly args: readonly string[];
  /** What the process reads: the text of `<bundle>/spec.json`. */
  readonly spec: string;
  /** Whether a living process that was started with the spec `running` may stay. */
  readonly fits: (running: string) => boolean;
  readonly clock: Clock;
  /** It ended by itself and is started again after `retryMs`. `exit` is missing where it could not be started. */
  readonly onExit: (exit: WorkerExit | undefined, retryMs: number) => void;
  /** It lives and does not answer, so it is ended. Left out: it may be as silent as it likes. */
  readonly onHang?: () => void;
}

/** `problem`: what kept it from being started. */
export type Started =
  | { readonly ok: true }
  | { readonly ok: false; readonly exit: WorkerExit | undefined; readonly problem?: string };

export interface Keeper {
  /** Of the living process, from its first answer on. */
  pid(): number | null;
  /** Processes started after the first. */
  restarts(): number;
  /** Resolves when the process answers on its control socket, or when the first attempt failed; then it is tried again. */
  start(): Promise<Started>;
  /** For a process that notices a new spec by itself. Returns why it could not be written; a process started later has it. */
  rewrite(spec: string): string | undefined;
  /** Ends the process and does not start it again. */
  stop(graceMs: number): Promise<void>;
}

const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 10_000;
/** A process that lived so long did not fail at its start. */
const HEALTHY_MS = 10_000;
const READY_MS = 3_000;
const READY_POLL_MS = 20;
const REPLACE_GRACE_MS = 1_000;
const ASK_EVERY_MS = 3_000;
const ANSWER_MS = 2_000;
/** One may be the fault of a machine that is busy or was asleep. */
const LONGEST_SILENCE = 2;

export function createKeeper(parts: KeeperParts): Keeper {
  const { bundle, clock, shim, command, args } = parts;
  const specPath = join(bundle, "spec.json");
  const socket = join(bundle, "control.sock");
  let spec = parts.spec;
  let running: Process | undefined;
  let hasAnswered = false;
  let beginning: Promise<Started> | undefined;
  let isWanted = false;
  let starts = 0;
  let failures = 0;
  let cancelRetry = () => {};
  let cancelAsking = () => {};

  async function begin(): Promise<Started> {
    starts += 1;
    try {
      const mine = (await adoptFitting()) ?? (await launch());
      running = mine;
      hasAnswered = false;
      mine.exited.then((exit) => ended(mine, exit)).catch(() => ended(mine, undefined));
      const exit = await readyOrExited(mine, socket, clock);
      if (running === mine) hasAnswered = exit === undefined;
      if (parts.onHang) askAgain(mine, 0, parts.onHang);
      return exit ? { ok: false, exit } : { ok: true };
    } catch (error) {
      const exit = error instanceof LaunchFailed ? error.exit : undefined;
      ended(undefined, exit);
      const isOfFile = (error as NodeJS.ErrnoException).code !== undefined;
      return { ok: false, exit, ...(isOfFile && { problem: notWritten(bundle, error) }) };
    }
  }

  function writeSpec(): string | undefined {
    try {
      writeAtomically(specPath, spec);
      return undefined;
    } catch (error) {
      return notWritten(specPath, error);
    }
  }

  async function adoptFitting(): Promise<Process | undefined> {
    const living = adoptDetached(bundle);
    const before = readText(specPath);
    if (living && (before === undefined || !parts.fits(before))) {
      await living.terminate(REPLACE_GRACE_MS);
      return undefined;
    }
    // Where that fails it stays what it was until the next rewrite: no reason to end it.
    if (living && before !== spec) writeSpec();
    return living;
  }

  function launch(): Promise<Process> {
    mkdirSync(bundle, { recursive: true, mode: 0o700 });
    rmSync(socket, { force: true });
    writeAtomically(specPath, spec);
    return launchDetached({ shim, bundle, command, args });
  }

  /** Asks `mine` until it ended, was stopped, or stayed silent too often. */
  function askAgain(mine: Process, silences: number, onHang: () => void): void {
    if (mine !== running || !isWanted) return;
    if (silences === LONGEST_SILENCE) {
      onHang();
      void mine.terminate(0);
      return;
    }
    cancelAsking = clock.after(ASK_EVERY_MS, async () => {
      const isAlive = await answers(socket, clock);
      askAgain(mine, isAlive ? 0 : silences + 1, onHang);
    });
  }

  function ended(process: Process | undefined, exit: WorkerExit | undefined): void {
    if (process !== running) return;
    running = undefined;
    cancelAsking();
    if (!isWanted) return;
    const lived = process ? clock.now() - process.startedAt : 0;
    failures = lived >= HEALTHY_MS ? 1 : failures + 1;
    const retryMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1));
    parts.onExit(exit, retryMs);
    cancelRetry = clock.after(retryMs, () => {
      beginning = begin();
    });
  }

  return {
    pid: () => (hasAnswered ? (running?.identity.pid ?? null) : null),
    restarts: () => Math.max(0, starts - 1),
    start() {
      isWanted = true;
      beginning = begin();
      return beginning;
    },
    rewrite(text) {
      spec = text;
      return writeSpec();
    },
    async stop(graceMs) {
      isWanted = false;
      cancelRetry();
      cancelAsking();
      await beginning;
      await running?.terminate(graceMs);
    },
  };
}

/** For a sentence about what ended. */
export function endText({ signal, code }: WorkerExit): string {
  return signal ?? (code === null ? "nobody saw how" : `code ${code}`);
}

/** Resolves with the exit of a process that ended before it took a connection. */
async function readyOrExited(process: Process, socket: string, clock: Clock): Promise<WorkerExit | undefined> {
  let isOver = false;
  const exited = process.exited.then((exit) => {
    isOver = true;
    return exit;
  });
  const ready = async () => {
    const deadline = performance.now() + READY_MS;
    while (!isOver && performance.now() < deadline && !(await answers(socket, clock))) {
      await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
    }
    return isOver ? exited : undefined;
  };
  return Promise.race([exited, ready()]);
}

/** A frozen process takes connections all the same: only words count. An epoch of 0 takes nobody's place. */
function answers(path: string, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const reachable = reachableSocketPath(path);
    const socket = connect(reachable.path, () => socket.write('{"type":"hello","protocol":1,"epoch":0}\n'));
    const finish = (isAnswered: boolean) => {
      cancel();
      socket.destroy();
      reachable.release();
      resolve(isAnswered);
    };
    const cancel = clock.after(ANSWER_MS, () => finish(false));
    socket.once("data", () => finish(true));
    socket.once("error", () => finish(false));
    socket.once("end", () => finish(false));
  });
}
