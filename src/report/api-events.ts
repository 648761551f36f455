/**
 * GET /v1/events?stream=NAME&since=ID&limit=N&wait=SECONDS: without `wait` what there is, with it at the latest after that time what has
 * come. Whoever follows asks again, with the id of the last event that was seen; so nobody who reads slowly is waited for.
 */

import { setTimeout as delay } from "node:timers/promises";
import type { SupervisorControl } from "../supervisor/control.js";
import type { EventQuery } from "./event.js";

export type EventsAnswer =
  | { readonly status: 200; readonly body: unknown }
  | { readonly status: 400 | 404 | 503; readonly error: string };

export interface EventsDesk {
  /** `left` is aborted when the asker is gone. */
  answer(parameters: URLSearchParams, left: AbortSignal): Promise<EventsAnswer>;
  /** Answers those who wait. */
  close(): void;
}

const LONGEST_ANSWER = 5_000;
const DEFAULT_LIMIT = 1_000;
const LONGEST_WAIT_SECONDS = 30;
const MOST_WAITING = 16;
/** Events come in bursts; a follower is not to ask once for each. */
const GATHER_MS = 50;

type Control = Pick<SupervisorControl, "events" | "nextEvent">;

export function openEventsDesk(control: Control): EventsDesk {
  const closing = new AbortController();
  let waiting = 0;

  async function untilAny(query: EventQuery, seconds: number, left: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([left, closing.signal, AbortSignal.timeout(seconds * 1_000)]);
    while (!signal.aborted && control.events(query)?.length === 0) await control.nextEvent(signal);
    if (!signal.aborted) await delay(GATHER_MS, undefined, { signal }).catch(() => undefined);
  }

  return {
    async answer(parameters, left) {
      const query = queryOf(parameters);
      const wait = numberOf(parameters, "wait", 0);
      if (query === undefined || wait === undefined) {
        return { status: 400, error: "`since`, `limit` and `wait` are whole numbers." };
      }
      const unknown = { status: 404, error: `There is no stream "${(query.stream ?? "").slice(0, 64)}".` } as const;
      const found = control.events(query);
      if (found === undefined) return unknown;
      if (found.length > 0 || wait === 0) return { status: 200, body: { events: found } };
      if (waiting >= MOST_WAITING) return { status: 503, error: `${MOST_WAITING} others follow the events already.` };
      waiting += 1;
      try {
        await untilAny(query, Math.min(wait, LONGEST_WAIT_SECONDS), left);
      } finally {
        waiting -= 1;
      }
      return { status: 200, body: { events: control.events(query) ?? [] } };
    },
    close: () => closing.abort(),
  };
}

function queryOf(parameters: URLSearchParams): EventQuery | undefined {
  const stream = parameters.get("stream");
  const since = numberOf(parameters, "since", null);
  const limit = numberOf(parameters, "limit", DEFAULT_LIMIT);
  if (since === undefined || limit === undefined) return undefined;
  return {
    ...(stream === null ? {} : { stream }),
    ...(since === null ? {} : { since }),
    limit: Math.min(limit, LONGEST_ANSWER),
  };
}

/** `undefined`: it is no whole number. */
function numberOf<Missing>(parameters: URLSearchParams, name: string, missing: Missing): number | Missing | undefined {
  const text = parameters.get(name);
  if (text === null) return missing;
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
