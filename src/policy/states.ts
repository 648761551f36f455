/**
 * What the lifecycle of one stream is made of: states, events, effects. `lifecycle.ts` says how they go together.
 *
 * Two things have lives: the worker (a process) and, inside it, the ingest (the connection to the source). Each life has a number
 * that only rises; what an earlier life still has to say is dropped.
 */

import type { RetryConfig, Timeouts } from "../config/model.js";
import type { Failure, FailureClass } from "../failure.js";
import type { RetryCounts } from "./retry.js";

export type Media = "video" | "audio";

/** A worker restarts its ingest in place; for a command the process is all there is. */
export type Program = "worker" | "command";

/** What the config says about recovering; a change of it applies at once and interrupts nothing. */
export interface StreamPolicy {
  readonly retry: RetryConfig;
  readonly timeouts: Timeouts;
  /** Sets of credentials that the source has; 0 and 1 are the same to the policy. */
  readonly credentials: number;
  /** Whether `probeSource` can find anything out: the source is on a network. */
  readonly canProbe: boolean;
  /** Its source is another stream, which may be just starting, too. */
  readonly hasOrigin: boolean;
}

export interface Common {
  readonly program: Program;
  readonly policy: StreamPolicy;
  /** Which set of credentials the next attempt takes; the one that was accepted stays. */
  readonly credential: number;
  /** When a time of healthy video last ended, ms since 1970; such streams go first. `null`: never yet. */
  readonly healthyAt: number | null;
  /** The newest of each; 0: none so far. */
  readonly lives: { readonly worker: number; readonly ingest: number };
  readonly counts: RetryCounts;
  /** Of the newest ingest that was up, by track index. */
  readonly tracks: readonly Media[];
}

export type Target =
  | { readonly is: "start" }
  | { readonly is: "paused" }
  | { readonly is: "stopped"; readonly why: StopReason };

/** `new`: nothing was asked for yet. */
export type StopReason = "new" | "ended" | "removed" | "shutdown";

export type AttemptPhase =
  /**
   * For its turn: attempts of all streams are limited. The attempt starts a worker, or the ingest of the living one.
   * `hasVideo`: the source of before goes on until the new one has video.
   */
  | { readonly is: "queued"; readonly hasWorker: boolean; readonly hasVideo: boolean }
  | { readonly is: "launching" }
  | { readonly is: "firstFrame" };

export type RecoveryPhase =
  /** The worker at fault must be gone first. `videoMs`: how long there was video before; 0: none. */
  | { readonly is: "ending"; readonly videoMs: number }
  | { readonly is: "waiting"; readonly hasWorker: boolean; readonly nextAttemptAt: number }
  | AttemptPhase;

export type Doubt =
  /** `probe`: what the source's host said since; `pending` until it did. */
  | {
      readonly is: "silent";
      readonly tracks: readonly number[];
      readonly since: number;
      readonly intervalMs: number;
      readonly probe: "pending" | "answers" | "silent";
    }
  | { readonly is: "unresponsive"; readonly detail: string };

export type StreamState = Common &
  (
    | { readonly is: "starting"; readonly phase: AttemptPhase }
    /** `upAt`: when this time of video began. */
    | { readonly is: "running"; readonly upAt: number }
    | { readonly is: "suspect"; readonly upAt: number; readonly doubt: Doubt }
    | { readonly is: "recovering"; readonly phase: RecoveryPhase; readonly failure: Failure }
    | {
        readonly is: "holding";
        readonly worker: "none" | "connected" | "ending";
        /** `host`: the breaker of the source's host is open; `hostBack` ends it. */
        readonly until:
          | { readonly is: "time"; readonly at: number }
          | { readonly is: "edit" }
          | { readonly is: "host" };
        readonly reason: string;
        readonly failure: Failure;
      }
    | { readonly is: "paused" }
    | { readonly is: "stopping"; readonly target: Target }
    | { readonly is: "stopped"; readonly why: StopReason }
  );

export type StateName = StreamState["is"];
export type In<Name extends StateName> = Extract<StreamState, { is: Name }>;

/**
 * `retry`: the next attempt is due. `confirm`: a doubt is no longer one. `deadline`: an attempt took too long.
 * `settled`: there was video for long enough.
 */
export type TimerName = "retry" | "confirm" | "deadline" | "settled";

/** How what an adopted worker does compares with what is wanted of it. A worker just launched does nothing yet. */
export type Fit = "asWanted" | "otherSource" | "otherWorker";

/** What a user or an edit wants. */
export type Order =
  /** `isAlive`: an earlier supervisor left a living worker, which is adopted without waiting for a turn. */
  | { readonly type: "startRequested"; readonly isAlive: boolean }
  | { readonly type: "pauseRequested" }
  | { readonly type: "resumeRequested" }
  | { readonly type: "restartRequested" }
  | { readonly type: "stopRequested"; readonly why: "removed" | "shutdown" }
  /** Another source, or other credentials. A source that has video goes on until the new one has. */
  | { readonly type: "sourceEdited" }
  /** Other retries or timeouts: for what comes next. */
  | { readonly type: "policyEdited"; readonly policy: StreamPolicy }
  /** Something that needs another process. */
  | { readonly type: "workerEdited"; readonly program: Program };

export type WorkerNews =
  | {
      readonly type: "workerConnected";
      readonly worker: number;
      readonly fit: Fit;
      readonly ingest: {
        readonly state: "idle" | "starting" | "up" | "down";
        readonly life: number;
        readonly tracks: readonly Media[];
        readonly failure?: Failure;
      };
    }
  | { readonly type: "workerUnresponsive"; readonly worker: number; readonly detail: string }
  /** It uses far more CPU than it ever did, for long. */
  | { readonly type: "workerSpins"; readonly worker: number; readonly detail: string }
  /** At least one for every launch, also where nothing could be started; the first counts. */
  | { readonly type: "workerExited"; readonly worker: number; readonly failure: Failure };

export type IngestNews = { readonly worker: number; readonly ingest: number } & (
  | { readonly type: "ingestUp"; readonly tracks: readonly Media[] }
  | { readonly type: "ingestDown"; readonly failure: Failure }
  /** `silentMs` since the last frame, where `intervalMs` from frame to frame is usual. */
  | {
      readonly type: "silenceSuspected";
      readonly track: number;
      readonly silentMs: number;
      readonly intervalMs: number;
    }
  | { readonly type: "silenceEnded"; readonly track: number }
);

/** What is known of the source's host, and of the turns of attempts. */
export type AdmissionNews =
  /** The turn of a queued attempt has come. */
  | { readonly type: "attemptGranted" }
  /** Instead of a turn: the breaker of the host is open. */
  | { readonly type: "attemptBarred" }
  /**
   * Instead of a turn: the account was refused too often, by this stream or another. `until`: ms since 1970. `instead`: the set of credentials
   * of another account that may be tried.
   */
  | { readonly type: "accountHeld"; readonly until: number; readonly instead: number | null }
  /** The host answers again: what waits for it need not wait any longer. */
  | { readonly type: "hostBack" }
  /** The answer to `probeSource`. */
  | { readonly type: "sourceProbed"; readonly ingest: number; readonly found: "answers" | "silent" | FailureClass };

export type Occurrence =
  | Order
  | WorkerNews
  | IngestNews
  | AdmissionNews
  | { readonly type: "timerFired"; readonly timer: TimerName };

/** `at`: ms since 1970. `random`: in [0, 1). */
export type StreamEvent = Occurrence & { readonly at: number; readonly random: number };

export type Effect =
  /** Adopts the living worker of the stream's bundle, else starts one. */
  | { readonly do: "launchWorker"; readonly worker: number }
  /** `workerExited` follows, also when it was gone already. `abort`: it hangs, so SIGABRT comes first, which the record of its end shows. */
  | { readonly do: "stopWorker"; readonly worker: number; readonly graceMs: number; readonly abort: boolean }
  /** Gives a connected worker the outputs and the limits that it should have. */
  | { readonly do: "syncWorker"; readonly worker: number }
  | StartIngest
  /**
   * `attemptGranted` or `attemptBarred` follows, sooner for a user and for streams that were healthy lately. One that begins with a
   * worker is not barred: outputs want a worker also while the source is away.
   */
  | {
      readonly do: "queueAttempt";
      readonly hasWorker: boolean;
      readonly healthyAt: number | null;
      readonly byUser: boolean;
    }
  | { readonly do: "leaveQueue" }
  /** Asks the source's host, beside the worker, whether it is there; `sourceProbed` follows. */
  | { readonly do: "probeSource"; readonly ingest: number }
  /** Replaces a timer of that name. */
  | { readonly do: "setTimer"; readonly timer: TimerName; readonly ms: number }
  | { readonly do: "clearTimer"; readonly timer: TimerName };

export interface StartIngest {
  readonly do: "startIngest";
  readonly worker: number;
  readonly ingest: number;
  readonly credential: number;
  /** When the present ingest ends: at once, or when the new one has its first keyframe or has failed. */
  readonly replace: "now" | "atKeyframe";
  readonly connectMs: number;
  readonly firstFrameMs: number;
  /** 0: the worker goes by the frame rate. */
  readonly suspectMs: number;
  readonly retryMs: number;
}

export interface Step {
  readonly state: StreamState;
  readonly effects: readonly Effect[];
}

/** The timers that mean something in a state; they end with it. */
export function timersOf(state: StreamState): readonly TimerName[] {
  switch (state.is) {
    case "starting":
    case "recovering":
      return timersOfPhase(state.phase);
    case "running":
      return ["settled"];
    case "suspect":
      return ["settled", "confirm"];
    case "holding":
      return state.until.is === "time" ? ["retry"] : [];
    case "paused":
    case "stopping":
    case "stopped":
      return [];
  }
}

function timersOfPhase(phase: RecoveryPhase): readonly TimerName[] {
  switch (phase.is) {
    case "waiting":
      return ["retry"];
    case "launching":
    case "firstFrame":
      return ["deadline"];
    case "ending":
    case "queued":
      return [];
  }
}

/** Whether an attempt waits for its turn. */
export function isQueued(state: StreamState): boolean {
  return (state.is === "starting" || state.is === "recovering") && state.phase.is === "queued";
}

/** Whether a worker process exists or is being started. */
export function hasWorker(state: StreamState): boolean {
  switch (state.is) {
    case "running":
    case "suspect":
    case "stopping":
      return true;
    case "starting":
    case "recovering":
      return "hasWorker" in state.phase ? state.phase.hasWorker : true;
    case "holding":
      return state.worker !== "none";
    case "paused":
    case "stopped":
      return false;
  }
}

/** Whether the worker takes orders. */
export function isConnected(state: StreamState): boolean {
  switch (state.is) {
    case "running":
      return true;
    case "suspect":
      return state.doubt.is === "silent";
    case "starting":
    case "recovering":
      return "hasWorker" in state.phase ? state.phase.hasWorker : state.phase.is === "firstFrame";
    case "holding":
      return state.worker === "connected";
    case "paused":
    case "stopping":
    case "stopped":
      return false;
  }
}

/** Why the stream is in its state, for people; `null` where the name says it all. */
export function reasonOf(state: StreamState): string | null {
  switch (state.is) {
    case "suspect":
      return state.doubt.is === "silent" ? "No frames come from the source." : "The worker does not answer.";
    case "recovering":
      return state.failure.message;
    case "holding":
      return state.reason;
    case "paused":
      return "Paused by a user.";
    case "stopped":
      return stopSentences[state.why];
    case "stopping":
      return state.target.is === "stopped" ? stopSentences[state.target.why] : null;
    case "starting":
    case "running":
      return null;
  }
}

const stopSentences: Record<StopReason, string | null> = {
  new: null,
  ended: "The file ended.",
  removed: "Removed from the config.",
  shutdown: "dslrs is going down.",
};

/** When the next attempt begins, in ms since 1970; `null` when none is waiting. */
export function nextAttemptAt(state: StreamState): number | null {
  if (state.is === "recovering" && state.phase.is === "waiting") return state.phase.nextAttemptAt;
  if (state.is === "holding" && state.until.is === "time") return state.until.at;
  return null;
}
