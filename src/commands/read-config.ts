/** Reads a config for a command, and shows what is wrong with it where it is wrong. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { loadConfig } from "../config/load.js";
import type { Config } from "../config/model.js";
import { redact } from "../report/redact.js";
import { paintFor, printable, truncate } from "../report/terminal.js";
import type { CheckProblem } from "../supervisor/control.js";
import type { CommandContext } from "./context.js";

const LONGEST_LINE = 110;

/** null: it is not valid, and that was said; what is merely doubtful is said too. */
export function readConfig(context: CommandContext, path: string): Config | null {
  const parsed = loadConfig(resolve(path), context.env);
  showProblems(context, path, parsed.ok ? parsed.warnings : parsed.errors, parsed.ok ? "warning: " : "");
  return parsed.ok ? parsed.config : null;
}

/** `file:line:column: message`, the line with a mark below the place, the hint. */
export function showProblems(
  context: CommandContext,
  path: string,
  problems: readonly CheckProblem[],
  prefix = "",
): void {
  const paint = paintFor(context.stderr, context.env);
  const lines = linesOf(path);
  for (const { message, line, column, hint } of problems) {
    const place = [path, line, column].filter((part) => part !== null).join(":");
    context.stderr.write(`${paint("bold", `${place}:`)} ${prefix}${printable(message)}\n`);
    const text = line === null ? undefined : lines[line - 1];
    if (text !== undefined && column !== null) context.stderr.write(marked(text, line ?? 0, column));
    if (hint !== null) context.stderr.write(`  hint: ${printable(hint)}\n`);
  }
}

function marked(text: string, line: number, column: number): string {
  const shown = withoutSecrets(text);
  // What is masked before the place has another length than the text in the file.
  const before = withoutSecrets(text.slice(0, column - 1));
  const number = String(line).padStart(5);
  const mark = shown.startsWith(before) ? `${" ".repeat(number.length)} | ${" ".repeat(before.length)}^\n` : "";
  return shown.trim() === "" ? "" : `${number} | ${shown}\n${mark}`;
}

/** Nothing is shown of a line after a key that may be meant for a password, whatever follows on it. */
function withoutSecrets(text: string): string {
  const visible = text.replaceAll("\t", " ").replace(/[\p{Cc}\p{Cf}]/gu, "?");
  return truncate(redact(visible).replace(/((?:pas|pw|secret|token|hash)\w*["']?\s*:\s*)\S.*/i, "$1***"), LONGEST_LINE);
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, "utf8").split(/\r?\n/);
  } catch {
    return [];
  }
}
