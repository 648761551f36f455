/** Names of streams and users as the config allows them, and help for those that are nearly right. */

import { closest } from "../config/suggest.js";

/** As in src/config/formats.ts, which is not imported: with it comes the schema, and `status` is to start at once. */
const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;

export function isName(text: string): boolean {
  return NAME.test(text);
}

/** A sentence where `name` cannot be the name of a stream, or of what is said. */
export function nameProblem(name: string, of: "stream" | "user" = "stream"): string | undefined {
  if (isName(name)) return undefined;
  return `"${name.slice(0, 80)}" cannot be the name of a ${of}: 1 to 64 of a-z, 0-9, - and _, the first a letter or digit.`;
}

/** For the hint below "there is no stream …". */
export function knownStreamsHint(name: string, known: readonly string[]): string {
  if (known.length === 0) return "There are none.";
  const near = closest(name, known);
  const suggestion = near === undefined ? "" : `Did you mean ${near}? `;
  return `${suggestion}There are: ${known.join(", ")}.`;
}
