/** An attempt: its turn, the worker, the ingest, the first frame. */

import type { Failure } from "../../failure.js";
import { FIRST_FRAME_MARGIN_MS, LAUNCH_MS, SETTLED_MS, suspectAfterMs } from "../health.js";
import { unattendedRetryMs } from "../retry.js";
import {
  type AttemptPhase,
  type Common,
  type Effect,
  type In,
  type Media,
  type StartIngest,
  type Step,
  type StreamState,
  timersOf,
} from "../states.js";
import { common } from "../transitions.js";

interface Queueing {
  readonly hasWorker: boolean;
  readonly hasVideo?: boolean;
  readonly byUser: boolean;
  readonly failure?: Failure;
}

/** The stream gets in line; one that waits already only changes how it waits. */
export function queueAttempt(state: StreamState, { hasWorker, hasVideo = false, byUser, failure }: Queueing): Step {
  return {
    state: attempting(common(state), { is: "queued", hasWorker, hasVideo }, failure),
    effects: [{ do: "queueAttempt", hasWorker, healthyAt: state.healthyAt, byUser }],
  };
}

/** Its turn has come. */
export function begin(state: In<"starting"> | In<"recovering">, at: number): Step {
  const { phase } = state;
  if (phase.is !== "queued") return { state, effects: [] };
  const failure = failureOf(state);
  return phase.hasWorker ? startIngest(state, at, failure, phase.hasVideo) : launch(state, at, failure);
}

export function launch(state: StreamState, at: number, failure?: Failure): Step {
  const worker = state.lives.worker + 1;
  const now = { ...begun(state, at), lives: { ...state.lives, worker } };
  return {
    state: attempting(now, { is: "launching" }, failure),
    effects: [
      { do: "launchWorker", worker },
      { do: "setTimer", timer: "deadline", ms: LAUNCH_MS },
    ],
  };
}

export function startIngest(state: StreamState, at: number, failure?: Failure, hasVideo = false): Step {
  const lives = { ...state.lives, ingest: state.lives.ingest + 1 };
  const now = { ...begun(state, at), lives };
  return {
    state: attempting(now, { is: "firstFrame" }, failure),
    effects: [ingestOrder(now, hasVideo ? "atKeyframe" : "now"), ...firstFrameDeadline(state)],
  };
}

function ingestOrder({ lives, policy, credential, counts }: Common, replace: StartIngest["replace"]): Effect {
  const { connectMs, firstFrameMs } = policy.timeouts;
  return {
    do: "startIngest",
    ...lives,
    credential,
    replace,
    connectMs,
    firstFrameMs,
    suspectMs: suspectAfterMs(policy.timeouts),
    retryMs: unattendedRetryMs(policy, counts),
  };
}

/** An adopted worker was trying already. */
export function awaitFirstFrame(state: StreamState): Step {
  return {
    state: attempting(common(state), { is: "firstFrame" }, failureOf(state)),
    effects: firstFrameDeadline(state),
  };
}

export function run(state: StreamState, tracks: readonly Media[], at: number): Step {
  const upAt = "upAt" in state ? state.upAt : at;
  const settled: Effect[] = timersOf(state).includes("settled")
    ? []
    : [{ do: "setTimer", timer: "settled", ms: SETTLED_MS }];
  return { state: { ...common(state), is: "running", upAt, tracks }, effects: settled };
}

export function failureOf(state: StreamState): Failure | undefined {
  return state.is === "recovering" || state.is === "holding" ? state.failure : undefined;
}

/** The same attempt is `starting` when nothing failed before it, else `recovering`. */
function attempting(now: Common, phase: AttemptPhase, failure: Failure | undefined): StreamState {
  return failure ? { ...now, is: "recovering", phase, failure } : { ...now, is: "starting", phase };
}

function begun(state: StreamState, at: number): Common {
  return { ...common(state), counts: { ...state.counts, attemptedAt: at } };
}

/** A command may wait for its source as long as it likes: nobody can tell it to try again, and it ends itself when it fails. */
function firstFrameDeadline({ program, policy }: StreamState): Effect[] {
  if (program === "command") return [{ do: "clearTimer", timer: "deadline" }];
  return [{ do: "setTimer", timer: "deadline", ms: policy.timeouts.firstFrameMs + FIRST_FRAME_MARGIN_MS }];
}
