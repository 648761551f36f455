/**
 * Tells when the config file, or a file with a password or certificates that it names, holds something new. Folders are watched,
 * not files: editors replace files, and a replaced file is another file. Only the content decides, so it does not matter how a
 * change was made.
 */

import { resolve } from "node:path";
import { readIfPossible, watchFiles } from "./watched-files.js";
import { watchFolders } from "./watched-folders.js";

/** Long enough for an editor to finish, short enough that nobody waits. */
const QUIET_MS = 50;
/** A missing file's folder may be missing too, and then no event tells of its return. */
const MISSING_POLL_MS = 200;

export type ConfigChange =
  | { readonly type: "changed"; readonly content: Uint8Array }
  /** The file is gone or may not be read. Comes once; its return is a `changed`, even with the same content. */
  | { readonly type: "missing" };

export interface ConfigWatch {
  /** The other files to watch too, instead of those of the last call; to be called right after they were read. */
  follow(paths: readonly string[]): void;
  close(): Promise<void>;
}

/** Resolves when no later change can be missed: read the file after that. */
export async function watchConfig(path: string, onChange: (change: ConfigChange) => void): Promise<ConfigWatch> {
  const config = resolve(path);
  const files = watchFiles(config);
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  const checkIn = (delayMs: number) => {
    clearTimeout(timer);
    if (!isClosed) timer = setTimeout(check, delayMs);
  };
  const folders = watchFolders(() => checkIn(QUIET_MS));
  const check = () => {
    // Folders first: what changes after the files were read must be an event.
    folders.renew(files.paths());
    const found = files.look(performance.now());
    if (found === "unsettled" || files.isAnyMissing()) checkIn(MISSING_POLL_MS);
    if (found === "changed") onChange(changeOf(config));
  };

  folders.renew(files.paths());
  await folders.ready();
  return {
    follow: (paths) => {
      files.follow(paths.map((each) => resolve(each)));
      checkIn(QUIET_MS);
    },
    close: async () => {
      isClosed = true;
      clearTimeout(timer);
      await folders.close();
    },
  };
}

function changeOf(config: string): ConfigChange {
  const content = readIfPossible(config);
  return content === undefined ? { type: "missing" } : { type: "changed", content };
}
