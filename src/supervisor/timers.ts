/** The timers of one stream, by name. Setting one that runs sets it anew. */

import type { TimerName } from "../policy/states.js";
import type { Clock } from "./stream.js";

export interface Timers {
  set(timer: TimerName, ms: number): void;
  clear(timer: TimerName): void;
  clearAll(): void;
}

export function createTimers(clock: Clock, onFired: (timer: TimerName) => void): Timers {
  const running = new Map<TimerName, () => void>();

  function clear(timer: TimerName): void {
    running.get(timer)?.();
    running.delete(timer);
  }

  return {
    set(timer, ms) {
      clear(timer);
      const cancel = clock.after(ms, () => {
        running.delete(timer);
        onFired(timer);
      });
      running.set(timer, cancel);
    },
    clear,
    clearAll() {
      for (const timer of [...running.keys()]) clear(timer);
    },
  };
}
