/** What is wrong with a config, for a person with an editor open. */

export interface ConfigError {
  /** One sentence that names the setting. Never holds a secret. */
  readonly message: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in characters as editors count them. */
  readonly column: number;
  /** The offending text, secrets masked; empty where something is missing. */
  readonly snippet: string;
  /** What to do. */
  readonly hint: string;
  /** Such as `streams.front-door.source.uri`; empty for the file as a whole. */
  readonly path: string;
}

/** Something that works but is hardly meant. */
export type ConfigWarning = ConfigError;

/** Part of the text, as offsets: `end` is the first character behind it. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** An error before it is turned into lines and columns. */
export interface Problem {
  readonly message: string;
  readonly hint: string;
  readonly path: readonly (string | number)[];
  readonly range: Range;
  readonly snippet: string;
}

export const MOST_ERRORS = 20;

/** In the order of the file, each once. */
export function locate(text: string, problems: readonly Problem[]): ConfigError[] {
  const starts = lineStarts(text);
  const errors = problems.map(({ range, path, ...problem }): ConfigError => {
    return { ...problem, path: path.join("."), ...position(starts, Math.min(range.start, text.length)) };
  });
  errors.sort((one, other) => one.line - other.line || one.column - other.column);
  return errors.filter((error, index) => !errors.slice(0, index).some((other) => isSame(error, other)));
}

function isSame(one: ConfigError, other: ConfigError): boolean {
  return one.line === other.line && one.column === other.column && one.message === other.message;
}

function lineStarts(text: string): number[] {
  return [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)];
}

function position(starts: readonly number[], offset: number): { line: number; column: number } {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
}
