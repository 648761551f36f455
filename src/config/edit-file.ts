/** Carries an edit out on a config file; at every moment the file is either the old or the new one. */

import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { decodeConfig } from "./decode.js";
import type { Edit } from "./edit.js";
import type { Environment } from "./environment.js";
import type { ConfigError } from "./error.js";
import { codeOf, fileError } from "./file-error.js";
import { parseFile, readConfigFile } from "./load.js";

export type FileEdit = { readonly ok: true } | { readonly ok: false; readonly errors: readonly ConfigError[] };

const TURN_POLL_MS = 20;
/** An edit takes milliseconds: a draft that is older was left behind by one that was killed. */
const TURN_AT_MOST_MS = 5_000;

/** Refuses, with the errors, an edit that would bring a mistake into the config. Edits at the same time take turns. */
export async function editConfig(path: string, env: Environment, edit: (text: string) => Edit): Promise<FileEdit> {
  try {
    return await inTurn(realpathSync(path), (draft) => editThrough(draft, path, env, edit));
  } catch (error) {
    return { ok: false, errors: [fileError(path, error)] };
  }
}

/** The draft beside `target` is also the lock: there is one of it at a time, and the rename that puts it in force gives it back. */
async function inTurn(target: string, work: (draft: string) => FileEdit): Promise<FileEdit> {
  const draft = join(dirname(target), `.${basename(target)}.dslrs-edit`);
  while (!made(draft)) await delay(TURN_POLL_MS);
  let isMine = true;
  try {
    const result = work(draft);
    if (!result.ok) return result;
    finish(draft, target);
    renameSync(draft, target);
    isMine = false;
    syncFolder(dirname(target));
    return result;
  } finally {
    if (isMine) rmSync(draft, { force: true });
  }
}

function made(draft: string): boolean {
  try {
    closeSync(openSync(draft, "wx", 0o600));
    return true;
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    const former = statSync(draft, { throwIfNoEntry: false });
    if (former && Date.now() - former.mtimeMs > TURN_AT_MOST_MS) rmSync(draft, { force: true });
    return false;
  }
}

function editThrough(draft: string, path: string, env: Environment, edit: (text: string) => Edit): FileEdit {
  const read = readConfigFile(path);
  if ("error" in read) return { ok: false, errors: [read.error] };
  const decoded = decodeConfig(read.content);
  if ("error" in decoded) return { ok: false, errors: [decoded.error] };
  const result = edit(decoded.text);
  if (!result.ok) return result;
  const errors = newErrors(decoded.text, result.text, path, env);
  if (errors.length > 0) return { ok: false, errors };
  writeFileSync(draft, result.text);
  return { ok: true };
}

/** A mistake that was there before, such as a variable that only the supervisor has, is not the edit's. */
function newErrors(before: string, after: string, path: string, env: Environment): ConfigError[] {
  const parsed = parseFile(after, path, env);
  if (parsed.ok) return [];
  const parsedBefore = parseFile(before, path, env);
  const known = new Set(parsedBefore.ok ? [] : parsedBefore.errors.map(({ message }) => message));
  return parsed.errors.filter(({ message }) => !known.has(message));
}

/** With the mode and owner of the file that it replaces. */
function finish(draft: string, target: string): void {
  const { mode, uid, gid } = statSync(target);
  const file = openSync(draft, "r+");
  try {
    if (process.getuid?.() === 0) fchownSync(file, uid, gid);
    fchmodSync(file, mode);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
