/** Quotes the text of a config in a message, without its secrets. */

import { maskSecrets } from "./credentials.js";
import type { Tree } from "./tree.js";

const MOST_CHARACTERS = 60;

/** The offending text as it stands in the file, so that variables appear by name; empty for maps and lists. */
export function snippetOf(text: string, tree: Tree): string {
  if (tree.kind !== "scalar") return "";
  if (isSecret(tree.path)) return "***";
  const written = text.slice(tree.range.start, tree.range.end).trim();
  // One value holds one address at most, so even a password with spaces in it ends at the last @.
  return shorten(maskSecrets(written).replace(/(:\/\/).*@/s, "$1***@"));
}

/** Where a whole set of credentials belongs, a text may be anything. */
function isSecret(path: Tree["path"]): boolean {
  return /(pass(word)?|secret|token|pw|hash)$/i.test(String(path.at(-1))) || path.includes("credentials");
}

export function shorten(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS - 1)}…` : line;
}

/** What a sentence about the value at `tree` begins with. */
export function named(snippet: string, tree: Tree): string {
  if (tree.kind !== "scalar") return `a ${tree.kind}`;
  if (snippet === "") return "an empty text";
  return /^["'*]/.test(snippet) ? snippet : `"${snippet}"`;
}

/** How a path begins a sentence. */
export function subject(path: readonly (string | number)[]): string {
  return path.length === 0 ? "" : `${path.join(".")}: `;
}
