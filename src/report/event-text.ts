/** An event as a person reads it, in the columns of a log line. */

import { EVENT_KINDS, type EventMood, type EventRecord } from "./event.js";
import { colourOfName, localTime, STREAM_NAME_COLUMN } from "./log-line.js";
import { type Colour, type Paint, printable, wrap } from "./terminal.js";
import { spanText } from "./units.js";

const MOOD_COLOURS: Readonly<Record<EventMood, Colour | null>> = {
  good: "green",
  plain: null,
  bad: "yellow",
  worst: "red",
};
const TIME_COLUMN = "00:00:00 ".length;
const NARROWEST_TEXT = 20;
/** The state that a sentence about a failure does not say by itself. */
const SAID_BEFORE: readonly string[] = ["failed", "holding"];
/** Long, or said by the message: for programs. */
const NOT_SHOWN: readonly string[] = ["class", "detail"];

/** Time, stream, what happened, in brackets its numbers; wrapped below the text. Ends with a newline. */
export function formatEvent(event: EventRecord, paint: Paint, columns = Number.POSITIVE_INFINITY): string {
  const name = (event.stream ?? "dslrs").padEnd(STREAM_NAME_COLUMN);
  const indent = TIME_COLUMN + name.length + 1;
  const lines = wrap(eventText(event), Math.max(NARROWEST_TEXT, columns - indent));
  const colour = MOOD_COLOURS[EVENT_KINDS[event.kind]];
  const [first = "", ...rest] = colour === null ? lines : lines.map((line) => paint(colour, line));
  const head = `${paint("dim", localTime(event.at))} ${paint(colourOfName(event.stream ?? undefined), name)} `;
  return `${[head + first, ...rest.map((line) => " ".repeat(indent) + line)].join("\n")}\n`;
}

/** `failed: The camera refused the connection. (12 times since 09:10:01, attempts 12, next in 2.3 s)` */
export function eventText({ kind, message, fields, times, firstAt }: EventRecord): string {
  const state = SAID_BEFORE.includes(kind) ? `${kind}: ` : "";
  const repeated = times > 1 ? [`${times} times since ${localTime(firstAt)}`] : [];
  const shown = Object.entries(fields).filter(([key, value]) => !NOT_SHOWN.includes(key) && value !== null);
  const details = [...repeated, ...shown.map(([key, value]) => fieldText(key, value))];
  return printable(`${state}${message}${details.length > 0 ? ` (${details.join(", ")})` : ""}`);
}

/** `downMs: 2300` is `down 2.3 s`. */
function fieldText(key: string, value: unknown): string {
  const words = (name: string) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  if (key.endsWith("Ms") && typeof value === "number") return `${words(key.slice(0, -2))} ${spanText(value)}`;
  return `${words(key)} ${value}`;
}
