/** Whether and when to try again. Time and randomness come from the caller, so that every decision can be replayed. */

import type { RetryConfig } from "../config/model.js";
import { type Failure, type FailureClass, type FailureGroup, groupOf } from "../failure.js";
import { HEALTHY_MS } from "./health.js";
import type { StreamPolicy } from "./states.js";

/** What went wrong since the stream last had video for SETTLED_MS. */
export interface RetryCounts {
  /** Attempts that failed, or gave video for less than HEALTHY_MS. */
  readonly attempts: number;
  /** When the newest attempt began, ms since 1970; 0: none yet. */
  readonly attemptedAt: number;
  /** Refused credentials. A hold does not reset them: after it there is one round, not another three. */
  readonly refusals: number;
  /** Answers in a row that the source cannot be had. */
  readonly denials: number;
  /** Failures in a row that a fresh process could cure. */
  readonly faults: number;
  /** Processes that were replaced for that. */
  readonly renewals: number;
  /** Worker processes that ended or had to be ended. */
  readonly crashes: number;
}

export const FRESH: RetryCounts = {
  attempts: 0,
  attemptedAt: 0,
  refusals: 0,
  denials: 0,
  faults: 0,
  renewals: 0,
  crashes: 0,
};

/** Ceiling of the first delay after healthy video. */
export const QUICK_MS = 100;
/** From one attempt to the next, where the strategy knows no delay. */
export const IMMEDIATE_MS = 100;
/** The camera answers, but not with what is asked: one that boots does so for seconds, a wrong path for ever. */
export const CAMERA: Exponential = { strategy: "exponential", minMs: 2_000, maxMs: 60_000 };
/** Whatever strategy was chosen: a camera that says no is not asked more often. */
export const DENIED_MS = 1_000;
/** To look at a file again costs nobody anything, and it may be there now. */
export const FILE = { minMs: 2_000, maxMs: 5_000 };
/** The attempt itself took long already: more waiting would only delay the recovery. */
export const NO_FIRST_FRAME = { minMs: 500, maxMs: 2_000 };

/** Tries of each set of credentials before they rest. */
export const MAX_ROUNDS = 3;
export const BETWEEN_ROUNDS_MS = 5_000;
/** How long credentials rest. Some cameras lock an account for 30 min after about 5 tries. */
export const REFUSED_HOLD_MS = 600_000;
/** After so many failures in a row that a fresh process could cure, there is one; where it did not help, after twice as many. */
export const MAX_FAULTS = 5;
/** From this crash on the stream is held, visibly, between the tries. */
export const CRASH_LOOP = 3;

type Exponential = Extract<RetryConfig, { strategy: "exponential" }>;

const CURABLE: ReadonlySet<FailureClass> = new Set(["stalled", "protocolError", "corruptMedia"]);

/** The delay of the strategy alone. `failures` counts from 1; `random` is in [0, 1). */
export function delayMs(retry: RetryConfig, failures: number, random: number): number {
  switch (retry.strategy) {
    case "immediate":
      return 0;
    case "fixed":
      return retry.delayMs;
    case "exponential":
      return between(retry.minMs, Math.min(retry.maxMs, retry.minMs * 2 ** Math.min(failures, 20)), random);
    case "custom":
      return retry.delaysMs[Math.min(failures, retry.delaysMs.length) - 1] ?? 0;
  }
}

/** What a worker repeats by itself while no supervisor is connected. */
export function unattendedRetryMs({ retry }: StreamPolicy, counts: RetryCounts): number {
  if (counts.refusals > 0) return REFUSED_HOLD_MS;
  const patientMs =
    retry.strategy === "exponential" ? Math.min(5_000, retry.maxMs) : delayMs(retry, Number.MAX_SAFE_INTEGER, 0);
  return Math.max(1_000, patientMs);
}

export type Verdict =
  | { readonly is: "retry"; readonly afterMs: number }
  /** A retry so far off that people should see it: why, and when. */
  | { readonly is: "hold"; readonly afterMs: number; readonly reason: string }
  | { readonly is: "holdForEdit"; readonly reason: string }
  | { readonly is: "replaceWorker" }
  | { readonly is: "end" };

export interface Judgement {
  readonly counts: RetryCounts;
  readonly verdict: Verdict;
}

export interface Circumstances {
  readonly policy: StreamPolicy;
  /** How long there was video before the failure interrupted it; 0: the attempt gave none. */
  readonly videoMs: number;
  /** The process is gone: the next attempt needs a new one anyway. */
  readonly processGone: boolean;
  readonly at: number;
  readonly random: number;
}

/** One failed attempt, or one interruption: what it adds to the counts, and what comes next. */
export function judge(before: RetryCounts, failure: Failure, circumstances: Circumstances): Judgement {
  const group = groupOf(failure);
  if (group === "ended") return { counts: before, verdict: { is: "end" } };
  const counts = counted(before, failure, group, circumstances);
  if (group === "edit") return { counts, verdict: { is: "holdForEdit", reason: "Waiting for an edit." } };
  if (needsRenewal(counts)) {
    return { counts: { ...before, faults: 0, renewals: before.renewals + 1 }, verdict: { is: "replaceWorker" } };
  }
  return {
    counts,
    verdict: limited(counts, circumstances.policy.retry, verdictOf(counts, failure, group, circumstances)),
  };
}

/** How long a stream that waits since that failure would wait by another policy; nothing new failed. */
export function delayAfter(counts: RetryCounts, failure: Failure, circumstances: Circumstances): number | undefined {
  const group = groupOf(failure);
  const isHeld = group === "edit" || group === "ended" || group === "credentials";
  if (isHeld) return undefined;
  const verdict = verdictOf(counts, failure, group, circumstances);
  return verdict.is === "retry" ? verdict.afterMs : undefined;
}

function counted(
  before: RetryCounts,
  { class: failureClass }: Failure,
  group: FailureGroup,
  { videoMs, processGone }: Circumstances,
): RetryCounts {
  const isHealthy = videoMs >= HEALTHY_MS;
  const isCurable = !processGone && videoMs === 0 && (group === "worker" || CURABLE.has(failureClass));
  return {
    ...before,
    attempts: before.attempts + (isHealthy ? 0 : 1),
    refusals: before.refusals + (group === "credentials" ? 1 : 0),
    denials: group === "camera" ? before.denials + 1 : 0,
    faults: isCurable ? before.faults + 1 : 0,
    crashes: group !== "worker" || !processGone ? before.crashes : isHealthy ? 1 : before.crashes + 1,
  };
}

function needsRenewal({ faults, renewals }: RetryCounts): boolean {
  return faults >= MAX_FAULTS * 2 ** Math.min(renewals, 10);
}

function verdictOf(counts: RetryCounts, failure: Failure, group: FailureGroup, circumstances: Circumstances): Verdict {
  if (group === "credentials") return afterRefusal(counts, circumstances.policy.credentials);
  if (group === "worker" && circumstances.processGone) return afterCrash(counts, circumstances);
  const isQuick = group !== "camera" && isFirstAfterVideo(counts, circumstances);
  const afterMs = isQuick ? between(0, QUICK_MS, circumstances.random) : slowDelayMs(counts, failure, circumstances);
  return { is: "retry", afterMs: spaced(afterMs, counts, circumstances) };
}

function isFirstAfterVideo({ attempts }: RetryCounts, { videoMs }: Circumstances): boolean {
  return videoMs >= HEALTHY_MS || (videoMs > 0 && attempts === 1);
}

/** A strategy that somebody chose is kept to; the usual one knows when to be slower and when not. */
function slowDelayMs(counts: RetryCounts, failure: Failure, { policy, videoMs, random }: Circumstances): number {
  const { retry } = policy;
  if (retry.strategy === "exponential") {
    if (failure.class === "fileUnusable") return between(FILE.minMs, FILE.maxMs, random);
    if (counts.denials > 0) return delayMs(CAMERA, counts.denials, random);
    if (failure.class === "stalled" && videoMs === 0)
      return between(NO_FIRST_FRAME.minMs, NO_FIRST_FRAME.maxMs, random);
  }
  const chosenMs = delayMs(retry, Math.max(1, counts.attempts), random);
  return counts.denials > 0 ? Math.max(DENIED_MS, chosenMs) : chosenMs;
}

/** Without a delay, attempts that fail at once would follow one another as fast as the machine can. */
function spaced(afterMs: number, { attemptedAt }: RetryCounts, { policy, at }: Circumstances): number {
  if (policy.retry.strategy !== "immediate") return afterMs;
  return Math.min(IMMEDIATE_MS, Math.max(afterMs, attemptedAt + IMMEDIATE_MS - at));
}

function afterRefusal({ refusals }: RetryCounts, credentials: number): Verdict {
  const sets = Math.max(1, credentials);
  if (refusals % sets !== 0) return { is: "retry", afterMs: 0 };
  if (refusals / sets < MAX_ROUNDS) return { is: "retry", afterMs: BETWEEN_ROUNDS_MS };
  const reason = `Refused ${refusals} times; waiting, because cameras lock accounts.`;
  return { is: "hold", afterMs: REFUSED_HOLD_MS, reason };
}

function afterCrash(counts: RetryCounts, circumstances: Circumstances): Verdict {
  const { crashes } = counts;
  if (crashes === 1) return { is: "retry", afterMs: spaced(0, counts, circumstances) };
  const afterMs = spaced(delayMs(circumstances.policy.retry, crashes - 1, circumstances.random), counts, circumstances);
  return crashes < CRASH_LOOP
    ? { is: "retry", afterMs }
    : { is: "hold", afterMs, reason: `The worker failed ${crashes} times.` };
}

function limited({ attempts }: RetryCounts, { maxAttempts }: RetryConfig, verdict: Verdict): Verdict {
  if (maxAttempts === undefined || attempts < maxAttempts) return verdict;
  const tries = attempts === 1 ? "1 attempt" : `${attempts} attempts`;
  return { is: "holdForEdit", reason: `Gave up after ${tries}; waiting for an edit or a user.` };
}

function between(leastMs: number, mostMs: number, random: number): number {
  return Math.round(leastMs + random * (Math.max(leastMs, mostMs) - leastMs));
}
