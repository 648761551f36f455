/** A `dslrs-worker` process: its control socket, its log and its end, as one sequence of events. */

import { createEventQueue } from "./event-queue.js";
import { asLoginMissing, explainFailure, isVague } from "./explain.js";
import { failureFromExit, failureFromWorker } from "./failures.js";
import { isAlive } from "./identity.js";
import type { Process } from "./launch.js";
import { createPatience } from "./patience.js";
import { type ControlEvent, connectControl } from "./protocol.js";
import { logEvent, pictureFromWire, reportFromWire, type Translation } from "./reports.js";
import { followFile, type TailStart } from "./tail.js";
import { within } from "./terminate.js";
import { createViewerList } from "./viewer-list.js";
import { readWireLine, type WireFailure, type WireReport, type WireViewers } from "./wire.js";
import type { SourceOrder, Worker, WorkerEvent, WorkerExit, WorkerListener } from "./worker.js";

/** Listening takes a new worker 20 ms, answering an old one less. */
const CONNECT_MS = 500;

export interface MediaWorkerOptions {
  readonly process: Process;
  readonly bundle: string;
  readonly epoch: number;
  readonly log: { readonly path: string; readonly from: TailStart };
  readonly listener: WorkerListener;
}

export function mediaWorker({ process, bundle, epoch, log, listener }: MediaWorkerOptions): Worker {
  const events = createEventQueue<WorkerEvent>(listener);
  let source: SourceOrder | undefined;
  /** The ingest that had video. */
  let lifeSeen: number | undefined;
  let terminating = false;
  let connected = () => {};
  const firstConnection = new Promise<void>((resolve) => {
    connected = resolve;
  });

  const translation: Translation = {
    ofIngest: (failure: WireFailure) => failureFromWorker(failure, source?.kind ?? "unknown"),
    ofOutput: (failure: WireFailure) => failureFromWorker(failure, "output"),
  };
  const tail = followFile({ ...log, onLine: (line) => events.push(eventOfLine(line)) });
  const control = connectControl({
    bundle,
    epoch,
    isAlive: () => isAlive(process.identity),
    patience: createPatience(process.identity.pid),
    note: (level, message) => events.push(logEvent(level, message)),
    onEvent: onControl,
  });

  const viewers = createViewerList(control.send);

  function onControl(event: ControlEvent) {
    switch (event.type) {
      case "connected":
        connected();
        if (event.ready.ingest.state === "up") lifeSeen = event.ready.ingest.life;
        return events.push({ type: "connected", ...pictureFromWire(event.ready, translation) });
      case "report":
        return event.report.type === "viewers" ? viewers.see(event.report) : events.push(understand(event.report));
      case "unresponsive":
        return terminating ? undefined : events.push(event);
      case "closed":
        return process.check();
    }
  }

  function understand(report: Exclude<WireReport, WireViewers>): WorkerEvent | Promise<WorkerEvent> {
    const event = { type: "report", report: reportFromWire(report, translation) } as const;
    if (report.type === "ingestUp") lifeSeen = report.life;
    if (event.report.type !== "ingestDown" || source?.kind !== "rtsp") return event;
    const { uri, tls, user } = source;
    const hasCredentials = user !== undefined;
    const down = hasCredentials ? event.report : { ...event.report, failure: asLoginMissing(event.report.failure) };
    // An interruption is not held up: the next attempt, which follows at once, tells why.
    if (!isVague(down.failure) || down.life === lifeSeen) {
      return { type: "report", report: down };
    }
    return explainFailure(down.failure, { uri, tls, hasCredentials }).then((failure) => ({
      type: "report",
      report: { ...down, failure },
    }));
  }

  async function onExit(exit: WorkerExit) {
    await control.finish();
    control.close();
    tail.drain();
    tail.close();
    const end = { exit, program: "worker", limits: process.limits.applied, lastLines: tail.lastLines() } as const;
    events.end(() => ({ type: "exited", exit, failure: failureFromExit(end) }));
  }

  /** A worker that was just adopted is asked as soon as it is connected. */
  async function askToStop(): Promise<boolean> {
    await within(firstConnection, CONNECT_MS);
    return accepted(control.send({ type: "stop" }));
  }

  void process.exited.then(onExit);
  setImmediate(events.open);
  return {
    identity: process.identity,
    startedAt: process.startedAt,
    get limits() {
      return process.limits.applied;
    },
    send(order) {
      if (order.type === "startIngest") source = order.source;
      return control.send(order);
    },
    viewers: viewers.ask,
    setLimits: async (limits) => process.limits.set(limits),
    terminate(graceMs) {
      terminating = true;
      return process.terminate(graceMs, askToStop);
    },
    abort(graceMs) {
      terminating = true;
      return process.abort(graceMs);
    },
    detach() {
      events.close();
      control.close();
      tail.close();
      process.detach();
    },
  };
}

function accepted(order: Promise<void>): Promise<boolean> {
  return order.then(
    () => true,
    () => false,
  );
}

/** Without a supervisor the worker writes its `log` reports to its log. */
function eventOfLine(line: string): WorkerEvent {
  const reading = line.startsWith("{") ? readWireLine(line) : undefined;
  if (reading?.is === "message" && reading.message.type === "log") return { type: "report", report: reading.message };
  return { type: "output", line };
}
