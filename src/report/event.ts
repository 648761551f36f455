/**
 * What happened to a stream or to the instance, and what the events of a stream add up to: the contract of `dslrs events --json` and
 * GET /v1/events. Times in events are ISO 8601 in UTC; those in a tally are ms since 1970.
 */

import type { FailureClass } from "../failure.js";

export type EventMood = "good" | "plain" | "bad" | "worst";

/** Every kind of event, with how a person feels about it. */
export const EVENT_KINDS = {
  // What a stream's life came to
  starting: "plain",
  running: "good",
  failed: "bad",
  holding: "worst",
  paused: "plain",
  stopping: "plain",
  stopped: "plain",
  // What else happened to a stream
  sourceChanged: "plain",
  outputUp: "good",
  outputDown: "bad",
  recordingDegraded: "bad",
  recordingResumed: "good",
  segmentFailed: "bad",
  recordingQuarantined: "bad",
  hookFailed: "bad",
  viewerKicked: "plain",
  loginRefused: "bad",
  edited: "plain",
  // What happened to the instance
  supervisorStarted: "plain",
  supervisorStopped: "plain",
  configApplied: "good",
  configRefused: "worst",
  routerRestarted: "bad",
  breakerOpened: "bad",
  breakerClosed: "good",
  recordingsRemoved: "bad",
  reserveMissed: "worst",
  reserveHeld: "good",
  diskSilent: "worst",
  diskAnswers: "good",
  indexRebuilt: "bad",
} as const satisfies Record<string, EventMood>;

export type EventKind = keyof typeof EVENT_KINDS;

export type EventFields = Readonly<Record<string, string | number | boolean | null>>;

/** Never holds a secret. */
export interface EventRecord {
  /** Rises from event to event of an instance, over restarts of the supervisor too: ms since 1970, or one more than the last. */
  readonly id: number;
  readonly at: string;
  /** `null`: the instance. */
  readonly stream: string | null;
  readonly kind: EventKind;
  readonly message: string;
  readonly fields: EventFields;
  /** It stands for so many of the same kind in a row, of which this is the last. */
  readonly times: number;
  /** Of the first of them. */
  readonly firstAt: string;
}

export interface EventQuery {
  /** Left out: all streams, and the instance. */
  readonly stream?: string;
  /** An id, or ms since 1970: the oldest events after it. Left out: the newest of all. */
  readonly since?: number;
  readonly limit: number;
}

/** So many are kept of each stream, and of the instance. */
export const EVENTS_KEPT = 256;

export type FailureCounts = Readonly<Partial<Record<FailureClass, number>>>;

export interface Outage {
  /** When video ended; where there was none before, when the first attempt failed. */
  readonly from: number;
  readonly to: number;
  /** Of its first failure. */
  readonly class: FailureClass;
}

export interface OpenOutage {
  readonly from: number;
  /** When recovery began. */
  readonly detectedAt: number;
  readonly class: FailureClass;
  /** So far. */
  readonly failures: FailureCounts;
}

/** Of a time that is measured again and again. */
export interface Samples {
  readonly maxMs: number;
  /** Newest last; the median is theirs. */
  readonly recentMs: readonly number[];
}

/** What a stream went through since its events are kept. */
export interface StreamTally {
  readonly failures: FailureCounts;
  /** Workers launched and sources connected to. */
  readonly attempts: number;
  /** Silences that ended by themselves. */
  readonly falseAlarms: number;
  /** Of all that are over. */
  readonly outages: number;
  readonly downMs: number;
  readonly longestMs: number;
  /** Those that are over, newest last. */
  readonly recent: readonly Outage[];
  readonly open: OpenOutage | null;
  /** From the last frame, or the fault, to the beginning of the recovery. */
  readonly detection: Samples;
  /** From there to video. */
  readonly recovery: Samples;
}

export const EMPTY_TALLY: StreamTally = {
  failures: {},
  attempts: 0,
  falseAlarms: 0,
  outages: 0,
  downMs: 0,
  longestMs: 0,
  recent: [],
  open: null,
  detection: { maxMs: 0, recentMs: [] },
  recovery: { maxMs: 0, recentMs: [] },
};
