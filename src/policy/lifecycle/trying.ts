/** While there is no video, but should be: an attempt is under way, or will be. */

import { groupOf } from "../../failure.js";
import { isConnectionFailure } from "../breaker.js";
import { hasWorker, type In, isConnected, type Step, type StreamEvent } from "../states.js";
import { type Event, stay, withOtherSource, withPolicy } from "../transitions.js";
import { begin, run } from "./attempts.js";
import { takeUp, takeUpIfRunning } from "./connections.js";
import { isVital } from "./doubts.js";
import { accountHeld, barred, failed, late, replaceHung, retry, stopHung, waitAnew } from "./failures.js";
import { obey, tryNow } from "./orders.js";

export function whileStarting(state: In<"starting">, event: StreamEvent): Step {
  switch (event.type) {
    case "attemptGranted":
      return begin(state, event.at);
    case "attemptBarred":
      return barred(state);
    case "accountHeld":
      return accountHeld(state, event);
    case "workerConnected":
      return state.phase.is === "queued" ? takeUpIfRunning(state, event) : takeUp(state, event);
    case "workerExited":
      if (!hasWorker(state)) return stay(state);
      return failed(state, event.failure, { videoMs: 0, processGone: true }, event);
    case "workerUnresponsive":
    case "workerSpins":
      return replaceHung(state, event.detail, 0);
    case "ingestUp": // while it waits for its turn, that is the source of before
      return state.phase.is === "queued" ? stay(state) : run(state, event.tracks, event.at);
    case "ingestDown":
      return downWhileStarting(state, event);
    case "timerFired":
      return event.timer === "deadline" ? late(state) : stay(state);
    case "silenceSuspected": // the deadline of the first frame is the measure here
    case "silenceEnded":
    case "sourceProbed":
    case "hostBack":
    case "startRequested":
    case "resumeRequested":
      return stay(state);
    case "sourceEdited":
      return tryNow(withOtherSource(state));
    case "policyEdited":
      return stay(withPolicy(state, event));
    case "pauseRequested":
    case "restartRequested":
    case "stopRequested":
    case "workerEdited":
      return obey(state, event);
  }
}

export function whileRecovering(state: In<"recovering">, event: StreamEvent): Step {
  switch (event.type) {
    case "attemptGranted":
      return begin(state, event.at);
    case "attemptBarred":
      return barred(state);
    case "accountHeld":
      return accountHeld(state, event);
    case "hostBack":
      return state.phase.is === "waiting" && isConnectionFailure(state.failure.class) ? retry(state) : stay(state);
    case "workerConnected":
      return connectedWhileRecovering(state, event);
    case "workerExited":
      return exitedWhileRecovering(state, event);
    case "workerUnresponsive":
    case "workerSpins":
      return state.phase.is === "ending" ? stay(state) : replaceHung(state, event.detail, 0);
    case "ingestUp":
      return isConnected(state) ? run(state, event.tracks, event.at) : stay(state);
    case "ingestDown":
      return state.phase.is === "firstFrame"
        ? failed(state, event.failure, { videoMs: 0, processGone: false }, event)
        : stay(state);
    case "silenceEnded":
      return silenceEndedWhileRecovering(state, event);
    case "timerFired":
      return timerWhileRecovering(state, event);
    case "silenceSuspected":
    case "sourceProbed":
    case "startRequested":
    case "resumeRequested":
      return stay(state);
    case "sourceEdited":
      return tryNow(withOtherSource(state));
    case "policyEdited":
      return waitAnew(state, event);
    case "pauseRequested":
    case "restartRequested":
    case "stopRequested":
    case "workerEdited":
      return obey(state, event);
  }
}

export function whileHolding(state: In<"holding">, event: StreamEvent): Step {
  switch (event.type) {
    case "hostBack":
      return state.until.is === "host" ? retry(state) : stay(state);
    case "workerConnected":
      return state.worker === "connected" ? takeUpIfRunning(state, event) : stay(state);
    case "workerExited":
      return exitedWhileHolding(state, event);
    case "workerUnresponsive":
    case "workerSpins":
      return state.worker === "connected"
        ? { state: { ...state, worker: "ending" }, effects: [stopHung(state)] }
        : stay(state);
    case "ingestUp":
      return state.worker === "connected" ? run(state, event.tracks, event.at) : stay(state);
    case "timerFired":
      return event.timer === "retry" ? retry(state) : stay(state);
    case "attemptGranted":
    case "accountHeld":
    case "attemptBarred":
    case "ingestDown":
    case "silenceSuspected":
    case "silenceEnded":
    case "sourceProbed":
    case "startRequested":
      return stay(state);
    case "resumeRequested":
      return tryNow(state);
    case "sourceEdited":
      return tryNow(withOtherSource(state));
    case "policyEdited":
      return hasGivenUp(state) ? tryNow(withPolicy(state, event)) : stay(withPolicy(state, event));
    case "pauseRequested":
    case "restartRequested":
    case "stopRequested":
    case "workerEdited":
      return obey(state, event);
  }
}

// ---- Details of single states

/** The source of before the edit may end while the new one waits for its turn. */
function downWhileStarting(state: In<"starting">, event: Event<"ingestDown">): Step {
  if (state.phase.is === "queued") return stay({ ...state, phase: { ...state.phase, hasVideo: false } });
  return failed(state, event.failure, { videoMs: 0, processGone: false }, event);
}

function connectedWhileRecovering(state: In<"recovering">, event: Event<"workerConnected">): Step {
  switch (state.phase.is) {
    case "launching":
    case "firstFrame":
      return takeUp(state, event);
    case "waiting": // a connection that was mended is no reason to try before the time has come
    case "queued":
      return takeUpIfRunning(state, event);
    case "ending":
      return stay(state);
  }
}

/** A worker that was ended for a failure is judged by that failure, not by how it went. */
function exitedWhileRecovering(state: In<"recovering">, event: Event<"workerExited">): Step {
  switch (state.phase.is) {
    case "ending":
      return failed(state, state.failure, { videoMs: state.phase.videoMs, processGone: true }, event);
    case "waiting":
    case "queued":
      if (!state.phase.hasWorker) return stay(state);
      return failed(state, event.failure, { videoMs: 0, processGone: true }, event);
    case "launching":
    case "firstFrame":
      return failed(state, event.failure, { videoMs: 0, processGone: true }, event);
  }
}

/** It was only slow, and is faster than the retry. */
function silenceEndedWhileRecovering(state: In<"recovering">, event: Event<"silenceEnded">): Step {
  const isPending = state.phase.is === "waiting" || state.phase.is === "queued";
  return isPending && isVital(state, event.track) ? run(state, state.tracks, event.at) : stay(state);
}

/** Outputs want a worker also while the source is away; in other holds nothing is tried before their end. */
function exitedWhileHolding(state: In<"holding">, event: Event<"workerExited">): Step {
  if (state.until.is !== "host") return stay({ ...state, worker: "none" });
  return failed(state, event.failure, { videoMs: 0, processGone: true }, event);
}

function timerWhileRecovering(state: In<"recovering">, event: Event<"timerFired">): Step {
  switch (state.phase.is) {
    case "waiting":
      return event.timer === "retry" ? retry(state) : stay(state);
    case "launching":
    case "firstFrame":
      return event.timer === "deadline" ? late(state) : stay(state);
    case "queued":
    case "ending":
      return stay(state);
  }
}

/** More attempts are wanted than were made; what else waits for an edit waits for one of the source. */
function hasGivenUp({ until, failure }: In<"holding">): boolean {
  return until.is === "edit" && groupOf(failure) !== "edit";
}
