/** What the file system refused, as an error of the config. */

import { resolve } from "node:path";
import type { ConfigError } from "./error.js";

const REASONS: Readonly<Record<string, readonly [problem: string, hint: string]>> = {
  ENOENT: ["does not exist", "check the path; config.example.yaml shows what a config looks like"],
  EACCES: ["is not open to this user", "change its permissions, or act as another user"],
  EISDIR: ["is a folder", "name the file in it"],
  ENOSPC: ["does not fit on the disk", "free some space"],
  EROFS: ["is on a read-only file system", "mount it for writing, or use another place"],
};

/** Throws what is no error of the file system. */
export function fileError(path: string, error: unknown): ConfigError {
  const code = codeOf(error);
  if (code === undefined) throw error;
  const [problem, hint] = REASONS[code] ?? [`cannot be used (${code})`, "check the disk and the path"];
  return { message: `the config ${resolve(path)} ${problem}`, hint, line: 1, column: 1, snippet: "", path: "" };
}

/** Such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : undefined;
}
