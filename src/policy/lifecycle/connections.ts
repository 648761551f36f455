/** A worker connects and says what it is doing: a fresh one nothing, an adopted or a reconnected one perhaps all that is wanted. */

import { hasWorker, type Step, type StreamState } from "../states.js";
import { type Event, stay } from "../transitions.js";
import { awaitFirstFrame, failureOf, queueAttempt, run, startIngest } from "./attempts.js";
import { failed } from "./failures.js";
import { end } from "./orders.js";

export function takeUp(state: StreamState, event: Event<"workerConnected">): Step {
  if (event.fit === "otherWorker") return end(state, { is: "start" });
  const { worker } = state.lives;
  const known = { ...state, lives: { worker, ingest: Math.max(state.lives.ingest, event.ingest.life) } };
  const then = nextIngest(known, event);
  return { state: then.state, effects: [{ do: "syncWorker", worker }, ...then.effects] };
}

/** What was mended or began meanwhile is taken up; anything else is no reason to try before the time has come. */
export function takeUpIfRunning(state: StreamState, event: Event<"workerConnected">): Step {
  const isUp = hasWorker(state) && event.ingest.state === "up" && event.fit === "asWanted";
  return isUp ? takeUp(state, event) : stay(state);
}

function nextIngest(state: StreamState, event: Event<"workerConnected">): Step {
  if (state.policy.hasOrigin && event.ingest.state === "idle") return waitForOrigin(state);
  return event.fit === "asWanted" ? takeUpIngest(state, event) : replaceIngest(state, event);
}

function takeUpIngest(state: StreamState, event: Event<"workerConnected">): Step {
  switch (event.ingest.state) {
    case "up":
      return run(state, event.ingest.tracks, event.at);
    case "starting":
      return awaitFirstFrame(state);
    case "down":
      return event.ingest.failure
        ? failed(state, event.ingest.failure, { videoMs: 0, processGone: false }, event)
        : startIngest(state, event.at, failureOf(state));
    case "idle":
      return startIngest(state, event.at, failureOf(state));
  }
}

/** The worker is there for outputs; the turn of its ingest comes when its origin is no longer just starting. */
function waitForOrigin(state: StreamState): Step {
  const failure = failureOf(state);
  return queueAttempt(state, { hasWorker: true, byUser: false, ...(failure && { failure }) });
}

/** It plays another source than the one that is wanted by now. */
function replaceIngest(state: StreamState, event: Event<"workerConnected">): Step {
  return startIngest(state, event.at, failureOf(state), event.ingest.state === "up");
}
