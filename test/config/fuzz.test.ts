/** Whatever a file holds: an answer, a place for each error, and never an exception. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "./parsing.js";

const example = readFileSync(join(import.meta.dirname, "../../config.example.yaml"), "utf8");

const FRAGMENTS = [
  "\t",
  "\n",
  "\r\n",
  " ",
  "  ",
  ":",
  ": ",
  "- ",
  "[",
  "]",
  "{",
  "}",
  ",",
  '"',
  "'",
  "#",
  "&a ",
  "*a",
  "!",
  "|",
  ">",
  "%",
  "@",
  "`",
  "?",
  "---\n",
  "...\n",
  "~",
  "null",
  "\u0000",
  "\ufeff",
  "\u2028",
  "😀",
  "ä",
  `\${`,
  `\${HOME}`,
  `$\${`,
  "<<: ",
  "__proto__: ",
  "rtsp://a:b@c:9/d",
  "0",
  "-1",
  ".inf",
  "1e999",
  "streams:\n",
  "  source: x\n",
  "outputs: [{ type: rtsp }]\n",
  "passwordFile: x",
  "command: a 'b",
  "\\",
  "/",
  "10m",
  "50%",
];

/** mulberry32 */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function mutate(text: string, random: () => number): string {
  const below = (limit: number) => Math.floor(random() * limit);
  const from = below(text.length + 1);
  const to = Math.min(text.length, from + below(random() < 0.1 ? 400 : 12));
  const elsewhere = below(text.length);
  const replacements = [
    "",
    FRAGMENTS[below(FRAGMENTS.length)] ?? "",
    text.slice(elsewhere, elsewhere + below(80)),
    text.slice(from, to).toUpperCase(),
    text.slice(from, to).repeat(3),
  ];
  return text.slice(0, from) + (replacements[below(replacements.length)] ?? "") + text.slice(to);
}

test.each([1, 2, 3, 4])("mutations of the example, seed %i", (seed) => {
  const random = randomFrom(seed);
  let outcomes = { valid: 0, invalid: 0 };
  for (let round = 0; round < 500; round += 1) {
    let text = example;
    for (let mutations = 1 + Math.floor(random() * 4); mutations > 0; mutations -= 1) text = mutate(text, random);
    outcomes = judge(text, outcomes);
  }
  // Both must occur often, or the mutations test nothing.
  expect(outcomes.valid).toBeGreaterThan(40);
  expect(outcomes.invalid).toBeGreaterThan(40);
});

function judge(text: string, outcomes: { valid: number; invalid: number }): typeof outcomes {
  const parsed = parse(text, { env: { HOME: "/root" }, files: { "/site/x": "pw" } });
  if (parsed.ok) return { ...outcomes, valid: outcomes.valid + 1 };
  const lines = text.split("\n");
  const misplaced = parsed.errors.filter(({ line, column }) => {
    return !(line >= 1 && line <= lines.length && column >= 1 && column <= (lines[line - 1]?.length ?? 0) + 1);
  });
  if (misplaced.length > 0 || parsed.errors.length === 0)
    throw new Error(JSON.stringify({ text, errors: parsed.errors }));
  return { ...outcomes, invalid: outcomes.invalid + 1 };
}
