/** A clock that stands still until a test sets it forward. */

import type { Clock } from "../../src/supervisor/stream.js";
import { NOW } from "./reports.js";

export interface FakeClock extends Clock {
  /** Runs what falls due on the way, in order. */
  advance(ms: number): void;
}

export function fakeClock(start = NOW.getTime()): FakeClock {
  let now = start;
  let due: { readonly at: number; readonly run: () => void }[] = [];
  return {
    now: () => now,
    after(ms, run) {
      const timer = { at: now + ms, run };
      due.push(timer);
      return () => {
        due = due.filter((other) => other !== timer);
      };
    },
    advance(ms) {
      const end = now + ms;
      for (let next = earliest(due, end); next; next = earliest(due, end)) {
        const timer = next;
        due = due.filter((other) => other !== timer);
        now = timer.at;
        timer.run();
      }
      now = end;
    },
  };
}

function earliest<Timer extends { readonly at: number }>(timers: readonly Timer[], until: number): Timer | undefined {
  return timers.filter(({ at }) => at <= until).sort((one, other) => one.at - other.at)[0];
}
