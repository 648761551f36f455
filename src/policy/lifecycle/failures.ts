/** What follows from a failure. */

import type { Failure } from "../../failure.js";
import { FAILURE_TEXTS, ORIGIN_HINT } from "../../worker/failure-texts.js";
import { HUNG_GRACE_MS, STOP_GRACE_MS } from "../health.js";
import { type Circumstances, delayAfter, judge, type Verdict } from "../retry.js";
import { type Effect, hasWorker, type In, type Step, type StreamEvent, type StreamState } from "../states.js";
import { common, type Event, stay, withPolicy } from "../transitions.js";
import { failureOf, queueAttempt } from "./attempts.js";
import { arrive, end } from "./orders.js";

export type Outage = Pick<Circumstances, "videoMs" | "processGone">;

/** One attempt failed, or video was interrupted: the verdict of the retry policy becomes the next state. */
export function failed(state: StreamState, failure: Failure, outage: Outage, { at, random }: StreamEvent): Step {
  if (state.program === "command" && !outage.processGone) return replaceCommand(state, failure, outage.videoMs);
  const { policy } = state;
  const { counts, verdict } = judge(state.counts, failure, { ...outage, policy, at, random });
  const credential = nextCredential(state, counts.refusals > state.counts.refusals);
  return carryOut(verdict, { ...state, counts, credential }, failure, outage, at);
}

/** A refused set makes room for the next; whichever is accepted stays. */
function nextCredential({ credential, policy }: StreamState, isRefused: boolean): number {
  return isRefused ? (credential + 1) % Math.max(1, policy.credentials) : credential;
}

/** A command cannot begin anew inside its process. What comes after it is decided when it is gone. */
function replaceCommand(state: StreamState, failure: Failure, videoMs: number): Step {
  return failure.class === "fileEnded"
    ? end(state, { is: "stopped", why: "ended" })
    : replaceWorker(state, failure, videoMs);
}

function carryOut(verdict: Verdict, state: StreamState, failure: Failure, outage: Outage, now: number): Step {
  const kept = !outage.processGone;
  switch (verdict.is) {
    case "end":
      return kept ? end(state, { is: "stopped", why: "ended" }) : arrive(state, { is: "stopped", why: "ended" });
    case "replaceWorker":
      return replaceWorker(state, failure, outage.videoMs);
    case "holdForEdit":
      return stay(held(state, failure, kept, { is: "edit" }, verdict.reason));
    case "hold": {
      const until = { is: "time", at: now + verdict.afterMs } as const;
      return retryLater(held(state, failure, kept, until, verdict.reason), verdict.afterMs);
    }
    case "retry": {
      const phase = { is: "waiting", hasWorker: kept, nextAttemptAt: now + verdict.afterMs } as const;
      return retryLater({ ...common(state), is: "recovering", phase, failure }, verdict.afterMs);
    }
  }
}

function retryLater(state: StreamState, ms: number): Step {
  return { state, effects: [{ do: "setTimer", timer: "retry", ms }] };
}

function held(
  state: StreamState,
  failure: Failure,
  kept: boolean,
  until: In<"holding">["until"],
  reason: string,
): In<"holding"> {
  const worker = kept ? "connected" : "none";
  return { ...common(state), is: "holding", worker, until, reason: `${failure.message} ${reason}`, failure };
}

/** Instead of a turn: the source's host does not answer, and something cheaper than an attempt looks for it. */
export function barred(state: In<"starting"> | In<"recovering">): Step {
  if (state.phase.is !== "queued") return stay(state);
  const failure = failureOf(state) ?? (state.policy.hasOrigin ? originAway : unreachable);
  const reason = "Tried again as soon as its host answers.";
  return stay(held(state, failure, state.phase.hasWorker, { is: "host" }, reason));
}

/** Instead of a turn: another try with this password might lock the account. */
export function accountHeld(state: In<"starting"> | In<"recovering">, event: Event<"accountHeld">): Step {
  if (state.phase.is !== "queued") return stay(state);
  const { hasWorker: kept, hasVideo } = state.phase;
  const { instead } = event;
  if (instead !== null) {
    const failure = failureOf(state);
    const queueing = { hasWorker: kept, hasVideo, byUser: false, ...(failure && { failure }) };
    return queueAttempt({ ...state, credential: instead }, queueing);
  }
  const reason = "Refused too often; waiting, because cameras lock accounts.";
  const until = { is: "time", at: event.until } as const;
  return retryLater(held(state, refused, kept, until, reason), Math.max(0, event.until - event.at));
}

/** The time of a delayed attempt has come. */
export function retry(state: In<"recovering"> | In<"holding">): Step {
  const { failure } = state;
  if (state.is === "holding" && state.worker === "ending") {
    return stay({ ...common(state), is: "recovering", phase: { is: "ending", videoMs: 0 }, failure });
  }
  return queueAttempt(state, { hasWorker: hasWorker(state), byUser: false, failure });
}

/** A shorter delay counts from now on; one that is nearly over is not made longer. */
export function waitAnew(state: In<"recovering">, event: Event<"policyEdited">): Step {
  const { phase, failure, counts } = state;
  const edited = withPolicy(state, event);
  if (phase.is !== "waiting") return stay(edited);
  const { policy, at, random } = event;
  const afterMs = delayAfter(counts, failure, { policy, at, random, videoMs: 0, processGone: !phase.hasWorker });
  const nextAttemptAt = at + (afterMs ?? Number.POSITIVE_INFINITY);
  if (afterMs === undefined || nextAttemptAt >= phase.nextAttemptAt) return stay(edited);
  return retryLater({ ...edited, phase: { ...phase, nextAttemptAt } }, afterMs);
}

/** One that hangs cannot finish in order any more. */
export function replaceWorker(state: StreamState, failure: Failure, videoMs: number): Step {
  return {
    state: { ...common(state), is: "recovering", phase: { is: "ending", videoMs }, failure },
    effects: [failure.class === "workerHung" ? stopHung(state) : stopOrderly(state)],
  };
}

export function stopHung({ lives }: StreamState): Effect {
  return { do: "stopWorker", worker: lives.worker, graceMs: HUNG_GRACE_MS, abort: true };
}

function stopOrderly({ lives }: StreamState): Effect {
  return { do: "stopWorker", worker: lives.worker, graceMs: STOP_GRACE_MS, abort: false };
}

/** A worker that hangs or spins, where there is one. */
export function replaceHung(state: StreamState, detail: string, videoMs: number): Step {
  return hasWorker(state) ? replaceWorker(state, hung(detail), videoMs) : stay(state);
}

export function late(state: In<"starting"> | In<"recovering">): Step {
  const detail =
    state.phase.is === "launching" ? "no connection in time after the start" : "no report about the first frame";
  return replaceWorker(state, hung(detail), 0);
}

export const stalled: Failure = { class: "stalled", ...FAILURE_TEXTS.stalled };

const refused: Failure = { class: "unauthorized", ...FAILURE_TEXTS.unauthorized };

const unreachable: Failure = { class: "unreachable", ...FAILURE_TEXTS.unreachable };

const originAway: Failure = {
  class: "refused",
  message: "The stream that is its source has no picture at present.",
  hint: ORIGIN_HINT,
};

function hung(detail: string): Failure {
  return { class: "workerHung", ...FAILURE_TEXTS.workerHung, detail };
}
