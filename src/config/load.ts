/** Reads a config from the disk. */

import { readFileSync, statSync } from "node:fs";
import type { Environment } from "./environment.js";
import type { ConfigError } from "./error.js";
import { fileError } from "./file-error.js";
import { type ParsedConfig, parseConfig } from "./parse.js";

/** A file that cannot be read is an answer like any other mistake in a config. */
export function loadConfig(path: string, env: Environment): ParsedConfig {
  const read = readConfigFile(path);
  return "content" in read ? parseFile(read.content, path, env) : { ok: false, errors: [read.error], follow: [] };
}

/** Parses `content` as what stands, or is to stand, in the file at `path`. */
export function parseFile(content: string | Uint8Array, path: string, env: Environment): ParsedConfig {
  return parseConfig(content, {
    path,
    env,
    readFile: (file) => readFileSync(file),
    isExposed: (file) => ((statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & 0o044) > 0,
  });
}

export function readConfigFile(path: string): { readonly content: Uint8Array } | { readonly error: ConfigError } {
  try {
    return { content: readFileSync(path) };
  } catch (error) {
    return { error: fileError(path, error) };
  }
}
