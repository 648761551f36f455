/**
 * Deadlines for another process. Time in which this process itself did not get to run does not count: an answer could have been there,
 * and nobody would have read it.
 */

/** However late a slice ends, it counts as one. */
const SLICE_MS = 100;

/** Calls `onMissed` after `ms` in which this process could listen. Returns how to cancel it. */
export function setDeadline(ms: number, onMissed: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let last: NodeJS.Immediate | undefined;

  function wait(leftMs: number): void {
    timer = setTimeout(
      () => {
        if (leftMs > SLICE_MS) wait(leftMs - SLICE_MS);
        // What arrived during a late slice is read before this.
        else last = setImmediate(onMissed);
      },
      Math.min(leftMs, SLICE_MS),
    );
  }

  wait(ms);
  return () => {
    clearTimeout(timer);
    clearImmediate(last);
  };
}
