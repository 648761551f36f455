/** Processes that a test did not start itself. */

import { everyProcess, textOf } from "./shown.js";

/** The archive processes that look after a root. */
export function archivesOf(root: string): number[] {
  return everyProcess().filter((pid) => {
    const [, ...rest] = textOf(`/proc/${pid}/cmdline`).split("\0");
    return rest.some((part) => part.endsWith("/archive-main.js")) && rest.includes(root);
  });
}
