/**
 * Notices a worker that spins: far more CPU than it ever needed, for long. A worker passes media through, so only its own past says
 * what is much for it.
 */

const SPINNING_PERCENT = 90;
const SPINNING_MS = 15_000;
const TIMES_AVERAGE = 10;
/** Before that its average says nothing. */
const KNOWN_AFTER_MS = 60_000;
/** How far back the average reaches. */
const AVERAGE_OVER_MS = 600_000;

export interface SpinWatch {
  /** `at` in ms, never set back. Says what is wrong, once, when the process `pid` spins. */
  see(pid: number, cpuPercent: number, at: number): string | undefined;
}

interface Seen {
  readonly pid: number;
  readonly begunAt: number;
  readonly at: number;
  /** Without the times in which it was suspected to spin. */
  readonly averagePercent: number;
  readonly hotSince: number | undefined;
}

export function createSpinWatch(): SpinWatch {
  let seen: Seen | undefined;
  return {
    see(pid, cpuPercent, at) {
      if (seen?.pid !== pid) {
        seen = { pid, begunAt: at, at, averagePercent: cpuPercent, hotSince: undefined };
        return undefined;
      }
      const before = seen;
      const isKnown = at - before.begunAt >= KNOWN_AFTER_MS;
      const isHot = cpuPercent >= Math.max(SPINNING_PERCENT, before.averagePercent * TIMES_AVERAGE);
      if (!isKnown || !isHot) {
        seen = { ...before, at, averagePercent: averaged(before, cpuPercent, at), hotSince: undefined };
        return undefined;
      }
      // A sample speaks of the time since the one before it.
      const hotSince = before.hotSince ?? before.at;
      seen = { ...before, at, hotSince };
      if (at - hotSince < SPINNING_MS) return undefined;
      seen = undefined;
      const average = Math.round(before.averagePercent * 10) / 10;
      return `${Math.round(cpuPercent)} % CPU for ${Math.round((at - hotSince) / 1000)} s, where ${average} % are usual`;
    },
  };
}

function averaged({ begunAt, at, averagePercent }: Seen, cpuPercent: number, now: number): number {
  const share = Math.min(1, (now - at) / Math.min(AVERAGE_OVER_MS, Math.max(now - begunAt, 1)));
  return averagePercent + (cpuPercent - averagePercent) * share;
}
