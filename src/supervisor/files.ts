/** Small files that must never be seen half written. */

import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Mode 0600. */
export function writeAtomically(path: string, text: string): void {
  const temporary = `${path}.${randomBytes(4).toString("hex")}.tmp`;
  try {
    writeFileSync(temporary, text, { mode: 0o600, flag: "wx" });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** One sentence, such as "/run/x/spec.json cannot be written (ENOSPC)." */
export function notWritten(path: string, error: unknown): string {
  return `${path} cannot be written (${(error as NodeJS.ErrnoException).code ?? String(error)}).`;
}

/** `undefined` where there is none, or none that can be read. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** `undefined` where there is no such file, or it holds no JSON object. */
export function readJsonObject(path: string): Record<string, unknown> | undefined {
  const text = readText(path);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Removes what is in it but the file of that name, and the folder itself where that leaves it empty. */
export function clearFolder(path: string, kept: string): void {
  try {
    for (const name of readdirSync(path)) if (name !== kept) removeFolder(join(path, name));
  } catch {
    // There is no such folder.
  }
  removeIfEmpty(path);
}

export function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // It holds something, or is not there.
  }
}

/** What cannot be removed stays: it is a leftover, no fault. */
export function removeFolder(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // The next stop, or the next start, tries again.
  }
}
