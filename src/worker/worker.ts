/**
 * A worker process as the supervisor sees it. Implemented for `dslrs-worker` (control socket) and for literal
 * gst-launch commands (bus messages read from their output).
 */

import type { Access, Limits, OutputConfig, RtspOutput, SourceConfig } from "../config/model.js";
import type { Failure } from "../failure.js";

/** Boot id + pid + start time (clock ticks since boot) name one process for ever. */
export interface ProcessIdentity {
  readonly bootId: string;
  readonly pid: number;
  readonly startTime: number;
}

export interface WorkerExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** How often the kernel killed in this worker's cgroup for memory. */
  readonly oomKills: number;
  readonly endedAt: number;
}

export interface TrackReport {
  readonly index: number;
  readonly media: "video" | "audio";
  readonly encoding: string;
  readonly width?: number;
  readonly height?: number;
  readonly fps?: number;
  readonly rate?: number;
  readonly channels?: number;
}

/** What goes into `addOutput`. */
export type OutputOrder =
  /** `access` left out: everybody may watch. */
  | (RtspOutput & { readonly access?: Access })
  | {
      readonly id: string;
      readonly kind: "record";
      readonly format: "mkv" | "mp4";
      readonly roots: readonly string[];
      readonly path: string;
      readonly everyMs: number;
      readonly align: boolean;
      readonly bytes: number;
      /** Permission bits. */
      readonly mode: number;
      readonly directoryMode: number;
      readonly trigger?: { readonly preMs: number; readonly mostMs: number; readonly preBytes: number };
    }
  | {
      readonly id: string;
      readonly kind: "tap";
      /** Absolute. */
      readonly path: string;
      readonly mode: number;
      readonly group?: string;
    };

/** What goes into `startIngest`: of the credentials the one set whose turn it is. */
export type SourceOrder =
  | Exclude<SourceConfig, { kind: "rtsp" }>
  | (Omit<Extract<SourceConfig, { kind: "rtsp" }>, "credentials"> & {
      readonly user?: string;
      readonly password?: string;
    });

export type WorkerOrder =
  | {
      readonly type: "startIngest";
      readonly life: number;
      readonly source: SourceOrder;
      readonly replace: "now" | "atKeyframe";
      readonly connectMs: number;
      readonly firstFrameMs: number;
      /** 0: by the frame rate. */
      readonly suspectMs: number;
      readonly retryMs: number;
    }
  | { readonly type: "stopIngest" }
  | { readonly type: "addOutput"; readonly output: OutputOrder }
  | { readonly type: "removeOutput"; readonly id: string }
  | { readonly type: "rotate"; readonly id: string }
  /** Without `preMs` that of its settings. */
  | { readonly type: "trigger"; readonly id: string; readonly forMs: number; readonly preMs?: number }
  /** Another worker was sent a wrong password from there. */
  | { readonly type: "countGuess"; readonly address: string }
  | { readonly type: "requestKeyframe" }
  | { readonly type: "listViewers" }
  | { readonly type: "endViewer"; readonly viewer: number }
  | { readonly type: "ping" }
  | { readonly type: "stop" };

export interface IngestPicture {
  readonly state: "idle" | "starting" | "up" | "down";
  readonly life: number;
  readonly tracks: readonly TrackReport[];
  readonly failure?: Failure;
}

export interface OutputPicture {
  readonly id: string;
  readonly kind: OutputConfig["kind"];
  readonly state: "up" | "waiting" | "degraded" | "down";
  /** While it is degraded, and since when. */
  readonly failure?: Failure;
  readonly sinceMs?: number;
  readonly [stat: string]: unknown;
}

/** Who watches; empty where that is not known. */
export interface ViewerIdentity {
  /** Its number in the worker. */
  readonly viewer: number;
  readonly address: string;
  readonly user: string;
  readonly transport: string;
  readonly agent: string;
}

export interface ViewerPicture extends ViewerIdentity {
  readonly output: string;
  readonly state: string;
  /** ms since 1970; 0: it has not joined yet. */
  readonly since: number;
  readonly framesSent: number;
  readonly framesDropped: number;
  /** Of media. */
  readonly bytesSent: number;
  /** That it has not taken yet. */
  readonly waitingBytes: number;
  /** Of the packets on their way, as it says itself: 0 to 1. */
  readonly loss: number;
}

/** A viewer was not let in. */
export interface RefusedLogin {
  readonly type: "loginRefused";
  readonly address: string;
  /** As it was sent. */
  readonly user: string;
  /** A wrong password, no such user, or one who may not watch this. */
  readonly why: "password" | "user" | "viewer";
  /** How long nothing more is taken from the address; 0: it may go on. */
  readonly waitMs: number;
}

/** The protocol's `failure` objects are already translated (src/worker/failures.ts). */
export type WorkerReport =
  | { readonly type: "ingestUp"; readonly life: number; readonly tracks: readonly TrackReport[] }
  | { readonly type: "tracks"; readonly life: number; readonly tracks: readonly TrackReport[] }
  | { readonly type: "ingestDown"; readonly life: number; readonly failure: Failure }
  | { readonly type: "ingestStopped"; readonly life: number }
  | {
      readonly type: "suspect";
      readonly life: number;
      readonly track: number;
      readonly silentMs: number;
      readonly intervalMs: number;
    }
  | { readonly type: "suspectCleared"; readonly life: number; readonly track: number; readonly silentMs: number }
  | { readonly type: "outputUp"; readonly id: string; readonly kind: string }
  | { readonly type: "outputDown"; readonly id: string; readonly kind: string; readonly failure: Failure }
  | { readonly type: "outputDegraded"; readonly id: string; readonly kind: string; readonly failure: Failure }
  | { readonly type: "outputStopped"; readonly id: string; readonly kind: string }
  | {
      readonly type: "segmentOpened";
      readonly id: string;
      readonly path: string;
      readonly startedAt: number;
      readonly encodings: readonly string[];
      /** No frame was lost since the last file. */
      readonly continues: boolean;
    }
  | {
      readonly type: "segmentClosed";
      readonly id: string;
      readonly path: string;
      readonly startedAt: number;
      readonly endedAt: number;
      /** Of the video. */
      readonly frames: number;
      readonly keyframes: number;
      readonly bytes: number;
      readonly durationMs: number;
      readonly encodings: readonly string[];
      /** It has its final name. */
      readonly whole: boolean;
      readonly reason: string;
    }
  | ({ readonly type: "viewerJoined"; readonly id: string } & ViewerIdentity)
  | ({
      readonly type: "viewerLeft";
      readonly id: string;
      readonly framesSent: number;
      readonly framesDropped: number;
      readonly seconds: number;
    } & ViewerIdentity)
  | RefusedLogin
  | {
      readonly type: "stats";
      readonly ingest: {
        readonly state: IngestPicture["state"];
        readonly life: number;
        readonly tracks: readonly {
          readonly index: number;
          readonly frames: number;
          readonly keyframes: number;
          readonly bytes: number;
          readonly lastFrameAgeMs: number | null;
        }[];
      };
      readonly outputs: readonly OutputPicture[];
      readonly hub: { readonly bytes: number };
    }
  | {
      readonly type: "log";
      readonly level: "debug" | "info" | "warn" | "error";
      readonly at: number;
      readonly source: string;
      readonly message: string;
    };

/** What a worker tells its owner, in order. After `exited` nothing follows. */
export type WorkerEvent =
  /** The control socket is connected and both said hello; comes again after a lost connection was mended. */
  | { readonly type: "connected"; readonly ingest: IngestPicture; readonly outputs: readonly OutputPicture[] }
  | { readonly type: "report"; readonly report: WorkerReport }
  /** The connection closed though the process lives, or no reply came in time. */
  | { readonly type: "unresponsive"; readonly detail: string }
  /** A raw line of the process's own output (worker.log). */
  | { readonly type: "output"; readonly line: string }
  | { readonly type: "exited"; readonly exit: WorkerExit; readonly failure: Failure };

/** The worker did not take an order: it said no, or could not be asked. */
export class OrderRefused extends Error {
  constructor(
    readonly order: WorkerOrder["type"],
    readonly reason: string,
  ) {
    super(`${order}: ${reason}`);
    this.name = "OrderRefused";
  }
}

/** No process was started. */
export class NotLaunched extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
    this.name = "NotLaunched";
  }
}

/** Where remarks about a process go. They hold no secrets. */
export type Note = (level: "debug" | "info" | "warn" | "error", message: string) => void;

export interface Worker {
  readonly identity: ProcessIdentity;
  readonly startedAt: number;
  /** Which limits hold and by what means, for `status`. */
  readonly limits: AppliedLimits;
  /** Resolves when the worker accepted the order; rejects with an OrderRefused, or when the connection is lost. */
  send(order: WorkerOrder): Promise<void>;
  /** Who watches now; rejects as `send` does. */
  viewers(): Promise<readonly ViewerPicture[]>;
  /** Changes the limits of the running process. `false` with a reason: the old ones hold, a new process would get the new ones. */
  setLimits(limits: Limits): Promise<LimitsChange>;
  /** Orderly stop, then SIGTERM to the group, then SIGKILL; resolves when the process is gone. Idempotent. */
  terminate(graceMs: number): Promise<void>;
  /** For one that hangs: SIGABRT to the process, after `graceMs` SIGKILL to the group. */
  abort(graceMs: number): Promise<void>;
  /** Closes the connection and stops listening; the process goes on. */
  detach(): void;
}

export interface AppliedLimits {
  readonly memoryBytes: number | null;
  readonly cpuPercent: number | null;
  /** `none` where nothing was asked for. */
  readonly memoryBy: "cgroup1" | "cgroup2" | "rlimit" | "none";
  readonly cpuBy: "cgroup1" | "cgroup2" | "nice" | "none";
}

export type LimitsChange = { readonly ok: true } | { readonly ok: false; readonly message: string };

export interface LaunchRequest {
  readonly name: string;
  /** Absolute path of `streams/<name>`; made if it is missing. */
  readonly bundle: string;
  readonly program: { readonly kind: "worker" } | { readonly kind: "command"; readonly argv: readonly string[] };
  readonly limits: Limits;
  readonly orphanGraceSeconds: number;
}

export type WorkerListener = (event: WorkerEvent) => void;

export interface Workers {
  /** Starts a process through the shim. Rejects, with NotLaunched, only where nothing was started. Events come after it resolved. */
  launch(request: LaunchRequest, listener: WorkerListener): Promise<Worker>;
  /** The living process of a bundle, if there is one; `undefined` when the bundle is stale or empty. */
  adopt(request: LaunchRequest, listener: WorkerListener): Promise<Worker | undefined>;
}
