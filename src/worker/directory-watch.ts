/** Tells of changes in a directory, as a hint to look: inotify, and now and then without a reason, in case one was missed. */

import { watch } from "node:fs";

/** Also what is left where the kernel has no inotify watches to give. */
const ANYWAY_MS = 2000;

/** The process may end while a directory is watched. Returns how to stop. */
export function watchDirectory(directory: string, look: (name: string | undefined) => void): () => void {
  const timer = setInterval(() => look(undefined), ANYWAY_MS).unref();
  const watcher = startWatcher(directory, look);
  return () => {
    clearInterval(timer);
    watcher?.close();
  };
}

function startWatcher(directory: string, look: (name: string | undefined) => void) {
  try {
    const watcher = watch(directory, { persistent: false }, (_event, name) => look(name ?? undefined));
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
