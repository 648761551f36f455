/**
 * A path to a Unix socket may have 107 bytes (`sockaddr_un`). Longer ones are reached through an open descriptor of
 * their directory, `/proc/self/fd/N/name`.
 */

import { closeSync, constants, openSync } from "node:fs";
import { basename, dirname } from "node:path";

const LONGEST_PATH_BYTES = 107;

export interface SocketPath {
  /** Names the same file as the path asked for; valid until `release`. */
  readonly path: string;
  /** May be called again. */
  release(): void;
}

/** Throws where the directory cannot be opened. */
export function reachableSocketPath(path: string): SocketPath {
  if (Buffer.byteLength(path) <= LONGEST_PATH_BYTES) return { path, release: () => undefined };
  const directory = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  let open = true;
  const release = () => {
    if (open) closeSync(directory);
    open = false;
  };
  return { path: `/proc/self/fd/${directory}/${basename(path)}`, release };
}
