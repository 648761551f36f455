/** What users and edits ask for. */

import { STOP_GRACE_MS } from "../health.js";
import { hasWorker, type In, type Order, type Step, type StreamState, type Target } from "../states.js";
import { common, type Event, fresh, stay, withOtherSource } from "../transitions.js";
import { launch, queueAttempt } from "./attempts.js";

type EndingOrder = "pauseRequested" | "stopRequested" | "restartRequested" | "workerEdited";

/** Orders that end the worker wherever there is one. */
export function obey(state: StreamState, order: Extract<Order, { type: EndingOrder }>): Step {
  switch (order.type) {
    case "pauseRequested":
      return end(state, { is: "paused" });
    case "stopRequested":
      return end(state, { is: "stopped", why: order.why });
    case "restartRequested":
      return end(state, { is: "start" });
    case "workerEdited":
      return end({ ...state, program: order.program }, { is: "start" });
  }
}

export function end(state: StreamState, target: Target): Step {
  if (!hasWorker(state)) return arrive(state, target);
  return {
    state: { ...common(state), is: "stopping", target },
    effects: [{ do: "stopWorker", worker: state.lives.worker, graceMs: STOP_GRACE_MS, abort: false }],
  };
}

export function arrive(state: StreamState, target: Target): Step {
  switch (target.is) {
    case "start": // somebody asked for it: nothing starts again by itself after a stop
      return queueAttempt(fresh(state), { hasWorker: false, byUser: true });
    case "paused":
      return stay({ ...common(state), is: "paused" });
    case "stopped":
      return stay({ ...common(state), is: "stopped", why: target.why });
  }
}

export function start(state: In<"stopped">, { isAlive, at }: Event<"startRequested">): Step {
  return isAlive ? launch(fresh(state), at) : queueAttempt(fresh(state), { hasWorker: false, byUser: false });
}

/** Now, with nothing held against the source: it is another one, or a user says so. */
export function tryNow(state: In<"starting"> | In<"recovering"> | In<"holding">): Step {
  const where = state.is === "holding" ? state.worker : state.phase.is;
  if (where === "ending") return end(fresh(state), { is: "start" });
  if (where === "launching") return stay(fresh(state)); // it asks for the source when it is there
  const hasVideo = state.is === "starting" && state.phase.is === "queued" && state.phase.hasVideo;
  return queueAttempt(fresh(state), { hasWorker: hasWorker(state), hasVideo, byUser: true });
}

/** The source that has video goes on until the new one has. */
export function changeSource(state: In<"running"> | In<"suspect">): Step {
  if (state.is === "suspect" && state.doubt.is === "unresponsive") return stay(withOtherSource(state));
  return queueAttempt(withOtherSource(state), { hasWorker: true, hasVideo: true, byUser: true });
}
