/** Splits a command line by the quoting rules of a POSIX shell, without expansions: no shell ever runs it. */

import type { Reading } from "./scalar.js";

const OPERATORS = new Set(["|", "||", "&", "&&", ";", "<", ">", ">>", "2>", "2>&1", "&>"]);

export function splitCommandLine(line: string): Reading<readonly string[]> {
  const words: string[] = [];
  // A word is a run of plain characters, escaped characters and quoted stretches.
  const word = /\s*((?:[^\s"'\\]|\\[\s\S]|'[^']*'|"(?:[^"\\]|\\[\s\S])*")+)/y;
  while (line.slice(word.lastIndex).trim() !== "") {
    const from = word.lastIndex;
    const raw = word.exec(line)?.[1];
    if (raw === undefined) return unfinished(line.slice(from));
    if (OPERATORS.has(raw)) {
      return { problem: "needs a shell", hint: `no shell runs it; put "${raw}" in quotes or write sh -c '…'` };
    }
    words.push(unquote(raw));
  }
  if (words.length === 0) return { problem: "is empty", hint: "write a command, as in gst-launch-1.0 …" };
  return { value: words };
}

function unfinished(rest: string): Reading<never> {
  const hint = rest.trimEnd().endsWith("\\") ? "it ends in a backslash" : "close the quote that is open";
  return { problem: "is no complete command line", hint };
}

function unquote(raw: string): string {
  return raw.replace(/'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])/g, (_, single, double, escaped) => {
    if (single !== undefined) return single;
    if (double !== undefined) return double.replace(/\\(["\\$`])/g, "$1").replaceAll("\\\n", "");
    return escaped === "\n" ? "" : escaped;
  });
}
