/**
 * One stream in virtual time: its workers and its camera. After each event the promises of the lifecycle are checked against what this
 * world knows to be true.
 */

import { type Failure, type FailureClass, groupOf } from "../../src/failure.js";
import { next } from "../../src/policy/lifecycle.js";
import { MAX_ROUNDS } from "../../src/policy/retry.js";
import {
  type AttemptPhase,
  type Effect,
  isQueued,
  type Occurrence,
  type Program,
  type StartIngest,
  type StreamPolicy,
  type StreamState,
  type TimerName,
} from "../../src/policy/states.js";
import { initialState } from "../../src/policy/transitions.js";
import type { Admission, Host } from "./admission.js";
import type { Agenda, Due } from "./agenda.js";
import { type Camera, type Fate, failure } from "./cameras.js";
import type { Random } from "./random.js";

export interface StreamSetup {
  readonly name: string;
  readonly host: string;
  readonly camera: Camera;
  readonly program?: Program;
  readonly policy?: Partial<StreamPolicy>;
}

export interface StreamWorld {
  state(): StreamState;
  post(event: Occurrence): void;
  /** What was on its way to here is lost. */
  loseHost(): void;
  processes(): number;
  /** When each attempt began. */
  readonly attempts: readonly number[];
}

export interface StreamWorldParts {
  readonly agenda: Agenda;
  readonly admission: Admission;
  readonly host: Host;
  readonly random: Random;
}

interface Ingest {
  readonly life: number;
  readonly begunAt: number;
  isUp: boolean;
}

interface Process {
  readonly life: number;
  is: "launching" | "alive";
  ingest: Ingest | undefined;
}

export const POLICY: StreamPolicy = {
  retry: { strategy: "exponential", minMs: 500, maxMs: 30_000 },
  timeouts: { connectMs: 5_000, firstFrameMs: 15_000, stallMs: "auto" },
  credentials: 1,
  canProbe: true,
  hasOrigin: false,
};

const INTERVAL_MS = 40;

export function createStreamWorld(setup: StreamSetup, parts: StreamWorldParts): StreamWorld {
  const { name, camera, program = "worker" } = setup;
  const { agenda, admission, host, random } = parts;
  let state = initialState(program, { ...POLICY, ...setup.policy });
  let process: Process | undefined;
  /** Every process that is there, to see that there is one at most. */
  const alive = new Set<Process>();
  const stopping = new Set<number>();
  const timers = new Map<TimerName, Due>();
  const attempts: number[] = [];
  /** What an earlier life had to say, to say it again. */
  let echo: Occurrence | undefined;
  const refusals = createRefusalWatch();
  const watch = admission.watch(setup.host);

  function post(event: Occurrence): void {
    if ("worker" in event && random() < 0.1) echo = event;
    const before = state;
    const step = next(state, { ...event, at: agenda.now(), random: random() });
    state = step.state;
    refusals.saw(before, state);
    for (const effect of step.effects) perform(effect, event);
    checkPromises(event);
    echoThePast();
  }

  function echoThePast(): void {
    if (!echo || !("worker" in echo) || echo.worker === state.lives.worker) return;
    const step = next(state, { ...echo, at: agenda.now(), random: 0.5 });
    demand(step.state === state && step.effects.length === 0, `an event of worker ${echo.worker} changed something`);
    echo = undefined;
  }

  function perform(effect: Effect, cause: Occurrence): void {
    switch (effect.do) {
      case "launchWorker":
        began(undefined);
        launch(effect.worker);
        break;
      case "stopWorker":
        stop(effect.worker, effect.graceMs);
        break;
      case "startIngest":
        // A launch had its turn already.
        if (cause.type !== "workerConnected") began(setup.host);
        startIngest(effect);
        break;
      case "queueAttempt":
        admission.queue(
          { stream: name, healthyAt: effect.healthyAt, byUser: effect.byUser },
          effect.hasWorker ? setup.host : undefined,
        );
        break;
      case "leaveQueue":
        admission.leaveQueue(name);
        break;
      case "probeSource":
        watch.probe((found) => post({ type: "sourceProbed", ingest: effect.ingest, found }));
        break;
      case "setTimer":
        setTimer(effect.timer, effect.ms);
        break;
      case "clearTimer":
        clearTimer(effect.timer);
        break;
      case "syncWorker":
        demand(process?.is === "alive", "outputs for a worker that is not there");
    }
  }

  function began(host: string | undefined): void {
    attempts.push(agenda.now());
    admission.began(name, host);
  }

  function launch(life: number): void {
    demand(alive.size === 0, "a second worker");
    const mine: Process = { life, is: "launching", ingest: undefined };
    process = mine;
    alive.add(mine);
    if (!camera.launches(random)) return void agenda.after(5, () => exit(mine, failure("internal")));
    agenda.after(5 + random() * 50, () => {
      if (process !== mine || stopping.has(life)) return;
      mine.is = "alive";
      if (program === "command") mine.ingest = { life: agenda.now(), begunAt: agenda.now(), isUp: false };
      const ingest = {
        state: program === "command" ? "starting" : "idle",
        life: mine.ingest?.life ?? 0,
        tracks: [],
      } as const;
      post({ type: "workerConnected", worker: life, fit: "asWanted", ingest });
      if (program === "command" && mine.ingest) play(mine, mine.ingest);
    });
  }

  function stop(life: number, graceMs: number): void {
    demand(process?.life === life, "a stop for a worker that is not the newest");
    stopping.add(life);
    const mine = process;
    agenda.after(random() * graceMs, () => {
      if (mine && alive.has(mine)) exit(mine, failure("workerCrashed"));
      // What `terminate` resolves with comes besides the worker's own report.
      if (mine && random() < 0.5) post({ type: "workerExited", worker: life, failure: failure("workerCrashed") });
    });
  }

  function exit(mine: Process, cause: Failure): void {
    if (!alive.delete(mine)) return;
    if (process === mine) process = undefined;
    stopping.delete(mine.life);
    post({ type: "workerExited", worker: mine.life, failure: cause });
  }

  /** What becomes of the ingest of before, with `atKeyframe`, is no news for the supervisor any more. */
  function startIngest({ worker, ingest: life, credential, connectMs, firstFrameMs }: StartIngest): void {
    demand(process?.life === worker && process.is === "alive", "an ingest for a worker that is not there");
    demand(life > (process?.ingest?.life ?? 0), "an ingest life that does not rise");
    demand(credential < Math.max(1, state.policy.credentials), "a set of credentials that is not there");
    demand(connectMs > 0 && firstFrameMs > 0, "an attempt without a limit");
    if (!process) return;
    process.ingest = { life, begunAt: agenda.now(), isUp: false };
    play(process, process.ingest);
  }

  function play(mine: Process, ingest: Ingest): void {
    const news = { worker: mine.life, ingest: ingest.life };
    const outcome = host.absence ?? camera.attempt(random);
    if (outcome === "silent") return;
    agenda.after(delayOf(outcome), () => {
      if (!alive.has(mine) || mine.ingest !== ingest) return;
      if (outcome !== "up") {
        mine.ingest = undefined;
        refusals.met(outcome, state, demand);
        watch.saw({ type: "attemptFailed", class: outcome, begunAt: ingest.begunAt });
        post({ type: "ingestDown", ...news, failure: failure(outcome) });
        return;
      }
      ingest.isUp = true;
      watch.saw({ type: "attemptSucceeded" });
      post({ type: "ingestUp", ...news, tracks: ["video", "audio"] });
      live(mine, ingest);
    });
  }

  function delayOf(outcome: "up" | FailureClass): number {
    if (outcome === "connectTimeout" || outcome === "unreachable") return 3_000 + random() * 2_000;
    return outcome === "up" ? 20 + random() ** 4 * 2_000 : 2 + random() * 100;
  }

  /** Video flows until fate has it otherwise. */
  function live(mine: Process, ingest: Ingest): void {
    const fate = camera.fate(random);
    if (!fate) return;
    agenda.after(fate.afterMs, () => {
      if (alive.has(mine) && mine.ingest === ingest) strike(fate.is, mine, ingest);
    });
  }

  function strike(fate: Fate, mine: Process, ingest: Ingest): void {
    const { life: worker } = mine;
    const news = { worker, ingest: ingest.life };
    const before = state;
    switch (fate) {
      case "hiccup":
      case "freeze":
        fallSilent(news, 0);
        wake(mine, ingest, fate === "hiccup" ? random() * 1_500 : 5_000 + random() * 60_000);
        break;
      case "soundless":
        fallSilent(news, 1);
        demand(state === before, "silent sound became a doubt");
        live(mine, ingest);
        break;
      case "blink":
        post({ type: "workerUnresponsive", worker, detail: "no reply" });
        agenda.after(random() * 3_000, () => reconnect(mine, ingest));
        break;
      case "hang":
        post({ type: "workerUnresponsive", worker, detail: "no reply" });
        break;
      case "spin":
        post({ type: "workerSpins", worker, detail: "uses a whole core" });
        break;
      case "crash":
        exit(mine, failure("workerCrashed"));
        break;
      default:
        mine.ingest = undefined;
        post({ type: "ingestDown", ...news, failure: failure(fate) });
    }
  }

  function fallSilent(news: { worker: number; ingest: number }, track: number): void {
    post({ type: "silenceSuspected", ...news, track, silentMs: 2 * INTERVAL_MS, intervalMs: INTERVAL_MS });
  }

  function wake(mine: Process, ingest: Ingest, afterMs: number): void {
    agenda.after(afterMs, () => {
      if (!alive.has(mine) || mine.ingest !== ingest || host.absence) return;
      post({ type: "silenceEnded", worker: mine.life, ingest: ingest.life, track: 0 });
      live(mine, ingest);
    });
  }

  function reconnect(mine: Process, before: Ingest): void {
    if (!alive.has(mine) || stopping.has(mine.life)) return;
    const { ingest } = mine;
    const picture = { state: ingest?.isUp ? "up" : "down", life: ingest?.life ?? 0, tracks: ["video"] } as const;
    post({ type: "workerConnected", worker: mine.life, fit: "asWanted", ingest: picture });
    if (mine.ingest === before) live(mine, before);
  }

  /** Without a word, or with one. */
  function loseHost(): void {
    const mine = process;
    const ingest = mine?.ingest;
    if (!mine || !ingest?.isUp || stopping.has(mine.life)) return;
    if (random() < 0.5) return void strike("reset", mine, ingest);
    agenda.after(random() * 2 * INTERVAL_MS, () => {
      if (alive.has(mine) && mine.ingest === ingest) fallSilent({ worker: mine.life, ingest: ingest.life }, 0);
    });
  }

  function setTimer(timer: TimerName, ms: number): void {
    clearTimer(timer);
    const due = agenda.after(ms, () => {
      timers.delete(timer);
      post({ type: "timerFired", timer });
    });
    timers.set(timer, due);
  }

  function clearTimer(timer: TimerName): void {
    const due = timers.get(timer);
    if (due) due.isCancelled = true;
    timers.delete(timer);
  }

  // ---- The promises

  function checkPromises(event: Occurrence): void {
    const where = () => `${state.is} after ${event.type}`;
    demand(alive.size <= 1, "two workers", where);
    demand(isQueued(state) === admission.isQueued(name), "waits for a turn and does not know it", where);
    switch (state.is) {
      case "starting":
        demand(isTrying(state.phase), "no attempt is under way", where);
        break;
      case "running":
        demand(alive.size === 1, "running without a worker", where);
        break;
      case "suspect":
        demand(timers.has("confirm"), "a doubt without an end", where);
        break;
      case "recovering":
        if (state.phase.is === "waiting") demand(isDue("retry", state.phase.nextAttemptAt), "no attempt is due", where);
        else if (state.phase.is === "ending") demand(isEnding(), "nobody ends the worker", where);
        else demand(isTrying(state.phase), "no attempt is under way", where);
        break;
      case "holding":
        demand(state.reason !== "", "a hold without a reason", where);
        if (state.until.is === "time") demand(isDue("retry", state.until.at), "no attempt is due", where);
        if (state.until.is === "host") demand(watch.isOpen(), "nobody looks for the host", where);
        break;
      case "stopping":
        demand(isEnding(), "nobody ends the worker", where);
        break;
      case "paused":
      case "stopped":
        demand(alive.size === 0 && timers.size === 0, "something goes on", where);
        break;
    }
  }

  function isTrying(phase: AttemptPhase): boolean {
    if (phase.is === "queued") return alive.size === (phase.hasWorker ? 1 : 0);
    const isWatched = timers.has("deadline") || (program === "command" && phase.is === "firstFrame");
    return alive.size === 1 && isWatched;
  }

  function isEnding(): boolean {
    return stopping.has(state.lives.worker);
  }

  function isDue(timer: TimerName, at: number): boolean {
    const due = timers.get(timer);
    return due !== undefined && due.at === at && at >= agenda.now();
  }

  function demand(holds: boolean, promise: string, where?: () => string): void {
    if (holds) return;
    const context = where ? ` in ${where()}` : "";
    throw new Error(`broken at ${agenda.now()} by ${name}: ${promise}${context}\n${JSON.stringify(state)}`);
  }

  return { state: () => state, post, loseHost, processes: () => alive.size, attempts };
}

interface RefusalWatch {
  saw(before: StreamState, after: StreamState): void;
  met(outcome: FailureClass, state: StreamState, demand: (holds: boolean, promise: string) => void): void;
}

/** Cameras lock accounts: between two holds, orders or minutes of peace there are so many refusals and no more. */
function createRefusalWatch(): RefusalWatch {
  let tries = 0;
  let rounds = MAX_ROUNDS;
  return {
    saw(before, after) {
      if (after.counts.refusals === 0) [tries, rounds] = [0, MAX_ROUNDS];
      const isHold = after.is === "holding" && after.until.is === "time" && groupOf(after.failure) === "credentials";
      if (isHold && before.is !== "holding") [tries, rounds] = [0, 1];
    },
    met(outcome, { policy }, demand) {
      if (outcome !== "unauthorized" && outcome !== "forbidden") return;
      tries += 1;
      demand(tries <= rounds * Math.max(1, policy.credentials), `refused ${tries} times without a hold`);
    },
  };
}
