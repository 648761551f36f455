/** Lines of a text by offset, for edits that leave every other line as it is. */

export function lineEndingOf(text: string): "\r\n" | "\n" {
  return text.includes("\r\n") ? "\r\n" : "\n";
}

export function lineStart(text: string, offset: number): number {
  return offset === 0 ? 0 : text.lastIndexOf("\n", offset - 1) + 1;
}

/** Behind the line break. */
export function lineEnd(text: string, offset: number): number {
  const lineBreak = text.indexOf("\n", offset);
  return lineBreak < 0 ? text.length : lineBreak + 1;
}

/** Whether an empty line stands above the line of `offset` and the comments that belong to it. */
export function hasGapAbove(text: string, offset: number): boolean {
  const above = lineAbove(text, withComments(text, lineStart(text, offset)));
  return above !== undefined && isBlank(text, above);
}

/** Behind the last line of what ends at `offset`, and behind the comments below it that stand deeper than `indent`. */
export function blockEnd(text: string, offset: number, indent: number): number {
  let end = lineEnd(text, text.slice(0, offset).trimEnd().length);
  while (isComment(text, end) && indentAt(text, end) > indent) end = lineEnd(text, end);
  return end;
}

/** Cuts the lines of what stands from `from` to `to`, the comments that belong to it, and a gap that would be left double. */
export function cutBlock(text: string, from: number, to: number): string {
  const indent = from - lineStart(text, from);
  const start = withComments(text, lineStart(text, from));
  const end = blockEnd(text, to, indent);
  const next = skipBlank(text, end);
  const above = lineAbove(text, start);
  const isFirst = above !== undefined && indentAt(text, above) < indent;
  const isDouble = above !== undefined && (isBlank(text, above) || (isFirst && indentAt(text, next) >= indent));
  const rest = text.slice(isDouble ? next : end);
  return rest === "" ? `${text.slice(0, start).trimEnd()}${lineEndingOf(text)}` : text.slice(0, start) + rest;
}

/** Comments directly above a line, indented like it, belong to it. */
function withComments(text: string, line: number): number {
  const above = lineAbove(text, line);
  const isItsComment = above !== undefined && isComment(text, above) && indentAt(text, above) === indentAt(text, line);
  return isItsComment ? withComments(text, above) : line;
}

function skipBlank(text: string, line: number): number {
  return line < text.length && isBlank(text, line) ? skipBlank(text, lineEnd(text, line)) : line;
}

function lineAbove(text: string, line: number): number | undefined {
  return line === 0 ? undefined : lineStart(text, line - 1);
}

function isBlank(text: string, line: number): boolean {
  return text.slice(line, lineEnd(text, line)).trim() === "";
}

function isComment(text: string, line: number): boolean {
  return text[line + indentAt(text, line)] === "#";
}

function indentAt(text: string, line: number): number {
  return /^ */.exec(text.slice(line, lineEnd(text, line)))?.[0].length ?? 0;
}
