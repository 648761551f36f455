/**
 * The index of one root. It goes on in memory while its database cannot be written (a full disk, a read-only one), and moves back when
 * it can; a damaged database is set aside; of one that is not in its place any more it lets go. What it does not know then is found again from
 * the files.
 */

import {
  deviceOf,
  type Identity,
  indexIdentity,
  isDamage,
  isMountPoint,
  openIndexFile,
  openIndexInMemory,
  type SetAside,
} from "./index-file.js";
import { createIndexStore, type IndexStore } from "./index-store.js";

export interface RecordingsIndex {
  /** Works with the database that there is now; what SQLite throws never comes out. */
  use<T>(work: (store: IndexStore) => T): T;
  /** Why it is not kept on the disk; `null`: it is. */
  problem(): string | null;
  /** It may miss files: it is new, or was set aside. Asked once, it is forgotten. */
  takeDoubt(): boolean;
  /** To be called every few seconds: somebody may remove its database, or put another disk in its place. */
  follow(): void;
  close(): void;
}

export interface IndexParts {
  readonly root: string;
  readonly now: () => number;
  readonly onSetAside: (setAside: SetAside) => void;
  /** Its database was not in its place any more. */
  readonly onGone: () => void;
}

interface Opened {
  readonly store: IndexStore;
  /** `undefined`: it is in memory. */
  readonly identity: Identity | undefined;
}

/** The disk is tried again so long after it failed. */
const RETRY_MS = 10_000;
/** A database that breaks again and again is not the fault of the database. */
const MOST_TRIES = 3;

export function openIndex({ root, now, onSetAside, onGone }: IndexParts): RecordingsIndex {
  let problem: string | null = null;
  let triedAt = now();
  let isDoubtful = false;
  let wasMountPoint = false;
  let opened = openOnDisk() ?? inMemory();

  function openOnDisk(): Opened | undefined {
    triedAt = now();
    const isMounted = isMountPoint(root);
    if (wasMountPoint && !isMounted) {
      problem = `the disk of ${root} is not there`;
      return undefined;
    }
    wasMountPoint = isMounted;
    const file = openIndexFile(root, now());
    if (!file.ok) {
      problem = file.why;
      return undefined;
    }
    if (file.setAside) onSetAside(file.setAside);
    isDoubtful ||= file.isNew;
    problem = null;
    return { store: createIndexStore(file.database), identity: file.identity };
  }

  function inMemory(): Opened {
    isDoubtful = true;
    return { store: createIndexStore(openIndexInMemory()), identity: undefined };
  }

  /** What can still be read is taken along. */
  function leaveDisk(error: unknown): void {
    problem = error instanceof Error ? error.message : String(error);
    triedAt = now();
    const memory = inMemory();
    attempt(() => memory.store.takeFrom(opened.store));
    attempt(() => opened.store.close());
    opened = memory;
  }

  function returnToDisk(): void {
    if (opened.identity || now() - triedAt < RETRY_MS) return;
    const disk = openOnDisk();
    if (!disk) return;
    try {
      disk.store.takeFrom(opened.store);
      attempt(() => opened.store.close());
      opened = disk;
      // What was removed meanwhile is still in there.
      isDoubtful = true;
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
      attempt(() => disk.store.close());
    }
  }

  function follow(): void {
    const { identity, store } = opened;
    if (!identity || isSame(identity, indexIdentity(root))) return;
    const isOnlyDeleted = deviceOf(root) === identity.device;
    // Before the other one is opened: SQLite looks at the inode alone, and could take the log of the other one for that of this one.
    if (!isOnlyDeleted) attempt(() => store.close());
    opened = openOnDisk() ?? inMemory();
    if (isOnlyDeleted) {
      attempt(() => opened.store.takeFrom(store));
      attempt(() => store.close());
    }
    isDoubtful = true;
    onGone();
  }

  function recover(error: unknown, tries: number): void {
    if (!isDamage(error) || tries >= MOST_TRIES) {
      leaveDisk(error);
      return;
    }
    attempt(() => opened.store.close());
    opened = openOnDisk() ?? inMemory();
  }

  return {
    use(work) {
      returnToDisk();
      for (let tries = 1; ; tries += 1) {
        try {
          return work(opened.store);
        } catch (error) {
          if (!isOfSqlite(error) || !opened.identity) throw error;
          recover(error, tries);
        }
      }
    },
    problem: () => problem,
    takeDoubt() {
      const was = isDoubtful;
      isDoubtful = false;
      return was;
    },
    follow,
    close: () => attempt(() => opened.store.close()),
  };
}

function isSame(one: Identity, other: Identity | undefined): boolean {
  return one.device === other?.device && one.inode === other.inode;
}

/** And not of what it was given. */
function isOfSqlite(error: unknown): boolean {
  return /^SQLITE_(?!CONSTRAINT)/.test(String((error as { code?: unknown }).code));
}

/** For what is given up anyway. */
function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // It was broken before.
  }
}
