/** Small parts that all steps of a stream's life are made of. */

import { FRESH } from "./retry.js";
import type { Common, In, Program, Step, StreamEvent, StreamPolicy, StreamState } from "./states.js";

export type Event<Type extends StreamEvent["type"]> = Extract<StreamEvent, { type: Type }>;

export function initialState(program: Program, policy: StreamPolicy): StreamState {
  return {
    is: "stopped",
    why: "new",
    program,
    policy,
    credential: 0,
    healthyAt: null,
    lives: { worker: 0, ingest: 0 },
    counts: FRESH,
    tracks: [],
  };
}

export function stay(state: StreamState): Step {
  return { state, effects: [] };
}

/** What a state hands on to the next one. */
export function common({ program, policy, credential, healthyAt, lives, counts, tracks }: StreamState): Common {
  return { program, policy, credential, healthyAt, lives, counts, tracks };
}

/** Nothing is held against the source any more. */
export function fresh<State extends StreamState>(state: State): State {
  return { ...state, counts: FRESH };
}

/** Of other credentials the first set comes first. */
export function withOtherSource<State extends StreamState>(state: State): State {
  return { ...fresh(state), credential: 0 };
}

export function withPolicy<State extends StreamState>(state: State, { policy }: Event<"policyEdited">): State {
  const isThere = state.credential < Math.max(1, policy.credentials);
  return { ...state, policy, credential: isThere ? state.credential : 0 };
}

/** How long there has been video; at least 1. */
export function videoMsOf({ upAt }: In<"running"> | In<"suspect">, at: number): number {
  return Math.max(1, at - upAt);
}
