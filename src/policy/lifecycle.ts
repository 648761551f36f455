/**
 * The life of one stream: `next(state, event)` gives the state after the event and what is to be done. Pure: no clock, no random, no I/O.
 * Whoever calls it performs the effects and posts what comes of them as events (src/supervisor/stream.ts).
 */

import { HEALTHY_MS } from "./health.js";
import { whileResting } from "./lifecycle/resting.js";
import { whileHolding, whileRecovering, whileStarting } from "./lifecycle/trying.js";
import { whileRunning, whileSuspect } from "./lifecycle/watching.js";
import { type Effect, isQueued, type Step, type StreamEvent, type StreamState, timersOf } from "./states.js";
import { stay } from "./transitions.js";

export function next(state: StreamState, event: StreamEvent): Step {
  if (isOfEarlierLife(state, event)) return stay(state);
  const step = proceed(state, event);
  return {
    state: rememberHealth(state, step.state, event.at),
    effects: [...endedTimers(state, step), ...endedTurn(state, step, event), ...step.effects],
  };
}

function proceed(state: StreamState, event: StreamEvent): Step {
  switch (state.is) {
    case "starting":
      return whileStarting(state, event);
    case "running":
      return whileRunning(state, event);
    case "suspect":
      return whileSuspect(state, event);
    case "recovering":
      return whileRecovering(state, event);
    case "holding":
      return whileHolding(state, event);
    case "paused":
    case "stopping":
    case "stopped":
      return whileResting(state, event);
  }
}

function isOfEarlierLife({ lives }: StreamState, event: StreamEvent): boolean {
  if ("worker" in event && event.worker !== lives.worker) return true;
  return "ingest" in event && typeof event.ingest === "number" && event.ingest !== lives.ingest;
}

/** A timer ends with the state that it belongs to. */
function endedTimers(before: StreamState, step: Step): Effect[] {
  const alive = timersOf(step.state);
  return timersOf(before)
    .filter((timer) => !alive.includes(timer))
    .map((timer) => ({ do: "clearTimer", timer }));
}

/** So does a place in the queue, unless it is over by itself. */
function endedTurn(before: StreamState, step: Step, event: StreamEvent): Effect[] {
  const isOver = ["attemptGranted", "attemptBarred", "accountHeld"].includes(event.type);
  return isQueued(before) && !isQueued(step.state) && !isOver ? [{ do: "leaveQueue" }] : [];
}

/** A stream that only flickers is not to go first. */
function rememberHealth(before: StreamState, after: StreamState, at: number): StreamState {
  const wasHealthy = "upAt" in before && !("upAt" in after) && at - before.upAt >= HEALTHY_MS;
  return wasHealthy ? { ...after, healthyAt: at } : after;
}
