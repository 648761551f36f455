/** Time that passes when the test says so. */

import type { Clock } from "../../src/supervisor/stream.js";

export interface FakeClock extends Clock {
  /** Lets that time pass: timers run when they are due, and so does what they began. */
  pass(ms: number): Promise<void>;
}

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

export function createFakeClock(): FakeClock {
  let now = 1_000;
  const timers = new Set<Timer>();
  const due = (until: number) => [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
  return {
    now: () => now,
    after(ms, run) {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async pass(ms) {
      const end = now + ms;
      await settled();
      for (let timer = due(end); timer; timer = due(end)) {
        timers.delete(timer);
        now = timer.at;
        timer.run();
        await settled();
      }
      now = end;
    },
  };
}

/** What was begun without a timer is done. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
