/**
 * Remembers what a stream goes through: as events for people, and as sums. The runtime of the stream tells it every step; what it
 * remembers is kept by the store over restarts of the supervisor.
 */

import { type Failure, groupOf } from "../failure.js";
import {
  nextAttemptAt,
  type Order,
  reasonOf,
  type StateName,
  type StreamEvent,
  type StreamState,
} from "../policy/states.js";
import { EMPTY_TALLY, type EventFields, type EventKind, type EventRecord, type StreamTally } from "../report/event.js";
import type { EventStore, NewEvent } from "../report/events.js";
import type { WorkerReport } from "../worker/worker.js";
import { createReportNotes } from "./report-notes.js";
import { closeOutage, countAttempt, countFailure, countFalseAlarm, countOf, openOutage } from "./tally.js";

/** Events beside those of the lifecycle. */
export type NoteKind = Exclude<EventKind, StateName | "failed">;

export interface History {
  /** One step of the lifecycle. `faultAt`: when what `cause` tells of happened, where that is known better. */
  changed(before: StreamState, after: StreamState, cause: StreamEvent, at: number, faultAt?: number): void;
  /** What the worker reports beside. */
  reported(report: WorkerReport, at: number): void;
  note(kind: NoteKind, message: string, at: number, fields?: EventFields): void;
  /** Oldest first. */
  events(): readonly EventRecord[];
  tally(): StreamTally;
}

interface Change {
  readonly before: StreamState;
  readonly after: StreamState;
  readonly cause: StreamEvent;
  readonly at: number;
  /** Since when there is no video, where this step ended a time of video. */
  readonly faultAt: number;
}

export function createHistory({ name, store }: { readonly name: string; readonly store: EventStore }): History {
  const kept = store.of(name);
  const noteReport = createReportNotes();
  let tally = kept.tally() ?? EMPTY_TALLY;
  /** When that began which is in doubt now. */
  let doubtfulSince: number | null = null;

  function followDoubt({ before, after, cause, at }: Change): void {
    if (after.is !== "suspect") doubtfulSince = null;
    else if (before.is !== "suspect") doubtfulSince = cause.type === "silenceSuspected" ? at - cause.silentMs : at;
  }

  return {
    changed(before, after, cause, at, faultAt = at) {
      if (before === after) return;
      const change = { before, after, cause, at, faultAt: doubtfulSince ?? faultAt };
      followDoubt(change);
      const former = tally;
      tally = tallied(former, change);
      const event = eventOf(change, former, tally);
      // Sums without an event can wait for the next: a source that falters all the time is not to be written of all the time.
      if (event) kept.keep(event, tally);
    },
    reported(report, at) {
      noteReport(report, (kind, message, fields) => kept.keep({ kind, message, at, fields }));
    },
    note: (kind, message, at, fields = {}) => kept.keep({ kind, message, at, fields }),
    events: kept.events,
    tally: () => tally,
  };
}

function tallied(tally: StreamTally, { before, after, cause, at, faultAt }: Change): StreamTally {
  let now = isAttempt(before, after, cause) ? countAttempt(tally) : tally;
  const failure = failureIn(after);
  if (failure && !now.open) {
    const hadVideo = hasVideo(before);
    const outage = { from: hadVideo ? faultAt : at, detectedAt: at, class: failure.class, hadVideo };
    now = openOutage(now, outage);
  }
  const hasFailed = failure !== undefined && failure !== failureIn(before) && !isWithoutAttempt(cause);
  if (hasFailed) now = countFailure(now, failure.class);
  if (before.is === "suspect" && after.is === "running") now = countFalseAlarm(now);
  if (after.is === "running") return closeOutage(now, at, true);
  return isAtRest(after) ? closeOutage(now, at, false) : now;
}

function isWithoutAttempt({ type }: StreamEvent): boolean {
  return type === "attemptBarred" || type === "accountHeld";
}

/** A launch, or the start of an ingest that is not the second half of a launch. To adopt a living worker is no attempt. */
function isAttempt(before: StreamState, after: StreamState, cause: StreamEvent): boolean {
  if (cause.type === "startRequested" && cause.isAlive) return false;
  // One that waits for its origin begins its attempt after that.
  if (after.lives.worker > before.lives.worker) return !after.policy.hasOrigin;
  const isLaunching = (before.is === "starting" || before.is === "recovering") && before.phase.is === "launching";
  return after.lives.ingest > before.lives.ingest && !isLaunching;
}

/** What a person wants to know of a step; `undefined`: nothing. */
function eventOf(change: Change, former: StreamTally, tally: StreamTally): NewEvent | undefined {
  const { before, after, cause, at } = change;
  const failure = failureIn(after);
  const isNew = failure !== undefined && failure !== failureIn(before);
  if (after.is === "holding") {
    const isOther = isNew || before.is !== "holding" || before.reason !== after.reason;
    return isOther ? { kind: "holding", message: after.reason, at, fields: failureFields(change, tally) } : undefined;
  }
  if (isNew) return { kind: "failed", message: failure.message, at, fields: failureFields(change, tally) };
  if (before.is === after.is || after.is === "recovering" || after.is === "suspect") return undefined;
  if (after.is === "stopping" && after.target.is !== "start") return undefined; // told when it has stopped
  if (after.is !== "running") return { kind: after.is, message: sentenceOf(after, cause), at, fields: {} };
  if (before.is === "suspect") return undefined; // it was only slow
  return { kind: "running", ...comeback(former, tally), at };
}

function failureFields({ before, after, at }: Change, tally: StreamTally): EventFields {
  const failure = failureIn(after);
  if (!failure) return {};
  const { counts, policy } = after;
  const next = nextAttemptAt(after);
  const detectionMs = hasVideo(before) ? tally.detection.recentMs.at(-1) : undefined;
  const isRefused = groupOf(failure) === "credentials" && policy.credentials > 1;
  return {
    class: failure.class,
    ...(counts.attempts > 0 && { attempts: counts.attempts }),
    ...(isRefused && { credentials: before.credential + 1 }),
    ...(detectionMs !== undefined && { detectionMs }),
    ...(next !== null && { nextInMs: Math.max(0, next - at) }),
    ...(failure.detail !== undefined && failure.detail !== failure.message && { detail: failure.detail }),
  };
}

function comeback(former: StreamTally, tally: StreamTally): Pick<NewEvent, "message" | "fields"> {
  const outage = former.open && tally.recent.at(-1);
  if (!former.open || !outage) return { message: "Runs.", fields: {} };
  const recoveryMs = Math.max(0, outage.to - former.open.detectedAt);
  return {
    message: "Runs again.",
    fields: { downMs: Math.max(0, outage.to - outage.from), recoveryMs, failures: countOf(former.open.failures) },
  };
}

const ORDER_SENTENCES: Readonly<Record<Exclude<Order["type"], "startRequested">, string>> = {
  pauseRequested: "Paused by a user.",
  resumeRequested: "Resumed by a user.",
  restartRequested: "Restarted by a user.",
  stopRequested: "Stops.",
  sourceEdited: "Connects anew: the source was edited.",
  policyEdited: "Retries and timeouts were edited.",
  workerEdited: "Gets a new worker: the config was edited.",
};

function sentenceOf(after: StreamState, cause: StreamEvent): string {
  const reason = reasonOf(after);
  if (reason !== null) return reason;
  if (cause.type === "startRequested") return cause.isAlive ? "Goes on in the living worker." : "Starts.";
  if (cause.type in ORDER_SENTENCES) return ORDER_SENTENCES[cause.type as keyof typeof ORDER_SENTENCES];
  return after.is === "starting" ? "Starts with a fresh worker." : "Ends its worker.";
}

function failureIn(state: StreamState): Failure | undefined {
  return state.is === "recovering" || state.is === "holding" ? state.failure : undefined;
}

function hasVideo({ is }: StreamState): boolean {
  return is === "running" || is === "suspect";
}

function isAtRest({ is }: StreamState): boolean {
  return is === "paused" || is === "stopped";
}
