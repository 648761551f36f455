/**
 * The database of a root: `<root>/.dslrs/index.sqlite`. All that it says of files can be found again from them, so one that is damaged is
 * set aside and begun anew. Several instances may use one at the same time.
 */

import { lstatSync, mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import Database, { type Database as Db } from "better-sqlite3";

export const INDEX_FOLDER = ".dslrs";
export const INDEX_FILE = "index.sqlite";

export type OpenedIndex =
  /** `setAside`: where the one before is now, and why. */
  ({ readonly ok: true; readonly setAside: SetAside | null } & Checked) | { readonly ok: false; readonly why: string };

interface Checked {
  readonly database: Db;
  /** It knows nothing yet. */
  readonly isNew: boolean;
  readonly identity: Identity;
}

/** Of a file, whatever its path. */
export interface Identity {
  readonly device: number;
  readonly inode: number;
}

export interface SetAside {
  readonly path: string;
  readonly why: string;
}

/** Another writer is waited for so long. */
const BUSY_MS = 2_000;
const VERSION = 1;
/** Beside the database while it is open. */
const COMPANIONS = ["-wal", "-shm", "-journal"];

const SCHEMA = `
  CREATE TABLE recordings (
    path TEXT PRIMARY KEY,
    stream TEXT NOT NULL,
    output TEXT NOT NULL,
    startedAt INTEGER NOT NULL,
    endedAt INTEGER,
    isOpen INTEGER NOT NULL,
    durationMs INTEGER,
    bytes INTEGER,
    frames INTEGER,
    keyframes INTEGER,
    encodings TEXT NOT NULL,
    reason TEXT,
    continues INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX recordingsByTime ON recordings (stream, output, startedAt);
  CREATE TABLE gaps (
    stream TEXT NOT NULL,
    output TEXT NOT NULL,
    fromMs INTEGER NOT NULL,
    toMs INTEGER,
    class TEXT NOT NULL,
    sentence TEXT NOT NULL,
    PRIMARY KEY (stream, output, fromMs)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE layouts (
    stream TEXT NOT NULL,
    output TEXT NOT NULL,
    template TEXT NOT NULL,
    PRIMARY KEY (stream, output, template)
  ) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${VERSION};
`;

/** `now` names what is set aside. */
export function openIndexFile(root: string, now: number): OpenedIndex {
  let setAside: SetAside | null = null;
  try {
    const path = indexPath(root);
    try {
      return { ok: true, ...openChecked(path), setAside };
    } catch (error) {
      if (!isDamage(error)) throw error;
      setAside = { path: moveAside(path, now), why: textOf(error) };
    }
    return { ok: true, ...openChecked(path), setAside };
  } catch (error) {
    return { ok: false, why: textOf(error) };
  }
}

/** Of what is there now in the place of the database; `undefined`: nothing that can be seen. */
export function indexIdentity(root: string): Identity | undefined {
  try {
    return identityOf(join(root, INDEX_FOLDER, INDEX_FILE));
  } catch {
    return undefined;
  }
}

/** `undefined`: there is no such root. */
export function deviceOf(root: string): number | undefined {
  try {
    return statSync(root).dev;
  } catch {
    return undefined;
  }
}

/** A disk is mounted there, and not the folder for it. */
export function isMountPoint(root: string): boolean {
  return deviceOf(root) !== deviceOf(`${root}/..`);
}

export type IndexCheck =
  | { readonly is: "missing" }
  | { readonly is: "good"; readonly recordings: number; readonly gaps: number }
  | { readonly is: "bad"; readonly why: string };

/** Changes nothing. */
export function checkIndexFile(root: string): IndexCheck {
  const path = join(root, INDEX_FOLDER, INDEX_FILE);
  if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) return { is: "missing" };
  let database: Db | undefined;
  try {
    database = new Database(path, { readonly: true, timeout: BUSY_MS });
    const found = database.pragma("quick_check(1)", { simple: true });
    if (found !== "ok") return { is: "bad", why: String(found) };
    const count = (table: string) => Number(database?.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
    return { is: "good", recordings: count("recordings"), gaps: count("gaps") };
  } catch (error) {
    return { is: "bad", why: textOf(error) };
  } finally {
    database?.close();
  }
}

/** One that lives as long as this process. */
export function openIndexInMemory(): Db {
  const database = new Database(":memory:");
  database.exec(SCHEMA);
  return database;
}

/** The contents are wrong, not the disk: another file would do. */
export function isDamage(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return error instanceof WrongVersion || (typeof code === "string" && /^SQLITE_(CORRUPT|NOTADB|FORMAT)/.test(code));
}

class WrongVersion extends Error {}

/** A link in their place would lead out of the root. */
function indexPath(root: string): string {
  const folder = join(root, INDEX_FOLDER);
  const path = join(folder, INDEX_FILE);
  if (!lstatSync(folder, { throwIfNoEntry: false })) mkdirSync(folder, { mode: 0o750 });
  if (!lstatSync(folder).isDirectory()) throw new Error(`${folder} is no folder`);
  const file = lstatSync(path, { throwIfNoEntry: false });
  if (file && !file.isFile()) throw new Error(`${path} is no file`);
  return path;
}

function openChecked(path: string): Checked {
  const database = new Database(path, { timeout: BUSY_MS });
  try {
    database.pragma("journal_mode = WAL");
    // What a power cut takes is found again from the files.
    database.pragma("synchronous = NORMAL");
    database.pragma("journal_size_limit = 1048576");
    const found = database.pragma("quick_check(1)", { simple: true });
    if (found !== "ok") throw Object.assign(new Error(String(found)), { code: "SQLITE_CORRUPT" });
    const isNew = prepare(database);
    const identity = identityOf(path);
    if (!identity) throw new Error(`${path} was removed`);
    return { database, isNew, identity };
  } catch (error) {
    database.close();
    throw error;
  }
}

function prepare(database: Db): boolean {
  const begin = database.transaction(() => {
    const version = database.pragma("user_version", { simple: true });
    if (version === VERSION) return false;
    if (version !== 0) throw new WrongVersion(`it was written by another version of dslrs (${String(version)})`);
    database.exec(SCHEMA);
    return true;
  });
  return begin.immediate();
}

function identityOf(path: string): Identity | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat && { device: stat.dev, inode: stat.ino };
}

function moveAside(path: string, now: number): string {
  const aside = path.replace(/\.sqlite$/, `.broken-${new Date(now).toISOString().replaceAll(":", "-")}.sqlite`);
  for (const ending of ["", ...COMPANIONS]) {
    try {
      renameSync(path + ending, aside + ending);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return aside;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
