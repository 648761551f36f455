/** How long a process may take to answer: longer when it was short of CPU. */

import { setDeadline } from "./deadline.js";
import { sampleCpu, wasStarved } from "./starvation.js";

const ANSWER_MS = 1_500;
/** A process that waits for CPU gets this many times as long. */
const STARVED_PERIODS = 4;

/** Calls `onMissed` when an answer is overdue. Returns how to cancel it. */
export type Patience = (onMissed: (waitedMs: number) => void) => () => void;

export function createPatience(pid: number): Patience {
  return (onMissed) => {
    let cancel = () => {};
    const wait = (period: number): void => {
      const before = sampleCpu(pid);
      cancel = setDeadline(ANSWER_MS, () => {
        if (period < STARVED_PERIODS && wasStarved(before, sampleCpu(pid))) wait(period + 1);
        else onMissed(period * ANSWER_MS);
      });
    };
    wait(1);
    return () => cancel();
  };
}
