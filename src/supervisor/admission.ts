/** Gives the attempts of all streams their turns: the limiter (src/policy/limiter.ts) with a clock. */

import type { ReconnectLimit } from "../config/model.js";
import {
  createLimiter,
  join,
  type Limiter,
  leave,
  nextTurnMs,
  takeTurn,
  type Waiter,
  withLimit,
} from "../policy/limiter.js";
import type { Clock } from "./stream.js";

export interface Admission {
  /** Applies at once, also to those that wait. */
  setLimit(limit: ReconnectLimit): void;
  /** `onTurn` is called once, later than this, unless the stream leaves before. */
  queue(waiter: Waiter, onTurn: () => void): void;
  /** Whether it was waiting. */
  leave(stream: string): boolean;
}

/** `clock` is never set back. */
export function createAdmission(clock: Clock, first: ReconnectLimit): Admission {
  let limiter: Limiter = createLimiter(first, clock.now());
  const waiting = new Map<string, () => void>();
  let cancelTurn = () => {};
  let isDue = false;

  /** Not at once: of those that queue at the same moment the one that should goes first. */
  function giveTurnsSoon(): void {
    if (isDue) return;
    isDue = true;
    queueMicrotask(giveTurns);
  }

  function giveTurns(): void {
    isDue = false;
    for (let stream = takeOne(); stream !== undefined; stream = takeOne()) {
      const onTurn = waiting.get(stream);
      waiting.delete(stream);
      onTurn?.();
    }
    cancelTurn();
    const ms = nextTurnMs(limiter, clock.now());
    if (ms !== null) cancelTurn = clock.after(ms, giveTurns);
  }

  function takeOne(): string | undefined {
    const turn = takeTurn(limiter, clock.now());
    limiter = turn.limiter;
    return turn.stream;
  }

  return {
    setLimit(limit) {
      limiter = withLimit(limiter, limit, clock.now());
      giveTurnsSoon();
    },
    queue(waiter, onTurn) {
      limiter = join(limiter, waiter);
      waiting.set(waiter.stream, onTurn);
      giveTurnsSoon();
    },
    leave(stream) {
      limiter = leave(limiter, stream);
      return waiting.delete(stream);
    },
  };
}
