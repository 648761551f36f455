/** The lines of an events file: events, and between them what they add up to. Whatever is no such line is passed over. */

import { EMPTY_TALLY, EVENT_KINDS, EVENTS_KEPT, type EventRecord, type StreamTally } from "./event.js";

const NO_OUTAGE = { from: 0, detectedAt: 0, class: "", failures: {} };

export interface KeptEvents {
  /** Oldest first. */
  readonly events: readonly EventRecord[];
  readonly tally: StreamTally | undefined;
}

export function eventLine(event: EventRecord): string {
  return `${JSON.stringify(event)}\n`;
}

export function tallyLine(tally: StreamTally): string {
  return `${JSON.stringify({ tally })}\n`;
}

/** The newest tally counts. */
export function parseEventLines(text: string): KeptEvents {
  let events: readonly EventRecord[] = [];
  let tally: StreamTally | undefined;
  for (const line of text.split("\n")) {
    const value = parseObject(line);
    if (value && isEvent(value)) events = withEvent(events, value);
    else if (value && isTally(value.tally)) tally = value.tally;
  }
  return { events, tally };
}

/** An event that stands for several takes the place of the one that stood for one less. */
export function withEvent(events: readonly EventRecord[], event: EventRecord): readonly EventRecord[] {
  const last = events.at(-1);
  const before = last && isSame(last, event) ? events.slice(0, -1) : events;
  return [...before.slice(1 - EVENTS_KEPT), event];
}

/** The same happened again; how long it took this time makes no difference. */
export function isSame(
  one: Pick<EventRecord, "kind" | "message" | "fields">,
  other: Pick<EventRecord, "kind" | "message" | "fields">,
): boolean {
  return one.kind === other.kind && one.message === other.message && one.fields.class === other.fields.class;
}

function isEvent(value: Record<string, unknown>): value is Record<string, unknown> & EventRecord {
  const { id, at, firstAt, stream, kind, message, fields, times } = value;
  return (
    Number.isSafeInteger(id) &&
    typeof kind === "string" &&
    Object.hasOwn(EVENT_KINDS, kind) &&
    typeof times === "number" &&
    typeof fields === "object" &&
    fields !== null &&
    (stream === null || typeof stream === "string") &&
    [at, firstAt, message].every((text) => typeof text === "string")
  );
}

function isTally(value: unknown): value is StreamTally {
  if (!hasShapeOf(EMPTY_TALLY, value)) return false;
  const { open } = value as StreamTally;
  return open === null || hasShapeOf(NO_OUTAGE, open);
}

/** Whether every member of `model` is in `value`, with the same type; `null` in the model stands for `null` or an object. */
function hasShapeOf(model: unknown, value: unknown): boolean {
  if (model === null) return typeof value === "object";
  if (typeof model !== "object") return typeof value === typeof model;
  if (typeof value !== "object" || value === null || Array.isArray(model) !== Array.isArray(value)) return false;
  return Object.entries(model).every(([key, part]) => hasShapeOf(part, (value as Record<string, unknown>)[key]));
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
