/** What the YAML library found wrong, in sentences that quote nothing but one line with its secrets masked. */

import { type Document, isCollection, isScalar, visit, type YAMLError } from "yaml";
import { maskSecrets } from "./credentials.js";
import type { Problem } from "./error.js";
import { lineEnd, lineStart } from "./lines.js";

/** The library's own messages quote the text, which may be a password; so each kind of error has a sentence here. */
const SENTENCES: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  BAD_DQ_ESCAPE: [
    "a backslash in double quotes begins no known escape",
    "write \\\\ for a backslash, or use single quotes",
  ],
  BAD_INDENT: [
    "the indentation does not fit, or a bracket is not closed",
    "close every [ and {, and indent by two spaces",
  ],
  BAD_SCALAR_START: ["a plain text cannot begin with this character", "put the text in quotes"],
  BLOCK_AS_IMPLICIT_KEY: [
    "a text and a `key: value` do not go together here",
    "check the indentation of the next line, or put the text in quotes",
  ],
  BLOCK_IN_FLOW: ["an indented block is inside [ ] or { }", "close the bracket, or write the block in brackets too"],
  KEY_OVER_1024_CHARS: ["a key is longer than 1024 characters", "is a line break missing?"],
  MISSING_CHAR: [
    "something is not closed or a sign is missing here",
    "look for an open quote or bracket, or a missing colon or comma",
  ],
  MULTILINE_IMPLICIT_KEY: ["a key goes over several lines", "is a colon missing, or the indentation wrong?"],
  NON_STRING_KEY: ["a key is no text", "write `name: value`"],
  RESOURCE_EXHAUSTION: ["the file is nested too deeply", "no config looks like this; is it the right file?"],
  TAB_AS_INDENT: ["a tab is used for indentation", "use spaces"],
  TAG_RESOLVE_FAILED: ["a text begins with !", "put it in quotes; tags have no meaning here"],
  UNEXPECTED_TOKEN: ["this is not expected here", "look for an open quote or bracket, or a missing colon or comma"],
};

const OTHER = ["this is no valid YAML", "look for signs that need quotes: & * ! @ % # : [ {"] as const;
const UNCLOSED = ["what opens here is not closed", "close the quote or bracket"] as const;
const VARIABLE_IN_BRACKETS = [
  `a \${NAME} needs quotes inside { } and [ ]`,
  "put the whole value in double quotes",
] as const;

export function syntaxProblem(text: string, document: Document, error: YAMLError): Problem {
  const opening =
    error.code === "MISSING_CHAR" || error.code === "BAD_INDENT" ? openAt(document, error.pos[0]) : undefined;
  const start = opening ?? error.pos[0];
  const isVariable = error.code === "UNEXPECTED_TOKEN" && text.slice(start - 1, start + 1) === `\${`;
  const known = isVariable ? VARIABLE_IN_BRACKETS : (SENTENCES[error.code] ?? OTHER);
  const [message, hint] = opening === undefined ? known : UNCLOSED;
  return { range: { start, end: error.pos[1] }, path: [], message, hint, snippet: lineAt(text, start) };
}

/** Where the quote or bracket began that the library missed the end of at `offset`, often many lines below. */
function openAt(document: Document, offset: number): number | undefined {
  let opening: number | undefined;
  visit(document, {
    Node(_, node) {
      const isOpened = isScalar(node) ? node.type?.startsWith("QUOTE") : isCollection(node) && node.flow;
      if (!isOpened || !node.range) return;
      const [start, end] = node.range;
      if (start < offset && end >= offset) opening = start;
    },
  });
  return opening;
}

/** The line around `offset`, cut where a secret may begin. */
function lineAt(text: string, offset: number): string {
  if (isInsideSecret(text, offset)) return "***";
  const line = maskSecrets(text.slice(lineStart(text, offset), lineEnd(text, offset)));
  const cut = line.replace(/((?:password|secret|token|hash)["']?\s*:).*/i, "$1 ***");
  return cut.trim().slice(0, 80);
}

/** Whether a password that began on an earlier line may go on here: in an open quote, or in lines indented deeper than its key. */
function isInsideSecret(text: string, offset: number): boolean {
  const lines = text.slice(0, lineEnd(text, offset)).trimEnd().split("\n");
  const earlier = text.slice(0, lineStart(text, offset)).split("\n").slice(0, -1);
  const last = earlier.findLastIndex((line) => /(password|secret|token|hash)["']?\s*:/i.test(line));
  const key = earlier[last];
  if (key === undefined) return false;
  const isOpenQuote = /:\s*(["'])(?:(?!\1).)*$/.test(key);
  return isOpenQuote || lines.slice(last + 1).every((line) => line.trim() === "" || indentOf(line) > indentOf(key));
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
