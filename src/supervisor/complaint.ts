/** What is to be said of a config that is not in force, or not all of it, and which part of it can be. */

import type { ConfigError } from "../config/error.js";
import type { ParsedConfig, ValidConfig } from "../config/parse.js";
import type { CheckProblem } from "./control.js";

export interface Complaint {
  /** `part`: all else is in force. */
  readonly concerns: "all" | "part";
  readonly text: string;
  readonly problem: CheckProblem;
  readonly at: number;
}

/**
 * What of a file can be in force beside `current`. One that names files that cannot be used can, where what it leaves out for them is not
 * there at present either; else the last good config stays.
 */
export function usableOf(parsed: ParsedConfig, current: ValidConfig | undefined): ValidConfig | undefined {
  if (parsed.ok) return parsed;
  const isLeftOut = new Set(current?.lacking);
  return parsed.startable?.lacking.every((part) => isLeftOut.has(part)) ? parsed.startable : undefined;
}

/** The first of them stands for all: a person mends one after the other. */
export function problemOf(errors: readonly ConfigError[], concerns: Complaint["concerns"]): CheckProblem {
  const [first] = errors;
  if (!first) return { message: "It is not valid.", line: null, column: null, hint: null };
  const others = errors.length > 1 ? `; ${errors.length - 1} more` : "";
  const isRtspsOut = concerns === "part" && first.path.startsWith("rtsps.");
  const message = `${isRtspsOut ? "RTSPS is left out: " : ""}${first.message}${others}`;
  return { message, line: first.line, column: first.column, hint: first.hint };
}

export function complaintText(concerns: Complaint["concerns"], { message, line, column }: CheckProblem): string {
  const what = concerns === "part" ? "A part of the config is not in force yet" : "The config is not in force";
  const place = line === null ? "" : ` (line ${line}, column ${column})`;
  return `${what}: ${message}${place}`;
}
