/** The sums over the life of a stream: failures, outages, and how fast they were noticed and mended. Pure. */

import type { FailureClass } from "../failure.js";
import type { FailureCounts, OpenOutage, Samples, StreamTally } from "../report/event.js";
import type { HistorySummary, SampleSummary } from "../report/why.js";

const OUTAGES_KEPT = 128;
const SAMPLES_KEPT = 64;
const DAY_MS = 86_400_000;

export function countAttempt(tally: StreamTally): StreamTally {
  return { ...tally, attempts: tally.attempts + 1 };
}

export function countFalseAlarm(tally: StreamTally): StreamTally {
  return { ...tally, falseAlarms: tally.falseAlarms + 1 };
}

export function countFailure(tally: StreamTally, failureClass: FailureClass): StreamTally {
  const { open } = tally;
  return {
    ...tally,
    failures: withOneMore(tally.failures, failureClass),
    open: open && { ...open, failures: withOneMore(open.failures, failureClass) },
  };
}

/** `hadVideo`: video was interrupted, so that the time until it was noticed means something. */
export function openOutage(
  tally: StreamTally,
  outage: Omit<OpenOutage, "failures"> & { readonly hadVideo: boolean },
): StreamTally {
  const { from, detectedAt, class: failureClass, hadVideo } = outage;
  const detection = hadVideo ? withSample(tally.detection, detectedAt - from) : tally.detection;
  return { ...tally, detection, open: { from, detectedAt, class: failureClass, failures: {} } };
}

/** `isMended`: there is video again, and not only nobody who wants it. */
export function closeOutage(tally: StreamTally, at: number, isMended: boolean): StreamTally {
  const { open } = tally;
  if (!open) return tally;
  const downMs = Math.max(0, at - open.from);
  return {
    ...tally,
    outages: tally.outages + 1,
    downMs: tally.downMs + downMs,
    longestMs: Math.max(tally.longestMs, downMs),
    recent: [...tally.recent, { from: open.from, to: at, class: open.class }].slice(-OUTAGES_KEPT),
    open: null,
    recovery: isMended ? withSample(tally.recovery, at - open.detectedAt) : tally.recovery,
  };
}

/** For people; an outage that goes on counts up to `now`. */
export function summaryOf(tally: StreamTally, now: number): HistorySummary {
  const { open } = tally;
  const going = open ? [{ from: open.from, to: now }] : [];
  const lengths = [...tally.recent, ...going]
    .filter(({ to }) => to > now - DAY_MS)
    .map(({ from, to }) => Math.max(0, to - Math.max(from, now - DAY_MS)));
  const goingMs = open ? Math.max(0, now - open.from) : 0;
  return {
    lastDay: { outages: lengths.length, downMs: sumOf(lengths), longestMs: Math.max(0, ...lengths) },
    outages: tally.outages + going.length,
    downMs: tally.downMs + goingMs,
    longestMs: Math.max(tally.longestMs, goingMs),
    attempts: tally.attempts,
    failures: tally.failures,
    falseAlarms: tally.falseAlarms,
    detectionMs: sampleSummary(tally.detection),
    recoveryMs: sampleSummary(tally.recovery),
  };
}

export function countOf(failures: FailureCounts): number {
  return sumOf(Object.values(failures));
}

/** Outages that began at or after `since`. */
export function outagesSince({ recent }: StreamTally, since: number): number {
  return recent.filter(({ from }) => from >= since).length;
}

function sampleSummary({ maxMs, recentMs }: Samples): SampleSummary | null {
  const last = recentMs.at(-1);
  const median = [...recentMs].sort((one, other) => one - other)[Math.floor((recentMs.length - 1) / 2)];
  return last === undefined || median === undefined ? null : { last, median, max: maxMs };
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function withOneMore(failures: FailureCounts, failureClass: FailureClass): FailureCounts {
  return { ...failures, [failureClass]: (failures[failureClass] ?? 0) + 1 };
}

function withSample({ maxMs, recentMs }: Samples, ms: number): Samples {
  const sample = Math.max(0, ms);
  return { maxMs: Math.max(maxMs, sample), recentMs: [...recentMs, sample].slice(-SAMPLES_KEPT) };
}
