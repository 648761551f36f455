/** How much of a disk is to stay free, and how much is missing. Pure. */

export interface Space {
  /** To us, who need not be root. */
  readonly freeBytes: number;
  readonly totalBytes: number;
}

const USUAL_BYTES = 2 * 1024 ** 3;
const USUAL_SECONDS = 3_600;
/** On a small disk the usual reserve would leave nothing to record on. */
const MOST_OF_DISK = { auto: 0.1, written: 0.5 };
/** Until the next look, and the one after if that is late. */
const AHEAD_SECONDS = 15;

export function reserveOf(setting: number | "auto", { totalBytes }: Space, bytesPerSecond: number): number {
  if (setting !== "auto") return Math.min(setting, totalBytes * MOST_OF_DISK.written);
  return Math.min(Math.max(USUAL_BYTES, bytesPerSecond * USUAL_SECONDS), totalBytes * MOST_OF_DISK.auto);
}

/** What has to be removed so that the reserve still holds at the next look; 0 or less: nothing. */
export function shortBytes(reserve: number, { freeBytes }: Space, bytesPerSecond: number): number {
  return reserve === 0 ? 0 : reserve + bytesPerSecond * AHEAD_SECONDS - freeBytes;
}
