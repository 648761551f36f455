/**
 * The circuit breaker of one source host. After a few attempts in a row that did not even connect, of whatever streams, attempts are
 * barred and one cheap probe at a time asks whether the host is back. Pure: who runs it keeps the state, the timer and the probe.
 */

import type { FailureClass } from "../failure.js";

export type Breaker =
  /** `relapses`: how often a probe closed it in vain since an attempt last succeeded. */
  | { readonly is: "closed"; readonly since: number; readonly failures: number; readonly relapses: number }
  /** No attempt may begin. A `tick` is due at `probeAt`. */
  | { readonly is: "open"; readonly since: number; readonly probeAt: number; readonly relapses: number }
  /** The same, and a probe is under way. `since`: when it opened. */
  | { readonly is: "halfOpen"; readonly since: number; readonly relapses: number };

/** `at`, `begunAt`: ms since 1970. */
export type BreakerEvent = { readonly at: number } & (
  | { readonly type: "attemptFailed"; readonly class: FailureClass; readonly begunAt: number }
  /** There is video. */
  | { readonly type: "attemptSucceeded" }
  | { readonly type: "probeFailed"; readonly class: FailureClass }
  | { readonly type: "probeSucceeded" }
  | { readonly type: "tick" }
);

/** `bar`: it opened, so what waits for a turn is barred. `probe`: one probe now. `release`: it closed, so what waits for the host hears `hostBack`. */
export type BreakerEffect = "none" | "bar" | "probe" | "release";

export interface BreakerStep {
  readonly breaker: Breaker;
  readonly effect: BreakerEffect;
}

export const CLOSED: Breaker = { is: "closed", since: 0, failures: 0, relapses: 0 };

/** Failures in a row that open it. */
export const MAX_FAILURES = 3;

/** Time between probes, by how long the host has been away: a camera that restarts is back in a minute or two. */
const PROBE_EVERY: readonly { readonly untilMs: number; readonly everyMs: number }[] = [
  { untilMs: 60_000, everyMs: 500 },
  { untilMs: 600_000, everyMs: 1_000 },
  { untilMs: Number.POSITIVE_INFINITY, everyMs: 2_000 },
];
/** A host that answers probes but no attempts is not let through twice a second. */
const MAX_RELAPSE_MS = 30_000;

const CONNECTION_FAILURES: ReadonlySet<FailureClass> = new Set([
  "dnsFailed",
  "refused",
  "unreachable",
  "connectTimeout",
]);
/** The host is well enough to say no. */
const ANSWERS: ReadonlySet<FailureClass> = new Set([
  "unauthorized",
  "forbidden",
  "notFound",
  "busy",
  "unsupportedEncoding",
]);

/** Whether the source's host could not be reached at all. */
export function isConnectionFailure(failureClass: FailureClass): boolean {
  return CONNECTION_FAILURES.has(failureClass);
}

/** Whether attempts may begin. */
export function letsThrough(breaker: Breaker): boolean {
  return breaker.is === "closed";
}

export function nextBreaker(breaker: Breaker, event: BreakerEvent): BreakerStep {
  switch (breaker.is) {
    case "closed":
      return whileClosed(breaker, event);
    case "open":
      return whileOpen(breaker, event);
    case "halfOpen":
      return whileHalfOpen(breaker, event);
  }
}

type In<Name extends Breaker["is"]> = Extract<Breaker, { is: Name }>;

function whileClosed(breaker: In<"closed">, event: BreakerEvent): BreakerStep {
  switch (event.type) {
    case "attemptFailed":
      if (ANSWERS.has(event.class)) return to({ ...breaker, failures: 0, relapses: 0 });
      if (!isConnectionFailure(event.class) || event.begunAt < breaker.since) return to(breaker);
      return afterFailure({ ...breaker, failures: breaker.failures + 1 }, event.at);
    case "attemptSucceeded":
      return to({ ...breaker, failures: 0, relapses: 0 });
    case "probeFailed": // asked for another reason, or too late
    case "probeSucceeded":
    case "tick":
      return to(breaker);
  }
}

function whileOpen(breaker: In<"open">, event: BreakerEvent): BreakerStep {
  switch (event.type) {
    case "tick":
      return event.at < breaker.probeAt
        ? to(breaker)
        : to({ is: "halfOpen", since: breaker.since, relapses: breaker.relapses }, "probe");
    case "attemptFailed": // one that began before it opened
      return ANSWERS.has(event.class) ? close(0, event.at) : to(breaker);
    case "attemptSucceeded":
      return close(0, event.at);
    case "probeSucceeded": // asked for another reason
      return close(breaker.relapses + 1, event.at);
    case "probeFailed":
      return to(breaker);
  }
}

function whileHalfOpen(breaker: In<"halfOpen">, event: BreakerEvent): BreakerStep {
  switch (event.type) {
    case "probeSucceeded":
      return close(breaker.relapses + 1, event.at);
    case "probeFailed": // what got through to say so is no failure to connect: let an attempt find out
      return isConnectionFailure(event.class) ? to(reopened(breaker, event.at)) : close(breaker.relapses + 1, event.at);
    case "attemptFailed":
      return ANSWERS.has(event.class) ? close(0, event.at) : to(breaker);
    case "attemptSucceeded":
      return close(0, event.at);
    case "tick":
      return to(breaker);
  }
}

function afterFailure(breaker: In<"closed">, at: number): BreakerStep {
  if (breaker.failures < MAX_FAILURES) return to(breaker);
  return to(reopened({ since: at, relapses: breaker.relapses }, at), "bar");
}

function reopened({ since, relapses }: Pick<In<"open">, "since" | "relapses">, at: number): Breaker {
  return { is: "open", since, relapses, probeAt: at + probeAfterMs(at - since, relapses) };
}

function close(relapses: number, at: number): BreakerStep {
  return to({ is: "closed", since: at, failures: 0, relapses }, "release");
}

function probeAfterMs(openMs: number, relapses: number): number {
  const everyMs = PROBE_EVERY.find(({ untilMs }) => openMs < untilMs)?.everyMs ?? 0;
  return Math.max(everyMs, Math.min(MAX_RELAPSE_MS, 500 * 2 ** Math.min(relapses, 10)));
}

function to(breaker: Breaker, effect: BreakerEffect = "none"): BreakerStep {
  return { breaker, effect };
}
