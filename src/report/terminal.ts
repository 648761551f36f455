/** What a terminal needs to know: colours and safe text. */

const CODES = {
  bold: 1,
  dim: 2,
  red: 31,
  green: 32,
  yellow: 33,
  blue: 34,
  magenta: 35,
  cyan: 36,
} as const;

export type Colour = keyof typeof CODES;

export type Paint = (colour: Colour, text: string) => string;

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** Bytes that the reader has not taken yet. */
  readonly writableLength?: number;
}

export const plain: Paint = (_colour, text) => text;

const ansi: Paint = (colour, text) => `\x1b[${CODES[colour]}m${text}\x1b[0m`;

/** Colours for a terminal that wants them (https://no-color.org), else plain text. */
export function paintFor(output: Output, env: NodeJS.ProcessEnv = process.env): Paint {
  const refused = (env.NO_COLOR ?? "") !== "" || env.TERM === "dumb";
  return output.isTTY === true && !refused ? ansi : plain;
}

/** Where the width is known: no terminal has none, a serial line or an `expect` script says 0. */
export function columnsOf(output: Output): number | undefined {
  return output.columns || undefined;
}

/** Text from cameras and files must not move the cursor or change the colours of the reader's terminal. */
export function printable(text: string): string {
  return text.replace(/[\s\p{Zl}\p{Zp}]+/gu, " ").replace(/[\p{Cc}\p{Cf}]/gu, "?");
}

/** Breaks at spaces; a longer word (an address, say) stays whole so that it can be copied. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

export function truncate(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
