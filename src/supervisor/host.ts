/**
 * The host of sources: wires its breaker (src/policy/breaker.ts) to a timer and to the probe, and tells the streams on it. All streams
 * share its probes: one at a time, and what it found counts for a while.
 */

import type { FailureClass } from "../failure.js";
import {
  type Breaker,
  type BreakerEvent,
  CLOSED,
  isConnectionFailure,
  letsThrough,
  nextBreaker,
} from "../policy/breaker.js";
import { hostName } from "../report/host-name.js";
import type { Log } from "../report/log.js";
import type { Clock } from "./stream.js";

/** What a look from outside says of a source: it answers, it takes the connection and says nothing, or the way to it fails. */
export type Found = "answers" | "silent" | FailureClass;

export interface HostParts {
  /** For people. */
  readonly address: string;
  readonly probe: (deadlineMs: number) => Promise<Found>;
  /** Never set back. */
  readonly clock: Clock;
  readonly log: Log;
  /** The breaker opened, or closed for the first time since. */
  readonly onChange: (change: "breakerOpened" | "breakerClosed", sentence: string) => void;
}

export interface HostListener {
  /** No attempt may begin until it is back. */
  barred(): void;
  back(): void;
}

/** One stream's part in the host of its source. */
export interface HostWatch {
  /** Whether attempts may begin. */
  letsThrough(): boolean;
  attemptBegan(): void;
  attemptSucceeded(): void;
  attemptFailed(failureClass: FailureClass): void;
  /** A look of our own, or what one found a moment ago. */
  probe(): Promise<Found>;
  view(): HostView;
  /** Nothing is heard any more. */
  leave(): void;
}

export interface HostView {
  readonly address: string;
  readonly breaker: Breaker["is"];
  /** How long it has been in that state. */
  readonly forMs: number;
  /** Until the next probe; `null`: none is waiting. */
  readonly nextProbeMs: number | null;
}

export interface Host {
  join(listener: HostListener): HostWatch;
  /** It is back, and nobody had to ask it. */
  answered(): void;
  streams(): number;
  view(): HostView;
}

/** The shortest silence that is suspected: what the host said before that says nothing of this one. */
const FRESH_MS = 80;
/** Longer than a camera needs, and short enough to see it come back while a packet of the last probe is still lost. */
const PROBE_MS = 1_000;
/** A host that has been away for so long may only be slow. */
const PATIENT_AFTER_MS = 60_000;
const PATIENT_PROBE_MS = 5_000;
/** After a failure to connect. */
const LOOK_AGAIN_MS = 250;

export function createHost({ address, probe, clock, log, onChange }: HostParts): Host {
  const listeners = new Set<HostListener>();
  let breaker: Breaker = CLOSED;
  let lastFailure: FailureClass | undefined;
  let asking: Promise<Found> | undefined;
  let last: { readonly found: Found; readonly at: number } | undefined;
  let cancelTick = () => {};
  let cancelLook = () => {};

  function take(event: DistributiveOmit<BreakerEvent, "at">): void {
    if (listeners.size === 0) return;
    const before = breaker;
    const { breaker: after, effect } = nextBreaker(before, { ...event, at: clock.now() });
    breaker = after;
    waitForTick();
    if (effect === "bar") bar(after);
    if (effect === "release") release(before);
    if (effect === "probe") void ask();
  }

  function attemptFailed(failureClass: FailureClass, begunAt: number): void {
    lastFailure = failureClass;
    take({ type: "attemptFailed", class: failureClass, begunAt });
    if (isConnectionFailure(failureClass)) lookAgainSoon();
  }

  /** Looks count like attempts: a host is not taken for away only after the back-off of its streams, which may be long. */
  function lookAgainSoon(): void {
    cancelLook();
    if (listeners.size === 0 || breaker.is !== "closed" || breaker.failures === 0) return;
    cancelLook = clock.after(LOOK_AGAIN_MS, async () => {
      const begunAt = clock.now();
      const found = await ask();
      if (found !== "answers") attemptFailed(classOf(found), begunAt);
    });
  }

  function waitForTick(): void {
    cancelTick();
    if (breaker.is !== "open") return;
    cancelTick = clock.after(Math.max(0, breaker.probeAt - clock.now()), () => take({ type: "tick" }));
  }

  /** A host that only seemed to be back is not said to be away again. */
  function bar({ relapses }: Breaker): void {
    const waiting = `its ${streamsText(listeners.size)} until it answers`;
    if (relapses === 0)
      onChange("breakerOpened", `The ${hostName(address)} is away (${lastFailure}): no attempts of ${waiting}.`);
    tellAll((listener) => listener.barred());
  }

  function release({ since, relapses }: Breaker): void {
    const seconds = Math.round((clock.now() - since) / 100) / 10;
    if (relapses === 0) onChange("breakerClosed", `The ${hostName(address)} is back after ${seconds} s.`);
    tellAll((listener) => listener.back());
  }

  /** What one of them throws is not the others' business. */
  function tellAll(tell: (listener: HostListener) => void): void {
    for (const listener of [...listeners]) {
      try {
        tell(listener);
      } catch (error) {
        log.error(`A stream on the ${hostName(address)} failed inside dslrs`, { error: String(error) });
      }
    }
  }

  function ask(): Promise<Found> {
    asking ??= look().finally(() => {
      asking = undefined;
    });
    return asking;
  }

  async function look(): Promise<Found> {
    const isLongAway = breaker.is !== "closed" && clock.now() - breaker.since > PATIENT_AFTER_MS;
    const found = await probe(isLongAway ? PATIENT_PROBE_MS : PROBE_MS).catch((error: unknown): Found => {
      log.error(`The probe of the ${hostName(address)} failed inside dslrs`, { error: String(error) });
      return "silent";
    });
    last = { found, at: clock.now() };
    take(found === "answers" ? { type: "probeSucceeded" } : { type: "probeFailed", class: classOf(found) });
    return found;
  }

  function view(): HostView {
    const now = clock.now();
    return {
      address,
      breaker: breaker.is,
      forMs: now - breaker.since,
      nextProbeMs: breaker.is === "open" ? Math.max(0, breaker.probeAt - now) : null,
    };
  }

  return {
    join(listener) {
      // One more object, so that a stream that joins twice is there twice.
      const mine = { ...listener };
      let begunAt = clock.now();
      listeners.add(mine);
      return {
        letsThrough: () => letsThrough(breaker),
        attemptBegan() {
          begunAt = clock.now();
        },
        attemptSucceeded: () => take({ type: "attemptSucceeded" }),
        attemptFailed: (failureClass) => attemptFailed(failureClass, begunAt),
        probe: async () => (last && clock.now() - last.at < FRESH_MS && !asking ? last.found : ask()),
        view,
        leave() {
          listeners.delete(mine);
          if (listeners.size > 0) return;
          cancelTick();
          cancelLook();
        },
      };
    },
    answered() {
      if (breaker.is === "closed") tellAll((listener) => listener.back());
      else take({ type: "probeSucceeded" });
    },
    streams: () => listeners.size,
    view,
  };
}

type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

/** For the breaker a host that takes connections and says nothing is not there. */
function classOf(found: Exclude<Found, "answers">): FailureClass {
  return found === "silent" ? "connectTimeout" : found;
}

function streamsText(streams: number): string {
  return streams === 1 ? "stream" : `${streams} streams`;
}
