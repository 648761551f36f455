/** What a running supervisor can be asked to do. The API (src/report/api.ts) puts it on `supervisor.sock`. */

import type { RecordingsAnswer, RecordingsQuery } from "../recordings/recording.js";
import type { EventQuery, EventRecord } from "../report/event.js";
import type { StatusReport } from "../report/status.js";
import type { ViewersReport } from "../report/viewers.js";
import type { WhyReport } from "../report/why.js";

export type ControlResult =
  /** `message` says what happens now, in one sentence. */
  | { readonly ok: true; readonly message: string }
  | { readonly ok: false; readonly message: string; readonly hint?: string };

/** One thing that an edit would do. */
export interface PlannedStep {
  /** `null`: it concerns the instance, not one stream. */
  readonly stream: string | null;
  readonly step: string;
  readonly sentence: string;
}

export interface CheckProblem {
  readonly message: string;
  readonly line: number | null;
  readonly column: number | null;
  readonly hint: string | null;
}

export type CheckResult =
  /** No steps: the file says what already runs. */
  | { readonly ok: true; readonly steps: readonly PlannedStep[] }
  | { readonly ok: false; readonly problems: readonly CheckProblem[] };

/** Somebody says that something happens now. */
export interface RecordRequest {
  /** How long it goes on from now. */
  readonly forMs: number;
  /** How long it went on before; `null`: as the settings of the output say. */
  readonly preMs: number | null;
  /** `null`: all that the stream has for events. */
  readonly output: string | null;
}

export interface RecordedEvent {
  readonly output: string;
  /** Of the file, without the suffix that it has while it is written; `null`: there is none yet. */
  readonly path: string | null;
  /** When it ends, unless something else is recorded then. */
  readonly until: string;
  /** How long before the request the file began; `null`: not known yet. */
  readonly preRollMs: number | null;
}

export type RecordResult =
  /** `isAway`: the source sends nothing now; what comes until the end is recorded. */
  | { readonly ok: true; readonly isAway: boolean; readonly recordings: readonly RecordedEvent[] }
  | { readonly ok: false; readonly message: string; readonly hint?: string };

export interface SupervisorControl {
  status(): StatusReport;
  /** Ends the stream's worker in order and keeps it down, also over edits and restarts of the supervisor. */
  pause(name: string): Promise<ControlResult>;
  resume(name: string): Promise<ControlResult>;
  /** A fresh worker at once, whatever the back-off says. */
  restart(name: string): Promise<ControlResult>;
  /** Records an event; resolves when its files are begun, or after a moment. */
  record(name: string, request: RecordRequest): Promise<RecordResult>;
  /** Who watches; left out: all streams. */
  viewers(stream?: string): Promise<ViewersReport>;
  /** Ends one of them. */
  kick(name: string, viewer: number): Promise<ControlResult>;
  /** Stops everything in order; resolves when all of it has stopped. */
  down(): Promise<void>;
  /** The plan from what runs to what the file at `configPath` asks for; nothing is done. */
  check(configPath: string): Promise<CheckResult>;
  /** Oldest first, also of streams that were removed; `undefined`: there is no such stream, and was none. */
  events(query: EventQuery): readonly EventRecord[] | undefined;
  /** Resolves at the next event of any stream, or when `signal` is aborted. */
  nextEvent(signal: AbortSignal): Promise<void>;
  /** What is wrong with a stream, and what comes next; `undefined`: there is no such stream, and was none. */
  why(name: string): WhyReport | undefined;
  /** Of all roots; of one whose disk does not answer it says so. */
  recordings(query: RecordingsQuery): Promise<RecordingsAnswer>;
  /** Finds the index of recordings again from the files. */
  reindex(): Promise<ControlResult>;
}
