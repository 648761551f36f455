/**
 * YAML text to a document of the `yaml` library, within limits. The library recurses for each level of nesting and may take the
 * whole process down with it on hostile input, so depth and number of tokens are checked before it composes anything.
 */

import { Composer, type Document, Lexer, Parser } from "yaml";
import type { Problem } from "./error.js";
import { syntaxProblem } from "./syntax.js";

/** Each level of a config takes at most three tokens of this stack; the deepest setting is on level six. */
const MOST_NESTING = 60;
/** Five hundred streams with all settings given have 60,000. */
const MOST_TOKENS = 200_000;

export type Composed = { readonly document: Document } | { readonly problems: readonly Problem[] };

export function composeYaml(text: string): Composed {
  const tokens = parseTokens(text);
  if ("problems" in tokens) return tokens;
  const composer = new Composer({ prettyErrors: false, uniqueKeys: false, stringKeys: true });
  const [document, second] = [...composer.compose(tokens.tokens, true, text.length)];
  if (document === undefined) throw new Error("the YAML library made no document");
  const errors = [...document.errors, ...document.warnings];
  const problems = errors.slice(0, 30).map((error) => syntaxProblem(text, document, error));
  if (second !== undefined) problems.push(secondDocument(second));
  return problems.length === 0 ? { document } : { problems: firstOfEachLine(text, problems) };
}

type Tokens = Parameters<Composer["compose"]>[0];

function parseTokens(text: string): { readonly tokens: Tokens } | { readonly problems: readonly Problem[] } {
  const parser = new Parser();
  const tokens = [];
  let count = 0;
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    count += 1;
    if (parser.stack.length > MOST_NESTING) return beyondLimits(parser.offset, "the file is nested too deeply");
    if (count > MOST_TOKENS) return beyondLimits(parser.offset, "the file holds too many values");
  }
  tokens.push(...parser.end());
  return { tokens };
}

function beyondLimits(start: number, message: string): { problems: readonly Problem[] } {
  const hint = "no config looks like this; is it the right file?";
  return { problems: [{ range: { start, end: start }, path: [], message, hint, snippet: "" }] };
}

function secondDocument(document: Document): Problem {
  const start = document.range?.[0] ?? 0;
  const message = "the file holds a second YAML document";
  return {
    range: { start, end: start },
    path: [],
    message,
    hint: "remove the `---` line, or use two files",
    snippet: "",
  };
}

/** One mistake often makes the library stumble several times on the same line. */
function firstOfEachLine(text: string, problems: readonly Problem[]): Problem[] {
  const seen = new Set<number>();
  return problems.filter(({ range }) => {
    const lineStart = text.lastIndexOf("\n", range.start - 1);
    const isFirst = !seen.has(lineStart);
    seen.add(lineStart);
    return isFirst;
  });
}
