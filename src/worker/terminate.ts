/**
 * Ends a process: it is asked first, then told (SIGTERM to its group), then killed. One that hangs is aborted, then killed. Each signal
 * goes out only after a look whether the pid is still that process.
 */

import { spawnSync } from "node:child_process";
import treeKill from "tree-kill";
import { isAlive, membersOfSession, readStat, statOf } from "./identity.js";
import type { ProcessIdentity } from "./worker.js";

/** Enough to close files; whoever needs longer is stuck. */
const TERM_GRACE_MS = 700;
/** SIGKILL works at once, except in uninterruptible sleep (a dead NFS mount). */
const KILL_GRACE_MS = 1000;

/** What both ways to end a process need. */
export interface Ending {
  readonly identity: ProcessIdentity;
  /** Resolves when the process is gone. */
  readonly gone: Promise<unknown>;
  /** How long it may take to end by itself; 0: it is killed at once. */
  readonly graceMs: number;
  /** Finds out whether it is gone, where nothing else tells. */
  look(): void;
  /** A frozen process takes no signals, not even SIGKILL. */
  thaw(): void;
  /** Cuts all waiting short. */
  readonly hurry: AbortSignal;
}

export interface Termination extends Ending {
  /** Asks for an orderly end. `false`: it could not be asked. */
  ask(): Promise<boolean>;
}

export async function terminateProcess(termination: Termination): Promise<void> {
  const { identity, gone, hurry } = termination;
  termination.thaw();
  if (termination.graceMs > 0) {
    if (await endsInOrder(termination)) return;
    signalGroup(identity, "SIGTERM");
    if (await within(gone, TERM_GRACE_MS, hurry)) return;
  }
  await killProcess(termination);
}

/** SIGABRT tells the record of its end apart from every other; one that was stopped goes on for as long as that takes. */
export async function abortProcess(ending: Ending): Promise<void> {
  const { identity, gone, graceMs, hurry } = ending;
  ending.thaw();
  signalProcess(identity, "SIGABRT");
  signalProcess(identity, "SIGCONT");
  if (await within(gone, graceMs, hurry)) return;
  await killProcess(ending);
}

async function killProcess({ identity, gone, look }: Ending): Promise<void> {
  signalGroup(identity, "SIGKILL");
  if (await within(gone, KILL_GRACE_MS)) return;
  killTree(identity);
  look();
  await gone;
}

/** The time that asking takes counts: a hung worker does not even answer. */
async function endsInOrder({ ask, gone, graceMs, hurry }: Termination): Promise<boolean> {
  const refused = ask().then((asked) => (asked ? new Promise<never>(() => undefined) : "refused"));
  await within(Promise.race([refused, gone]), graceMs, hurry);
  return within(gone, 0);
}

/** Whether `done` resolves in time. */
export function within(done: Promise<unknown>, ms: number, hurry?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (inTime: boolean) => {
      clearTimeout(timer);
      hurry?.removeEventListener("abort", late);
      resolve(inTime);
    };
    const late = () => end(false);
    const timer = setTimeout(late, hurry?.aborted ? 0 : ms);
    hurry?.addEventListener("abort", late);
    done.then(
      () => end(true),
      () => end(true),
    );
  });
}

/** To the process alone. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (isAlive(identity)) kill(identity.pid, signal);
}

/** To the process and all that it started in its group. */
export function signalGroup(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  const stat = statOf(identity);
  if (stat) kill(stat.group === ownGroup() ? identity.pid : -stat.group, signal);
}

/** What a dead command left behind would go on using the camera and the files. */
export function killSession(leader: ProcessIdentity): void {
  for (const member of membersOfSession(leader)) {
    if (member.pid !== leader.pid) kill(member.pid, "SIGKILL");
  }
}

/** Last resort, for children that left the group. tree-kill runs `ps`, and dies of its absence. */
function killTree(identity: ProcessIdentity): void {
  const hasPs = spawnSync("ps", ["--version"], { stdio: "ignore" }).error === undefined;
  if (hasPs && isAlive(identity)) treeKill(identity.pid, "SIGKILL");
}

function ownGroup(): number | undefined {
  return readStat(process.pid)?.group;
}

function kill(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch {
    // It ended in between.
  }
}
