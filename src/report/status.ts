/** The contract of `dslrs status --json` and GET /v1/status. Times are ISO 8601 in UTC, durations and sizes carry their unit. */
import type { TrackReport } from "../worker/worker.js";
import type { HistorySummary } from "./why.js";

export type StreamStateName =
  | "starting"
  | "running"
  | "suspect"
  | "recovering"
  | "holding"
  | "paused"
  | "stopping"
  | "stopped";

export interface StatusReport {
  readonly supervisor: {
    readonly pid: number;
    readonly version: string;
    readonly instance: string;
    readonly uptimeSeconds: number;
    readonly configPath: string;
    readonly configHash: string;
    /** Why the file as it is now is not in force; null when it is. */
    readonly configError: {
      /** `part`: all else of the file is in force. `all`: the last good config stays. */
      readonly concerns: "all" | "part";
      readonly message: string;
      readonly line: number | null;
      readonly column: number | null;
      readonly hint: string | null;
      readonly at: string;
    } | null;
    /** Where the RTSP port is; several addresses are told apart by ", ". */
    readonly rtspListen: string;
    /** The same of RTSPS; null: there is none. */
    readonly rtspsListen: string | null;
    /** Other machines reach it, and nobody is asked for a password. */
    readonly rtspOpen: boolean;
    readonly router: { readonly state: "up" | "down"; readonly pid: number | null; readonly restarts: number };
    /** Hosts of sources that are away: attempts wait until a probe finds them back. */
    readonly hosts: readonly HostStatus[];
    /** Where recordings go; none where no stream records, or before the first look. */
    readonly roots: readonly RootStatus[];
  };
  readonly streams: readonly StreamStatus[];
}

export interface RootStatus {
  readonly path: string;
  /** `null`, as the next two: nobody could look at the disk yet. */
  readonly freeBytes: number | null;
  readonly totalBytes: number | null;
  /** What is to stay free. */
  readonly reserveBytes: number | null;
  /** Why less is free than that, and what to do about it; null when it is not so. */
  readonly problem: string | null;
  /** How the disk answers: `slow` and `silent` since a time. */
  readonly archive: { readonly state: "ok" | "slow" | "silent"; readonly since: string | null };
  /** Why the index of recordings is not kept on the disk at present; null: it is. */
  readonly indexProblem: string | null;
}

export interface HostStatus {
  /** With its port. */
  readonly address: string;
  /** `halfOpen`: a probe is under way. */
  readonly breaker: "open" | "halfOpen" | "closed";
  readonly since: string;
  readonly nextProbeAt: string | null;
}

export interface StreamStatus {
  readonly name: string;
  readonly state: StreamStateName;
  readonly since: string;
  /** One sentence: why it is in this state. */
  readonly reason: string | null;
  readonly failure: {
    readonly class: string;
    readonly message: string;
    readonly hint: string;
    readonly at: string;
  } | null;
  readonly nextAttemptAt: string | null;
  /** Failed attempts since video last ran for 60 s. */
  readonly attempts: number;
  /** Of the source's host; nothing bars a source that is on none. */
  readonly breaker: "closed" | "open" | "halfOpen";
  /** Which set of credentials is in use or is tried next, from 1; null where there are not several. */
  readonly credential: number | null;
  /** What the stream went through. */
  readonly recovery: HistorySummary;
  readonly worker: {
    readonly pid: number;
    readonly startedAt: string;
    readonly restarts: number;
    readonly cpuPercent: number | null;
    readonly memoryBytes: number | null;
    readonly memoryLimitBytes: number | null;
    readonly memoryLimitBy: string;
    readonly cpuLimitPercent: number | null;
    readonly cpuLimitBy: string;
  } | null;
  readonly source: {
    readonly kind: string;
    /** Redacted. */
    readonly uri: string;
    readonly reconnects: number;
    readonly fps: number | null;
    readonly bitrateBps: number | null;
    /** Of the first video track (else the first track), in this worker's life. */
    readonly frames: number;
    readonly lastFrameAgeMs: number | null;
    readonly tracks: readonly TrackReport[];
  };
  readonly outputs: readonly OutputStatus[];
}

export interface OutputStatus {
  readonly id: string;
  readonly kind: string;
  /** `degraded`: frames come that are not recorded, or that go to another root than the first. */
  readonly state: "up" | "waiting" | "degraded" | "down";
  readonly failure: { readonly class: string; readonly message: string; readonly at: string } | null;
  /** kind rtsp */
  readonly url?: string;
  /** Who may watch: whoever reaches it, users with their password, or nobody. */
  readonly access?: "everyone" | "users" | "nobody";
  readonly viewers?: number;
  /** How many there may be, where that is limited. */
  readonly maxViewers?: number;
  /** Because there were as many already, in this worker's life. */
  readonly viewersRefused?: number;
  /** kind tap */
  readonly readers?: number;
  /** kind record */
  readonly mode?: "continuous" | "event";
  /** kind record: of the present file; kind tap: of the socket with the picture */
  readonly path?: string | null;
  /** Where that file is. */
  readonly root?: string | null;
  readonly bytes?: number;
  readonly segments?: number;
  readonly [stat: string]: unknown;
}
