/** From the bytes of a config file to its text. */

import type { ConfigError } from "./error.js";

export const MOST_BYTES = 1024 * 1024;

export type Decoded = { readonly text: string } | { readonly error: ConfigError };

export function decodeConfig(input: string | Uint8Array): Decoded {
  const bytes = typeof input === "string" ? Buffer.from(input) : input;
  if (bytes.length > MOST_BYTES) {
    return fail(1, 1, `the file is ${bytes.length} bytes large`, `a config may have ${MOST_BYTES} bytes (1 MiB)`);
  }
  const text = Buffer.from(bytes).toString("utf8");
  if (!Buffer.from(text).equals(bytes)) return notUtf8(bytes);
  const control = findControl(text);
  if (control < 0) return { text };
  const { line, column } = end(text.slice(0, control));
  const code = text.charCodeAt(control).toString(16).padStart(2, "0");
  return fail(
    line,
    column,
    `the control character 0x${code} has no place in a config`,
    "remove it; is this a text file?",
  );
}

/** Everything before the first byte that is no UTF-8 survives decoding unchanged. */
function notUtf8(bytes: Uint8Array): Decoded {
  const decoded = Buffer.from(bytes).toString("utf8");
  let good = 0;
  for (let bad = decoded.indexOf("\ufffd"); bad >= 0; bad = decoded.indexOf("\ufffd", bad + 1)) {
    const before = Buffer.from(decoded.slice(0, bad + 1));
    good = bad;
    if (!before.equals(bytes.subarray(0, before.length))) break;
  }
  const { line, column } = end(decoded.slice(0, good));
  return fail(line, column, "the file is not UTF-8 from here on", "save it as UTF-8");
}

/** YAML allows tab and line ends only. */
function findControl(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.search(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/);
}

function end(before: string): { line: number; column: number } {
  const lines = before.split("\n");
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

function fail(line: number, column: number, message: string, hint: string): Decoded {
  return { error: { message, line, column, snippet: "", hint, path: "" } };
}
