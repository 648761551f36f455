/** Turns, breakers and probes in virtual time, made of the pure parts. Checks what they promise. */

import type { ReconnectLimit } from "../../src/config/model.js";
import type { FailureClass } from "../../src/failure.js";
import { type BreakerEvent, CLOSED, letsThrough, nextBreaker } from "../../src/policy/breaker.js";
import { createLimiter, join, leave, nextTurnMs, takeTurn, type Waiter } from "../../src/policy/limiter.js";
import type { AdmissionNews } from "../../src/policy/states.js";
import type { Agenda, Due } from "./agenda.js";
import type { Absence } from "./cameras.js";
import type { Random } from "./random.js";

export interface Host {
  /** `undefined`: it is there. */
  absence: Absence | undefined;
}

type Occurred<Event> = Event extends unknown ? Omit<Event, "at"> : never;

export interface HostWatch {
  isOpen(): boolean;
  /** What became of an attempt. */
  saw(event: Occurred<BreakerEvent>): void;
  /** Asks the host, or waits for the answer that is under way. */
  probe(answer: (found: "answers" | FailureClass) => void): void;
}

export interface Admission {
  watch(host: string): HostWatch;
  /** `host`: the one that the attempt needs. */
  queue(waiter: Waiter, host: string | undefined): void;
  leaveQueue(stream: string): void;
  isQueued(stream: string): boolean;
  /** An attempt begins; every one has to be told. */
  /** `host`: the one that the attempt needs. */
  began(stream: string, host: string | undefined): void;
}

export interface AdmissionParts {
  readonly agenda: Agenda;
  readonly random: Random;
  readonly limit: ReconnectLimit;
  readonly hosts: ReadonlyMap<string, Host>;
  post(stream: string, news: AdmissionNews): void;
  streamsOf(host: string): readonly string[];
}

export function createAdmission({ agenda, random, limit, hosts, post, streamsOf }: AdmissionParts): Admission {
  let limiter = createLimiter(limit, agenda.now());
  let pumping: Due | undefined;
  const hostOf = new Map<string, string>();
  const watches = new Map([...hosts].map(([name, host]) => [name, createWatch(name, host)]));
  const law = createLaw(limit);

  function watch(host: string): HostWatch {
    const found = watches.get(host);
    if (!found) throw new Error(`no host ${host}`);
    return found;
  }

  function pumpIn(ms: number): void {
    if (pumping && !pumping.isCancelled && pumping.at <= agenda.now() + ms) return;
    if (pumping) pumping.isCancelled = true;
    pumping = agenda.after(ms, pump);
  }

  function pump(): void {
    pumping = undefined;
    for (const { stream } of limiter.queue) {
      const host = hostOf.get(stream) ?? "";
      if (host === "" || !watch(host).isOpen()) continue;
      limiter = leave(limiter, stream);
      post(stream, { type: "attemptBarred" });
    }
    for (;;) {
      const turn = takeTurn(limiter, agenda.now());
      limiter = turn.limiter;
      if (turn.stream === undefined) break;
      post(turn.stream, { type: "attemptGranted" });
    }
    const ms = nextTurnMs(limiter, agenda.now());
    if (ms !== null) pumpIn(ms);
  }

  function createWatch(name: string, host: Host): HostWatch {
    let breaker = CLOSED;
    let tick: Due | undefined;
    let listeners: ((found: "answers" | FailureClass) => void)[] = [];

    function saw(event: Occurred<BreakerEvent>): void {
      const step = nextBreaker(breaker, { ...event, at: agenda.now() });
      breaker = step.breaker;
      if (breaker.is === "open" && (!tick || tick.isCancelled)) {
        tick = agenda.after(breaker.probeAt - agenda.now(), () => {
          tick = undefined;
          saw({ type: "tick" });
        });
      }
      if (breaker.is !== "open" && tick) tick.isCancelled = true;
      if (step.effect === "probe") probe((found) => saw(verdictOf(found)));
      if (step.effect === "bar") pumpIn(0);
      if (step.effect === "release") for (const stream of streamsOf(name)) post(stream, { type: "hostBack" });
    }

    function probe(answer: (found: "answers" | FailureClass) => void): void {
      listeners.push(answer);
      if (listeners.length > 1) return;
      const isPatient = host.absence === "connectTimeout" || host.absence === "unreachable";
      agenda.after(isPatient ? 400 : 1 + random() * 20, () => {
        const waiting = listeners;
        listeners = [];
        for (const listener of waiting) listener(host.absence ?? "answers");
      });
    }

    return { isOpen: () => !letsThrough(breaker), saw, probe };
  }

  return {
    watch,
    queue(waiter, host) {
      hostOf.set(waiter.stream, host ?? "");
      limiter = join(limiter, waiter);
      pumpIn(0);
    },
    leaveQueue(stream) {
      limiter = leave(limiter, stream);
    },
    isQueued: (stream) => limiter.queue.some((waiter) => waiter.stream === stream),
    began(stream, host) {
      if (host !== undefined && watch(host).isOpen())
        throw new Error(`${stream} tries though the breaker of ${host} is open`);
      law.began(agenda.now());
    },
  };
}

function verdictOf(found: "answers" | FailureClass): Occurred<BreakerEvent> {
  return found === "answers" ? { type: "probeSucceeded" } : { type: "probeFailed", class: found };
}

/** In every window of t seconds at most `perSecond` t + `burst`: the excess over the rate, since it was last none, says so for all. */
export function createLaw({ perSecond, burst }: ReconnectLimit): { began(at: number): void } {
  let excess = 0;
  let last = 0;
  return {
    began(at) {
      excess = Math.max(0, excess - ((at - last) * perSecond) / 1_000) + 1;
      last = at;
      if (excess > burst + 0.01) throw new Error(`an attempt beyond the limit, at ${at}: ${excess} of ${burst}`);
    },
  };
}
