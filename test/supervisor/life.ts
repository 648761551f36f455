/** The life of a stream as its runtime leads it, with nothing but the policy and the history. */

import type { FailureClass } from "../../src/failure.js";
import { next } from "../../src/policy/lifecycle.js";
import type { Occurrence, StreamPolicy, StreamState } from "../../src/policy/states.js";
import { initialState } from "../../src/policy/transitions.js";
import type { History } from "../../src/supervisor/history.js";
import { failureOf } from "../../src/worker/failures.js";
import type { FakeClock } from "../rig/fake-clock.js";

export interface Life {
  state(): StreamState;
  post(event: Occurrence, faultAt?: number): void;
  /** From wherever an attempt waits for its turn to video. */
  comeUp(): void;
  /** The ingest ends for that. */
  fail(failureClass: FailureClass): void;
  /** The wait for the next attempt is over, and it has its turn. */
  retry(): void;
}

export const POLICY: StreamPolicy = {
  retry: { strategy: "fixed", delayMs: 1_000 },
  timeouts: { connectMs: 5_000, firstFrameMs: 10_000, stallMs: "auto" },
  credentials: 0,
  canProbe: true,
  hasOrigin: false,
};

export function beginLife(history: History, clock: FakeClock, policy = POLICY): Life {
  let state = initialState("worker", policy);

  function post(occurrence: Occurrence, faultAt?: number): void {
    const before = state;
    const event = { ...occurrence, at: clock.now(), random: 0.5 };
    state = next(before, event).state;
    history.changed(before, state, event, event.at, faultAt);
  }

  /** A worker just launched has no ingest yet. */
  function connect(): void {
    const { worker, ingest } = state.lives;
    post({
      type: "workerConnected",
      worker,
      fit: "asWanted",
      ingest: { state: "idle", life: ingest, tracks: [] },
    });
  }

  function attempt(): void {
    post({ type: "attemptGranted" });
    if ("phase" in state && state.phase.is === "launching") connect();
  }

  return {
    state: () => state,
    post,
    comeUp() {
      attempt();
      const { worker, ingest } = state.lives;
      post({ type: "ingestUp", worker, ingest, tracks: ["video"] });
    },
    fail(failureClass) {
      if ("phase" in state && state.phase.is === "queued") attempt();
      const { worker, ingest } = state.lives;
      post({ type: "ingestDown", worker, ingest, failure: failureOf(failureClass) });
    },
    retry() {
      post({ type: "timerFired", timer: "retry" });
      attempt();
    },
  };
}
