/** While nothing is wanted of the stream, or its worker must be gone first. */

import type { In, Order, Step, StreamEvent, Target } from "../states.js";
import { stay, withOtherSource, withPolicy } from "../transitions.js";
import { arrive, start } from "./orders.js";

/** Of the news of workers, sources and turns only one matters here: that the worker is gone. */
export function whileResting(state: In<"paused"> | In<"stopping"> | In<"stopped">, event: StreamEvent): Step {
  switch (event.type) {
    case "workerExited":
      return state.is === "stopping" ? arrive(state, state.target) : stay(state);
    case "workerConnected":
    case "workerUnresponsive":
    case "workerSpins":
    case "ingestUp":
    case "ingestDown":
    case "silenceSuspected":
    case "silenceEnded":
    case "sourceProbed":
    case "attemptGranted":
    case "attemptBarred":
    case "accountHeld":
    case "hostBack":
    case "timerFired":
      return stay(state);
    case "policyEdited":
      return stay(withPolicy(state, event));
    case "startRequested":
    case "pauseRequested":
    case "resumeRequested":
    case "restartRequested":
    case "stopRequested":
    case "sourceEdited":
    case "workerEdited":
      return ordered(state, event);
  }
}

type RestingOrder = Extract<StreamEvent, { type: Exclude<Order["type"], "policyEdited"> }>;

function ordered(state: In<"paused"> | In<"stopping"> | In<"stopped">, order: RestingOrder): Step {
  switch (state.is) {
    case "paused":
      return whilePaused(state, order);
    case "stopping":
      return whileStopping(state, order);
    case "stopped":
      return whileStopped(state, order);
  }
}

function whilePaused(state: In<"paused">, order: RestingOrder): Step {
  switch (order.type) {
    case "resumeRequested":
      return arrive(state, { is: "start" });
    case "stopRequested":
      return arrive(state, { is: "stopped", why: order.why });
    case "workerEdited":
      return stay({ ...state, program: order.program });
    case "sourceEdited":
      return stay(withOtherSource(state));
    case "startRequested":
    case "pauseRequested":
    case "restartRequested":
      return stay(state);
  }
}

function whileStopping(state: In<"stopping">, order: RestingOrder): Step {
  const { target } = state;
  switch (order.type) {
    case "startRequested":
      return stay({ ...state, target: { is: "start" } });
    case "resumeRequested":
      return target.is === "paused" ? stay({ ...state, target: { is: "start" } }) : stay(state);
    case "pauseRequested":
      return isLeaving(target) ? stay(state) : stay({ ...state, target: { is: "paused" } });
    case "stopRequested":
      return stay({ ...state, target: { is: "stopped", why: order.why } });
    case "restartRequested":
      return stay({ ...state, target: afterEdit(target) });
    case "sourceEdited":
      return stay({ ...withOtherSource(state), target: afterEdit(target) });
    case "workerEdited":
      return stay({ ...state, program: order.program, target: afterEdit(target) });
  }
}

function whileStopped(state: In<"stopped">, order: RestingOrder): Step {
  const { why } = state;
  switch (order.type) {
    case "startRequested":
      return start(state, order);
    case "pauseRequested":
      return arrive(state, { is: "paused" });
    case "restartRequested":
      return arrive(state, afterEdit({ is: "stopped", why }));
    case "sourceEdited":
      return arrive(withOtherSource(state), afterEdit({ is: "stopped", why }));
    case "workerEdited":
      return arrive({ ...state, program: order.program }, afterEdit({ is: "stopped", why }));
    case "stopRequested":
      return stay({ ...state, why: order.why });
    case "resumeRequested":
      return stay(state);
  }
}

/** A removal and a shutdown outlast a pause. */
function isLeaving(target: Target): boolean {
  return target.is === "stopped" && target.why !== "ended";
}

/** A file that ended plays again after an edit or an order; a pause or a removal outlasts both. */
function afterEdit(target: Target): Target {
  return target.is === "stopped" && target.why === "ended" ? { is: "start" } : target;
}
