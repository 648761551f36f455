/** Where an instance of dslrs keeps what it needs while it runs: `<runtime dir>/<instance>/`. */

import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";

export const DEFAULT_INSTANCE = "default";

export function runtimeDirectory(option: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
  const chosen = option ?? env.DSLRS_RUNTIME_DIR;
  if (chosen !== undefined && chosen !== "") return resolve(chosen);
  if (process.getuid?.() === 0) return "/run/dslrs";
  const ofUser = env.XDG_RUNTIME_DIR ?? "";
  return ofUser === "" ? `/tmp/dslrs-${process.getuid?.() ?? 0}` : join(ofUser, "dslrs");
}

export function instanceDirectory(runtimeDir: string, instance: string): string {
  return join(runtimeDir, instance);
}

export const SOCKET_NAME = "supervisor.sock";

/** Names with a directory below `runtimeDir`, running or not. */
export function instanceNames(runtimeDir: string): string[] {
  try {
    return readdirSync(runtimeDir, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  } catch {
    return [];
  }
}
