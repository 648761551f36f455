/** Watches the folders through which paths lead, so that no way of replacing a file goes unnoticed. */

import { readlinkSync, statSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { type FSWatcher, watch } from "chokidar";

export interface WatchedFolders {
  /** Watches the folders that `paths` lead through now. Cheap where nothing changed. */
  renew(paths: readonly string[]): void;
  /** Resolves when the folders of the last `renew` are being watched. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** `onEvent` is called for whatever happens in a folder, and whenever events may have been missed. */
export function watchFolders(onEvent: () => void): WatchedFolders {
  let key = "";
  let watcher: FSWatcher | undefined;
  let ready = Promise.resolve();
  return {
    renew: (paths) => {
      const folders = new Set(paths.flatMap((path) => [...foldersOf(path)]));
      const wanted = [...folders].map(identityOf).sort().join("\n");
      if (wanted === key) return;
      key = wanted;
      void watcher?.close();
      watcher = open(folders, onEvent);
      ready = new Promise((done) => watcher?.once("ready", done));
      void ready.then(onEvent);
    },
    ready: () => ready,
    close: async () => watcher?.close(),
  };
}

function open(folders: ReadonlySet<string>, onEvent: () => void): FSWatcher {
  // Only what happens in a folder is of interest, not what happens to each of its files.
  const watcher = watch([...folders], { depth: 0, ignoreInitial: true, ignored: (entry) => !folders.has(entry) });
  // `raw` is every event of the kernel, also for a swapped symlink, which chokidar itself would not tell of.
  return watcher.on("raw", onEvent).on("error", onEvent);
}

/** The kernel's own limit. */
const MOST_LINKS = 40;

/**
 * The folder of the file and of each symlink on the way to it: a link swapped anywhere changes what the path names, be it the file
 * itself, Kubernetes' `..data`, or `/opt/current`. All are real paths; one that does not exist may be among them.
 */
function foldersOf(path: string): ReadonlySet<string> {
  const folders = new Set<string>();
  let reached: string = sep;
  let rest = segmentsOf(path);
  for (let links = 0; rest.length > 0; ) {
    const [segment = "", ...further] = rest;
    const next = join(reached, segment);
    const target = links < MOST_LINKS ? linkTarget(next) : undefined;
    if (target === undefined) {
      reached = next;
      rest = further;
      continue;
    }
    links += 1;
    folders.add(reached);
    rest = [...segmentsOf(resolve(reached, target)), ...further];
    reached = sep;
  }
  return folders.add(dirname(reached));
}

function segmentsOf(path: string): string[] {
  return resolve(path).split(sep).filter(Boolean);
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** A folder that was moved away and made anew has the same path but is another one. */
function identityOf(folder: string): string {
  const stats = statSync(folder, { throwIfNoEntry: false });
  return stats === undefined ? `${folder}:missing` : `${folder}:${stats.dev}:${stats.ino}`;
}
