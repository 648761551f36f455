/** Who writes a file holds a lock on it. To try to take it would keep a writer from its own file for a moment, so the kernel is asked. */

import { lstatSync, readFileSync } from "node:fs";

const LOCKS = "/proc/locks";

export function isLocked(path: string): boolean {
  try {
    const { ino } = lstatSync(path);
    // `1: FLOCK ADVISORY WRITE 708 08:01:1835 0 EOF`; of some file systems the device there is another than that of the file.
    const line = new RegExp(`^\\d+: FLOCK .* WRITE .*:${ino} `, "m");
    return line.test(readFileSync(LOCKS, "utf8"));
  } catch {
    return false;
  }
}
