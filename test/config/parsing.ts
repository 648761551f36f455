/** Parses texts as the file /site/config.yaml, with a made-up environment and made-up password files. */

import type { ConfigError } from "../../src/config/error.js";
import type { MediaStream, StreamConfig } from "../../src/config/model.js";
import { type ParsedConfig, parseConfig, type ValidConfig } from "../../src/config/parse.js";

export interface Around {
  readonly env?: Record<string, string>;
  /** Content by absolute path. */
  readonly files?: Record<string, string>;
  /** Those that others on the machine can read. */
  readonly exposed?: readonly string[];
}

export function parse(text: string | Uint8Array, { env = {}, files = {}, exposed = [] }: Around = {}): ParsedConfig {
  return parseConfig(text, {
    path: "/site/config.yaml",
    env,
    readFile: (path) => fileIn(files, path),
    isExposed: (path) => exposed.includes(path),
  });
}

export function valid(text: string, around?: Around): ValidConfig {
  const parsed = parse(text, around);
  if (parsed.ok) return parsed;
  throw new Error(parsed.errors.map(({ line, column, message }) => `${line}:${column} ${message}`).join("\n"));
}

export function errorsOf(text: string | Uint8Array, around?: Around): readonly ConfigError[] {
  const parsed = parse(text, around);
  return parsed.ok ? [] : parsed.errors;
}

/** The only error of a text. */
export function errorOf(text: string | Uint8Array, around?: Around): ConfigError {
  const [error, ...others] = errorsOf(text, around);
  if (error === undefined || others.length > 0)
    throw new Error(`expected one error, got ${others.length + (error ? 1 : 0)}`);
  return error;
}

/** The one stream of a text that holds only its settings, as in `source: clip.mp4`. */
export function streamOf(settings: string, around?: Around): StreamConfig {
  const [stream] = valid(`streams:\n  cam:\n    ${settings.replaceAll("\n", "\n    ")}\n`, around).config.streams;
  if (stream === undefined) throw new Error("there is no stream");
  return stream;
}

export function mediaOf(settings: string, around?: Around): MediaStream {
  const stream = streamOf(settings, around);
  if (stream.kind !== "media") throw new Error("this is a command");
  return stream;
}

function fileIn(files: Record<string, string>, path: string): string {
  const content = files[path];
  if (content === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
  return content;
}
