/** Time that passes when the test says so. */

import type { Clock } from "../../src/supervisor/stream.js";

export interface FakeClock extends Clock {
  /** Lets that time pass: timers run when they are due, in order. */
  advance(ms: number): void;
  /** The same, and what they began is done before the next one runs. */
  pass(ms: number): Promise<void>;
}

const START = Date.parse("2026-11-23T12:00:00.000Z");

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

export function createFakeClock(start = START): FakeClock {
  let now = start;
  const timers = new Set<Timer>();

  /** Runs the next one that is due until then; `false`: there is none. */
  function runNext(until: number): boolean {
    const next = [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
    if (!next) return false;
    timers.delete(next);
    now = next.at;
    next.run();
    return true;
  }

  return {
    now: () => now,
    after(ms, run) {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      const end = now + ms;
      while (runNext(end));
      now = end;
    },
    async pass(ms) {
      const end = now + ms;
      await settled();
      while (runNext(end)) await settled();
      now = end;
    },
  };
}

/** What was begun without a timer is done. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
