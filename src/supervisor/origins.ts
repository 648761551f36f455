/** Streams whose source is another stream, their origin, wait here while that one is about to have pictures. */

import type { StreamState } from "../policy/states.js";

export interface Origins {
  /** `run` is called once the stream of that name is not about to have pictures: at once, where it is not. Returns how to cancel it. */
  whenSettled(name: string, run: () => void): () => void;
  /** The stream of that name went from one state to another. */
  changed(name: string): void;
}

/** `stateOf`: `undefined` of one that is not there. */
export function createOrigins(stateOf: (name: string) => StreamState | undefined): Origins {
  const waiting = new Set<{ readonly name: string; readonly run: () => void }>();

  const isComing = (name: string) => {
    const state = stateOf(name);
    return state !== undefined && isAboutToRun(state);
  };

  return {
    whenSettled(name, run) {
      if (!isComing(name)) {
        run();
        return () => {};
      }
      const waiter = { name, run };
      waiting.add(waiter);
      return () => waiting.delete(waiter);
    },
    changed(name) {
      const itsOwn = [...waiting].filter((waiter) => waiter.name === name);
      if (itsOwn.length === 0 || isComing(name)) return;
      for (const waiter of itsOwn) if (waiting.delete(waiter)) waiter.run();
    },
  };
}

/** Nothing is wrong with it so far. */
function isAboutToRun(state: StreamState): boolean {
  return state.is === "starting" || (state.is === "stopping" && state.target.is === "start");
}
