/**
 * The turns of attempts: a token bucket that all streams share, with a queue before it. In any time t at most `perSecond` t + `burst`
 * attempts begin. Pure: who runs it keeps the state and the timer.
 */

import type { ReconnectLimit } from "../config/model.js";

export interface Waiter {
  readonly stream: string;
  readonly byUser: boolean;
  /** When the stream last was healthy, ms since 1970; `null`: never yet. */
  readonly healthyAt: number | null;
}

export interface Limiter {
  readonly limit: ReconnectLimit;
  /** Turns that could be had at `filledAt`; a fraction is on its way. */
  readonly tokens: number;
  readonly filledAt: number;
  /** Turns given so far. */
  readonly turns: number;
  /** First come first. */
  readonly queue: readonly Waiter[];
}

/** Every so many turns one goes to who waits longest, so that nobody waits for ever behind streams that go first. */
export const FAIR_EVERY = 4;

/** Fractions do not add up exactly. */
const ONE_TOKEN = 1 - 1e-6;

export function createLimiter(limit: ReconnectLimit, at: number): Limiter {
  return { limit, tokens: limit.burst, filledAt: at, turns: 0, queue: [] };
}

/** What was saved up stays, within the new burst. */
export function withLimit(limiter: Limiter, limit: ReconnectLimit, at: number): Limiter {
  const { tokens } = filled(limiter, at);
  return { ...limiter, limit, tokens: Math.min(tokens, limit.burst), filledAt: at };
}

/** A stream that waits already keeps its place. */
export function join(limiter: Limiter, waiter: Waiter): Limiter {
  const index = limiter.queue.findIndex(({ stream }) => stream === waiter.stream);
  const queue = index < 0 ? [...limiter.queue, waiter] : limiter.queue.with(index, waiter);
  return { ...limiter, queue };
}

export function leave(limiter: Limiter, stream: string): Limiter {
  return { ...limiter, queue: limiter.queue.filter((waiter) => waiter.stream !== stream) };
}

/** Gives one turn, if one can be had; `stream` is whose it is. To be called until there is none. */
export function takeTurn(limiter: Limiter, at: number): { readonly limiter: Limiter; readonly stream?: string } {
  const now = filled(limiter, at);
  const turns = now.turns + 1;
  const chosen = turns % FAIR_EVERY === 0 ? now.queue[0] : first(now.queue);
  if (!chosen || now.tokens < ONE_TOKEN) return { limiter: now };
  const { stream } = chosen;
  return { limiter: { ...leave(now, stream), tokens: Math.max(0, now.tokens - 1), turns }, stream };
}

/** How long until the next turn can be taken; `null`: nobody waits. */
export function nextTurnMs(limiter: Limiter, at: number): number | null {
  if (limiter.queue.length === 0) return null;
  const missing = ONE_TOKEN - filled(limiter, at).tokens;
  return missing <= 0 ? 0 : Math.ceil((missing * 1_000) / limiter.limit.perSecond);
}

/** A clock that was set back gives nothing and takes nothing. */
function filled(limiter: Limiter, at: number): Limiter {
  const { limit, tokens, filledAt } = limiter;
  const gained = (Math.max(0, at - filledAt) * limit.perSecond) / 1_000;
  return { ...limiter, tokens: Math.min(limit.burst, tokens + gained), filledAt: at };
}

function first(queue: readonly Waiter[]): Waiter | undefined {
  return queue.reduce<Waiter | undefined>((best, each) => (!best || goesBefore(each, best) ? each : best), undefined);
}

/** Of two that are alike, who came first stays before. */
function goesBefore(a: Waiter, b: Waiter): boolean {
  if (a.byUser !== b.byUser) return a.byUser;
  return (a.healthyAt ?? Number.NEGATIVE_INFINITY) > (b.healthyAt ?? Number.NEGATIVE_INFINITY);
}
