/**
 * Every expected failure of dslrs: its class, one sentence for a person at 3 a.m., and what that person can do.
 * The class decides the policy (src/policy); `docs/troubleshooting.md` has an entry for each.
 */

/** What kind of thing failed; the policy of a class is chosen by its group. */
export type FailureGroup =
  | "network" // passes by itself: retry with back-off
  | "credentials" // cameras lock accounts: few tries, long hold
  | "camera" // the camera answers, but not with what is asked: slow retry
  | "edit" // only an edit of the config mends it: hold
  | "disk" // one output is degraded, the stream goes on
  | "worker" // the process is at fault: a fresh process
  | "ended"; // the end of a file that does not loop: no failure of the stream

export const FAILURE_GROUPS = {
  dnsFailed: "network",
  refused: "network",
  unreachable: "network",
  connectTimeout: "network",
  reset: "network",
  stalled: "network",
  endOfStream: "network",
  protocolError: "network",
  corruptMedia: "network",
  unauthorized: "credentials",
  forbidden: "credentials",
  notFound: "camera",
  busy: "camera",
  unsupportedEncoding: "camera",
  tlsFailed: "camera",
  fileUnusable: "camera",
  pipelineInvalid: "edit",
  diskFull: "disk",
  diskReadOnly: "disk",
  diskDenied: "disk",
  diskMissing: "disk",
  diskSlow: "disk",
  recordingFailed: "disk",
  tapFailed: "disk",
  workerCrashed: "worker",
  outOfMemory: "worker",
  workerHung: "worker",
  commandFailed: "worker",
  internal: "worker",
  fileEnded: "ended",
} as const satisfies Record<string, FailureGroup>;

export type FailureClass = keyof typeof FAILURE_GROUPS;

export interface Failure {
  readonly class: FailureClass;
  /** One sentence: what is wrong. Never holds a secret. */
  readonly message: string;
  /** What a person can do about it. */
  readonly hint: string;
  /** What GStreamer or the system said, for the log. Never holds a secret. */
  readonly detail?: string;
}

export function groupOf(failure: Failure): FailureGroup {
  return FAILURE_GROUPS[failure.class];
}
