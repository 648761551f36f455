/**
 * The runtime around `next` for one stream: takes an event, asks `next`, performs the effects, posts what comes of them as events.
 * An exception in here fails this stream alone.
 */

import type { OutputConfig } from "../config/model.js";
import type { Failure } from "../failure.js";
import { next } from "../policy/lifecycle.js";
import { planStream } from "../policy/plan.js";
import { hostUri, streamPolicy, streamUri } from "../policy/spec.js";
import { type Effect, isConnected, type Occurrence, type Order, type StreamState } from "../policy/states.js";
import { common, initialState } from "../policy/transitions.js";
import type { StreamTally } from "../report/event.js";
import type { Log } from "../report/log.js";
import { failureOf } from "../worker/failures.js";
import type { Worker, WorkerEvent, Workers } from "../worker/worker.js";
import type { Accounts } from "./accounts.js";
import type { Admission } from "./admission.js";
import { createAttempts, type Logins } from "./attempts.js";
import type { RecordRequest, RecordResult } from "./control.js";
import { createEventRecorder } from "./event-recorder.js";
import type { History } from "./history.js";
import type { Hooks } from "./hooks.js";
import type { HostView } from "./host.js";
import type { Hosts } from "./hosts.js";
import { createLink, type Wanted } from "./link.js";
import { createNarrator } from "./narrator.js";
import { newsOf } from "./news.js";
import type { Origins } from "./origins.js";
import { createPicture, type Picture } from "./picture.js";
import { createReasonFile } from "./reason-file.js";
import { createRefusedLogins } from "./refused-logins.js";
import { createSpinWatch } from "./spin.js";
import { createTimers } from "./timers.js";
import { createViewers, type Viewers } from "./viewers.js";

export interface Clock {
  /** ms since 1970 */
  now(): number;
  /** Returns how to cancel it. */
  after(ms: number, run: () => void): () => void;
}

export interface StreamParts {
  readonly workers: Workers;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly admission: Admission;
  readonly hosts: Hosts;
  readonly accounts: Accounts;
  readonly history: History;
  readonly hooks: Pick<Hooks, "reported">;
  readonly origins: Origins;
  /** Absolute path of `streams/<name>`. */
  readonly bundle: string;
  readonly orphanGraceSeconds: number;
  /** The address of a mount, for people. */
  readonly urlOf: (mount: string) => string;
  /** Its worker was sent a wrong password from that address. */
  readonly onGuess: (address: string) => void;
  /** It is `stopped` or `paused` now: it has no worker and wants none. */
  readonly onAtRest: () => void;
}

/** A stream as `status` shows it. */
export interface StreamView {
  readonly wanted: Wanted;
  readonly state: StreamState;
  readonly since: number;
  /** When the failure of a recovering or holding stream happened. */
  readonly failedAt: number;
  readonly worker: Worker | undefined;
  /** Workers started after the first. */
  readonly restarts: number;
  readonly picture: Picture;
  /** Of its source, where that is on one. */
  readonly host: HostView | undefined;
  readonly tally: StreamTally;
}

export interface Stream {
  readonly name: string;
  order(order: Order): void;
  /** Another config for this stream: does what the difference needs, at once. */
  edit(wanted: Wanted): void;
  record(request: RecordRequest): Promise<RecordResult>;
  readonly viewers: Viewers;
  /** Another stream's worker was sent a wrong password from that address. */
  countGuess(address: string): void;
  /** How much CPU the process `pid` used lately. `at` in ms, never set back. */
  seeCpu(pid: number, percent: number, at: number): void;
  view(): StreamView;
  /** Lets go of the worker, which goes on. */
  detach(): void;
}

interface Posted {
  readonly occurrence: Occurrence;
  /** When what it tells of happened, where that is known. */
  readonly faultAt: number | undefined;
}

/** How long a stream rests whose step threw: long enough to read the log, short enough to matter little. */
const AFTER_EXCEPTION_MS = 30_000;

export function createStream(first: Wanted, parts: StreamParts): Stream {
  const { clock, log, bundle } = parts;
  const { name } = first.config;
  let wanted = first;
  let state: StreamState = initialState(programOf(wanted), streamPolicy(wanted.config));
  let since = clock.now();
  let failedAt = since;
  let launches = 0;
  let isDetached = false;
  let isBusy = false;
  const timers = createTimers(clock, (timer) => post({ type: "timerFired", timer }));
  const queue: Posted[] = [];
  const picture = createPicture();
  const spin = createSpinWatch();
  const reason = createReasonFile(bundle);
  const refusedLogins = createRefusedLogins({
    now: clock.now,
    onGuess: parts.onGuess,
    say(message, at, fields) {
      log.warn(message, fields);
      parts.history.note("loginRefused", message, at, fields);
    },
  });
  const { admission, hosts, accounts, origins } = parts;
  const attempts = createAttempts({ stream: name, admission, hosts, accounts, logins, origin, origins, post });
  const narrator = createNarrator(log, () => ({ wanted, tracks: picture.picture().tracks, urlOf: parts.urlOf }));

  const events = createEventRecorder({
    config: () => wanted.config,
    worker: () => (isConnected(state) ? link.worker() : undefined),
    onChange: () => isConnected(state) && link.sync(),
    clock,
  });

  const viewers = createViewers({
    stream: name,
    worker: () => (isConnected(state) ? link.worker() : undefined),
    note: (kind, message, fields) => parts.history.note(kind, message, clock.now(), fields),
  });

  const link = createLink({
    workers: parts.workers,
    bundle,
    orphanGraceSeconds: parts.orphanGraceSeconds,
    log,
    clock,
    wanted: wantedNow,
    onEvent: receive,
    onLaunchFailed: (worker, failure) => post({ type: "workerExited", worker, failure }),
    onLimitsRefused(why) {
      log.info(`A new worker takes over with the new limits: ${why}`);
      post({ type: "workerEdited", program: programOf(wanted) });
    },
    onIngestRefused: ({ worker, ingest }, failure) => post({ type: "ingestDown", worker, ingest, failure }),
    onOutputRefused: ({ id, kind }, failure) => outputFailed(id, kind, failure),
    onAdopted: events.adopted,
  });

  /** Beside the config, what somebody wants of it for a while. */
  function wantedNow(): Wanted {
    return { ...wanted, spec: events.wanted(wanted.spec) };
  }

  /** Events posted while one is being handled wait for their turn. */
  function post(occurrence: Occurrence, faultAt?: number): void {
    queue.push({ occurrence, faultAt });
    if (isBusy) return;
    isBusy = true;
    for (let turn = queue.shift(); turn && !isDetached; turn = queue.shift()) handle(turn);
    isBusy = false;
  }

  function handle({ occurrence, faultAt }: Posted): void {
    const before = state;
    const event = { ...occurrence, at: clock.now(), random: parts.random() };
    contain(() => {
      const step = next(before, event);
      enter(step.state, event.at);
      for (const effect of step.effects) perform(effect);
      tell(() => narrator.changed(before, state, event.at));
      tell(() => parts.history.changed(before, state, event, event.at, faultAt));
      if (isAtRest(state) && state.is !== before.is) parts.onAtRest();
      if (state.is !== before.is) origins.changed(name);
      if (givesPictures(state) && !givesPictures(before)) hosts.answered(streamUri(name));
    });
  }

  /** What can only be told wrong is no reason for an outage. */
  function tell(work: () => void): void {
    try {
      work();
    } catch (error) {
      log.error("What happened to this stream could not be told", { error: String(error) });
    }
  }

  function enter(after: StreamState, at: number): void {
    // A doubt that proved wrong began no new time of video.
    if (after.is !== state.is) since = after.is === "running" ? after.upAt : at;
    if ("failure" in after && !("failure" in state && state.failure === after.failure)) failedAt = at;
    state = after;
    reason.follow(state);
    followHost();
  }

  function logins(): Logins {
    const { config } = wanted;
    if (config.kind !== "media" || config.source.kind !== "rtsp") return { accounts: [], next: 0 };
    const { uri, credentials } = config.source;
    const names = credentials.map((credential) => accounts.nameOf(uri, credential));
    return { accounts: names, next: state.credential % Math.max(1, names.length) };
  }

  function origin(): string | undefined {
    const { config } = wanted;
    return config.kind === "media" && config.source.kind === "stream" ? config.source.from : undefined;
  }

  /** A host is asked for nobody's sake when its streams are at rest. */
  function followHost(): void {
    const { config } = wanted;
    attempts.follow(config.kind === "media" && !isAtRest(state) ? hostUri(config.source) : undefined);
  }

  function perform(effect: Effect): void {
    switch (effect.do) {
      case "launchWorker":
        launches += 1;
        link.launch(effect.worker);
        break;
      case "stopWorker":
        link.stop(effect).catch((error: unknown) => {
          log.error("The worker could not be ended", { error: String(error) });
        });
        break;
      case "syncWorker":
        link.sync();
        events.resume();
        break;
      case "startIngest":
        attempts.began();
        link.startIngest(effect);
        break;
      case "queueAttempt":
        attempts.queue(effect);
        break;
      case "leaveQueue":
        attempts.leaveQueue();
        break;
      case "probeSource":
        attempts.probe(effect.ingest);
        break;
      case "setTimer":
        timers.set(effect.timer, effect.ms);
        break;
      case "clearTimer":
        timers.clear(effect.timer);
        break;
    }
  }

  /** A bug in here is this stream's outage and nobody else's. */
  function contain(work: () => void): void {
    try {
      work();
    } catch (error) {
      failInternally(error, clock.now());
    }
  }

  function failInternally(error: unknown, at: number): void {
    const failure = failureOf("internal", { detail: String(error) });
    log.error("A step of this stream failed inside dslrs", { error: error instanceof Error ? error.stack : error });
    if (state.is === "stopping" || state.is === "stopped" || state.is === "paused") return;
    timers.clearAll();
    attempts.leaveQueue();
    const worker = link.worker() ? "connected" : "none";
    const until = { is: "time", at: at + AFTER_EXCEPTION_MS } as const;
    const reason = failure.message;
    enter({ ...common(state), is: "holding", worker, until, reason, failure }, at);
    timers.set("retry", AFTER_EXCEPTION_MS);
  }

  function receive(worker: number, event: WorkerEvent): void {
    if (isDetached || worker !== state.lives.worker) return;
    contain(() => {
      picture.see(event, clock.now());
      events.see(event);
      if (event.type === "report") {
        const { report } = event;
        tell(() => narrator.report(report));
        tell(() => parts.history.reported(report, clock.now()));
        tell(() => refusedLogins.see(report));
        parts.hooks.reported(name, report, clock.now());
      }
      if (event.type === "output") narrator.output(event.line);
      const news = newsOf(worker, event, link.compare);
      if (!news) return;
      attempts.see(news, state.lives.ingest);
      post(news, event.type === "exited" ? event.exit.endedAt : undefined);
    });
  }

  async function record(request: RecordRequest): Promise<RecordResult> {
    if (state.is === "paused") {
      return { ok: false, message: `${name} is paused.`, hint: `Let it go on with \`dslrs resume ${name}\`.` };
    }
    if (state.is === "stopped" || state.is === "stopping") return { ok: false, message: `${name} does not run.` };
    const result = await events.record(request, state.is !== "running" && state.is !== "suspect");
    if (result.ok) log.info(`Records an event, for ${Math.round(request.forMs / 1000)} s`);
    return result;
  }

  function edit(edited: Wanted): void {
    const steps = planStream(wanted.spec, edited.spec);
    wanted = edited;
    const does = new Set(steps.map(({ step }) => step));
    for (const { step, sentence } of steps) {
      // The lifecycle tells of those itself.
      if (step !== "restartIngest" && step !== "restartWorker") parts.history.note("edited", sentence, clock.now());
    }
    followHost();
    // How many credentials there are is policy too.
    const isOtherPolicy = does.has("setPolicy") || does.has("restartIngest") || does.has("restartWorker");
    if (isOtherPolicy) post({ type: "policyEdited", policy: streamPolicy(edited.config) });
    if (does.has("restartWorker")) {
      post({ type: "workerEdited", program: programOf(edited) });
      return;
    }
    if (does.has("restartIngest")) post({ type: "sourceEdited" });
    if (isConnected(state)) link.sync();
  }

  /** Test pictures are encoded here, and a pipeline does what it likes: their CPU says nothing. */
  function seeCpu(pid: number, percent: number, at: number): void {
    const { config } = wanted;
    const isPassedThrough = config.kind === "media" && ["rtsp", "file", "stream"].includes(config.source.kind);
    if (!isPassedThrough || link.worker()?.identity.pid !== pid) return;
    const detail = spin.see(pid, percent, at);
    if (detail !== undefined) post({ type: "workerSpins", worker: state.lives.worker, detail });
  }

  function outputFailed(id: string, kind: OutputConfig["kind"], failure: Failure): void {
    picture.outputFailed(id, kind, failure, clock.now());
    parts.history.reported({ type: "outputDown", id, kind, failure }, clock.now());
    log.error(`Output ${id}: ${failure.message}`, { hint: failure.hint, detail: failure.detail });
  }

  return {
    name,
    order: (order) => post(order),
    edit: (edited) => contain(() => edit(edited)),
    record,
    viewers,
    countGuess: link.countGuess,
    seeCpu: (pid, percent, at) => contain(() => seeCpu(pid, percent, at)),
    view: () => ({
      wanted: wantedNow(),
      state,
      since,
      failedAt,
      worker: link.worker(),
      restarts: Math.max(0, launches - 1),
      picture: picture.picture(),
      host: attempts.host(),
      tally: parts.history.tally(),
    }),
    detach() {
      isDetached = true;
      attempts.leaveQueue();
      attempts.follow(undefined);
      events.close();
      timers.clearAll();
      link.detach();
    },
  };
}

function isAtRest({ is }: StreamState): boolean {
  return is === "stopped" || is === "paused";
}

/** Whether there is something for streams whose source this one is. */
export function givesPictures({ is }: StreamState): boolean {
  return is === "running" || is === "suspect";
}

function programOf({ config }: Wanted): "worker" | "command" {
  return config.kind === "command" ? "command" : "worker";
}
