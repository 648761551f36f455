/** One line of the log: read from its JSON form, and written so that a person can read it. */

import { type Colour, type Paint, printable, wrap } from "./terminal.js";

export type LogLevel = "debug" | "info" | "warn" | "error";

export interface LogRecord {
  readonly time: string;
  readonly level: LogLevel;
  readonly message: string;
  /** Absent: the supervisor speaks of itself. */
  readonly stream?: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export const STREAM_NAME_COLUMN = 12;

const LEVELS: readonly string[] = ["debug", "info", "warn", "error"] satisfies LogLevel[];
const LEVEL_COLOURS = { debug: "dim", info: "dim", warn: "yellow", error: "red" } as const satisfies Record<
  LogLevel,
  Colour
>;
const NAME_COLOURS: readonly Colour[] = ["cyan", "magenta", "blue", "green"];
const TIME_COLUMN = "00:00:00 ".length;

/** `undefined` for a line that is not one of ours, such as one cut short by a full disk. */
export function parseLogLine(line: string): LogRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { time, level, message, stream, ...fields } = value as Record<string, unknown>;
  if (typeof time !== "string" || typeof message !== "string") return undefined;
  if (typeof level !== "string" || !LEVELS.includes(level)) return undefined;
  const record = { time, level: level as LogLevel, message, fields };
  return typeof stream === "string" ? { ...record, stream } : record;
}

/** Time, stream, the level where it is not `info`, message, fields; wrapped below the message. Ends with a newline. */
export function formatLogRecord(record: LogRecord, paint: Paint, columns = Number.POSITIVE_INFINITY): string {
  const name = record.stream ?? "dslrs";
  const paddedName = name.padEnd(STREAM_NAME_COLUMN);
  const indent = TIME_COLUMN + paddedName.length + 1;
  const level = record.level === "info" ? "" : `${record.level}: `;
  const [first = "", ...rest] = wrap(level + textOf(record), Math.max(20, columns - indent));
  const colouredFirst = paint(LEVEL_COLOURS[record.level], level) + first.slice(level.length);
  const head = `${paint("dim", localTime(record.time))} ${paint(colourOfName(record.stream), paddedName)} `;
  return [head + (level === "" ? first : colouredFirst), ...rest.map((line) => " ".repeat(indent) + line), ""].join(
    "\n",
  );
}

function textOf(record: LogRecord): string {
  const fields = Object.entries(record.fields).map(([key, value]) => `${key}=${valueText(value)}`);
  return printable([record.message, ...fields].join(" "));
}

function valueText(value: unknown): string {
  if (typeof value === "string") return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value) ?? "";
}

export function localTime(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return "--:--:--";
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((n) => String(n).padStart(2, "0")).join(":");
}

/** The same name has the same colour in every run. */
export function colourOfName(name: string | undefined): Colour {
  if (name === undefined) return "bold";
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521;
  return NAME_COLOURS[sum % NAME_COLOURS.length] ?? "cyan";
}
