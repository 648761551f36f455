/** Tells of changes in a directory, as a hint to look: inotify, and now and then without a reason, in case one was missed. */

import { type FSWatcher, watch } from "node:fs";

/** Also what is left where the kernel has no inotify watches to give. */
const ANYWAY_MS = 2000;
/** A process that writes without end would keep its observer busy: after so many hints in a while they stop until it is over. */
const STORM_HINTS = 100;
const WHILE_MS = 250;

/** The process may end while a directory is watched. Returns how to stop. */
export function watchDirectory(directory: string, look: (name: string | undefined) => void): () => void {
  let hints = 0;
  let watcher: FSWatcher | undefined;
  let pause: NodeJS.Timeout | undefined;

  function start() {
    watcher = startWatcher(directory, (name) => {
      hints += 1;
      pause ??= setTimeout(calm, WHILE_MS).unref();
      if (hints >= STORM_HINTS) watcher?.close();
      look(name);
    });
  }

  function calm() {
    pause = undefined;
    const wasStorm = hints >= STORM_HINTS;
    hints = 0;
    if (!wasStorm) return;
    start();
    look(undefined);
  }

  const timer = setInterval(() => look(undefined), ANYWAY_MS).unref();
  start();
  return () => {
    clearInterval(timer);
    clearTimeout(pause);
    watcher?.close();
  };
}

function startWatcher(directory: string, look: (name: string | undefined) => void): FSWatcher | undefined {
  try {
    const watcher = watch(directory, { persistent: false }, (_event, name) => look(name ?? undefined));
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
