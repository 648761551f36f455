/**
 * A literal `command:` as a worker. It has no control socket: what gst-launch-1.0 prints is read as events; any other program, and
 * a quiet gst-launch, counts as up while it runs.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Failure } from "../failure.js";
import { createEventQueue } from "./event-queue.js";
import { explainFailure, isVague } from "./explain.js";
import { failureFromExit, failureFromWorker, failureOf } from "./failures.js";
import { createLaunchReader, isGstLaunch, type LaunchNews, tellsWhenItPlays } from "./gst-launch.js";
import { isAlive } from "./identity.js";
import type { Process } from "./launch.js";
import { logEvent } from "./reports.js";
import { followFile, type TailStart } from "./tail.js";
import { signalProcess } from "./terminate.js";
import {
  type IngestPicture,
  OrderRefused,
  type Worker,
  type WorkerEvent,
  type WorkerExit,
  type WorkerListener,
} from "./worker.js";

export interface CommandWorkerOptions {
  readonly process: Process;
  readonly bundle: string;
  readonly argv: readonly string[];
  readonly log: { readonly path: string; readonly from: TailStart };
  readonly listener: WorkerListener;
}

export function commandWorker({ process, bundle, argv, log, listener }: CommandWorkerOptions): Worker {
  const events = createEventQueue<WorkerEvent>(listener);
  const reader = isGstLaunch(argv) ? createLaunchReader() : undefined;
  const up = upMark(bundle, process);
  /** Each process is one life of the ingest; later ones need higher numbers. */
  const life = process.startedAt;
  let reported: Failure | undefined;
  let terminating = false;

  events.push({ type: "connected", ingest: picture(up.isSet() ? "up" : "starting", life), outputs: [] });
  if (!tellsWhenItPlays(argv) && !up.isSet()) goUp();

  const tail = followFile({
    ...log,
    onLine: (line) => events.push({ type: "output", line }),
    onRead: (line) => reader?.read(line).forEach(tell),
    // That it plays may have been among what nobody read, and is not said again.
    onLeap: () => void (up.isSet() || goUp()),
  });

  function goUp() {
    up.set();
    events.push({ type: "report", report: { type: "ingestUp", life, tracks: [] } });
  }

  /** The first failure is the cause; what gst-launch says after it are consequences. */
  function tell(news: LaunchNews) {
    if (news.type === "warned") return events.push(logEvent("warn", news.message));
    if (reported) return;
    switch (news.type) {
      case "playing":
        return up.isSet() ? undefined : goUp();
      case "endOfStream":
        return terminating
          ? events.push({ type: "report", report: { type: "ingestStopped", life } })
          : goDown(failureOf("endOfStream"));
      case "failed":
        return goDown(commandFailure(failureFromWorker(news.failure, "unknown")));
    }
  }

  function goDown(failure: Failure) {
    reported = failure;
    const down = (cause: Failure): WorkerEvent => {
      reported = cause;
      return { type: "report", report: { type: "ingestDown", life, failure: cause } };
    };
    const uri = /\brtsps?:\/\/[^\s"']+/.exec(argv.join(" "))?.[0];
    const isExplicable = uri !== undefined && isVague(failure);
    events.push(isExplicable ? explainFailure(failure, { uri, hasCredentials: true }).then(down) : down(failure));
  }

  function onExit(exit: WorkerExit) {
    tail.drain();
    tail.close();
    reader?.end().forEach(tell);
    const ended = { exit, program: "command", limits: process.limits.applied, lastLines: tail.lastLines() } as const;
    events.end(() => ({ type: "exited", exit, failure: failureFromExit({ ...ended, reported }) }));
  }

  void process.exited.then(onExit);
  setImmediate(events.open);
  return {
    identity: process.identity,
    startedAt: process.startedAt,
    get limits() {
      return process.limits.applied;
    },
    async send(order) {
      if (order.type !== "ping" || !isAlive(process.identity))
        throw new OrderRefused(order.type, "a command takes no orders");
    },
    viewers: async () => [],
    setLimits: async (limits) => process.limits.set(limits),
    terminate(graceMs) {
      terminating = true;
      return process.terminate(graceMs, async () => interrupt(process));
    },
    abort(graceMs) {
      terminating = true;
      return process.abort(graceMs);
    },
    detach() {
      events.close();
      tail.close();
      process.detach();
    },
  };
}

/** To the program alone: `gst-launch-1.0 -e` finishes its files at the first SIGINT and gives up at a second. */
function interrupt(process: Process): boolean {
  signalProcess(process.identity, "SIGINT");
  return true;
}

function picture(state: IngestPicture["state"], life: number): IngestPicture {
  return { state, life, tracks: [] };
}

/** Errors that say nothing of the camera are the command's. */
function commandFailure(failure: Failure): Failure {
  if (failure.class !== "internal" && failure.class !== "corruptMedia") return failure;
  return failureOf("commandFailed", { detail: failure.detail, message: "The command failed." });
}

/** Whether this very process was up once, also for a supervisor that did not see it. */
function upMark(bundle: string, { identity }: Process) {
  const path = join(bundle, "up");
  const mark = `${identity.pid} ${identity.startTime}`;
  return {
    isSet(): boolean {
      try {
        return readFileSync(path, "utf8") === mark;
      } catch {
        return false;
      }
    },
    set() {
      try {
        writeFileSync(path, mark, { mode: 0o600 });
      } catch {
        // A full disk: the next supervisor then waits for a sign of it again.
      }
    },
  };
}
