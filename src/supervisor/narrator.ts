/** Chooses the words in which a stream's life appears in the log. What repeats itself is said once, and then counted. */

import { nextAttemptAt, reasonOf, type StreamState } from "../policy/states.js";
import type { Log, LogLevel } from "../report/log.js";
import type { TrackReport, WorkerReport } from "../worker/worker.js";
import type { Wanted } from "./link.js";

export interface NarratorFacts {
  readonly wanted: Wanted;
  readonly tracks: readonly TrackReport[];
  readonly urlOf: (mount: string) => string;
}

type Failing = Extract<StreamState, { is: "recovering" | "holding" }>;

interface Line {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields?: Record<string, unknown>;
}

export interface Narrator {
  changed(before: StreamState, after: StreamState, at: number): void;
  report(report: WorkerReport): void;
  /** A line that the worker's process wrote by itself. */
  output(line: string): void;
}

const ENCODING_NAMES: Readonly<Record<string, string>> = {
  h264: "H.264",
  h265: "H.265",
  jpeg: "MJPEG",
  aac: "AAC",
  opus: "Opus",
  pcma: "G.711 A-law",
  pcmu: "G.711 µ-law",
};

/** A line that only repeats the one before it is left out for a minute, then for ten, then for an hour, and then comes with a count. */
const FIRST_SILENCE_MS = 60_000;
const LONGEST_SILENCE_MS = 3_600_000;

interface Told {
  readonly essence: string;
  readonly at: number;
  readonly silenceMs: number;
  leftOut: number;
}

export function createNarrator(log: Log, facts: () => NarratorFacts): Narrator {
  let outage: { readonly since: number; readonly failures: number } | undefined;
  /** What was said last. It must stay true, so whatever differs from it is said at once. */
  let last: Told | undefined;

  function tell(essence: string, at: number, { level, message, fields }: Line): void {
    const repeated = last?.essence === essence ? last : undefined;
    if (repeated && at - repeated.at < repeated.silenceMs) {
      repeated.leftOut += 1;
      log.debug(message, fields);
      return;
    }
    const silenceMs = repeated ? Math.min(LONGEST_SILENCE_MS, repeated.silenceMs * 10) : FIRST_SILENCE_MS;
    last = { essence, at, silenceMs, leftOut: 0 };
    log[level](repeated ? `${message} (${repeated.leftOut + 1} times since this was last said)` : message, fields);
  }

  function tellFailure(before: StreamState, after: Failing, at: number): void {
    const { failure, counts, credential, policy } = after;
    if (!outage) last = undefined;
    outage = { since: outage?.since ?? at, failures: (outage?.failures ?? 0) + 1 };
    const dueAt = nextAttemptAt(after);
    const other =
      credential === before.credential ? "" : ` with credentials ${credential + 1} of ${policy.credentials}`;
    const when = dueAt === null ? "" : ` Next try in ${secondsText(dueAt - at)}${other}.`;
    const detail = failure.detail === failure.message ? {} : { detail: failure.detail };
    // Of the first round every set of credentials is told; later ones only repeat it.
    const turn = counts.attempts <= policy.credentials ? other : "";
    tell(`${after.is} ${failure.message}${turn}`, at, {
      level: after.is === "holding" ? "error" : "warn",
      message: `${after.is}: ${reasonOf(after) ?? failure.message}${when}`,
      fields: { class: failure.class, hint: failure.hint, ...detail },
    });
  }

  /** Why the host is away is told once for all streams on it, by the host. */
  function tellBarred(after: Failing, at: number): void {
    outage ??= { since: at, failures: 0 };
    tell("holding for the host", at, {
      level: "info",
      message: `holding: ${reasonOf(after) ?? after.failure.message}`,
    });
  }

  function tellRunning(before: StreamState, { credential, policy }: StreamState, at: number): void {
    if (before.is === "suspect") {
      log.debug("running again: it was only slow");
      return;
    }
    const after = outage ? `, back after ${secondsText(at - outage.since)} and ${countText(outage.failures)}` : "";
    const access = credential === 0 ? "" : `, with credentials ${credential + 1} of ${policy.credentials}`;
    outage = undefined;
    tell("running", at, { level: "info", message: `running${mediaText(facts())}${access}${after}` });
  }

  return {
    changed(before, after, at) {
      if (isBarred(after)) {
        if (!isBarred(before)) tellBarred(after, at);
      } else if (isNewFailure(before, after)) tellFailure(before, after, at);
      else if (before.is === after.is) return;
      else if (after.is === "running") tellRunning(before, after, at);
      else log[isAtRest(after) ? "info" : "debug"](textOf(after));
      // At rest, or a beginning with nothing held against it.
      if (!isAtRest(after) && after.is !== "starting") return;
      outage = undefined;
      last = undefined;
    },
    report(report) {
      const line = reportLine(report);
      if (line) log[line.level](line.message, line.fields);
    },
    output: (line) => log.info(line),
  };
}

function isAtRest(state: StreamState): boolean {
  return state.is === "paused" || state.is === "stopped";
}

/** An attempt that failed, or video that was interrupted; not the phases of one outage. */
function isNewFailure(before: StreamState, after: StreamState): after is Failing {
  if (!isFailing(after) || isEnding(after)) return false;
  return !isFailing(before) || isEnding(before) || after.counts.attempts > before.counts.attempts;
}

function isFailing(state: StreamState): state is Failing {
  return state.is === "holding" || state.is === "recovering";
}

/** What comes of a failure is decided when the worker at fault is gone. */
function isEnding(state: StreamState): boolean {
  return state.is === "recovering" && state.phase.is === "ending";
}

function isBarred(state: StreamState): state is Failing {
  return state.is === "holding" && state.until.is === "host";
}

/** `undefined`: nothing that a reader of the log wants to know. */
function reportLine(report: WorkerReport): Line | undefined {
  switch (report.type) {
    case "outputDown": {
      const { class: failureClass, message, hint } = report.failure;
      return {
        level: "warn",
        message: `Output ${report.id} is down: ${message}`,
        fields: { class: failureClass, hint },
      };
    }
    case "outputDegraded": {
      const { class: failureClass, message, hint, detail } = report.failure;
      const fields = { class: failureClass, hint, detail };
      return { level: "warn", message: `Output ${report.id} does not record as it should: ${message}`, fields };
    }
    case "outputUp":
      return { level: "debug", message: `Output ${report.id} is up` };
    case "outputStopped":
      return { level: "debug", message: `Output ${report.id} ended` };
    case "segmentOpened":
      return { level: "debug", message: `Recording to ${report.path}` };
    case "segmentClosed": {
      const fields = { seconds: Math.round(report.durationMs / 100) / 10, bytes: report.bytes, reason: report.reason };
      if (report.whole) return { level: "info", message: `Recorded ${report.path}`, fields };
      return { level: "warn", message: `Not finished: ${report.path}.part; what is in it is salvaged`, fields };
    }
    case "viewerJoined": {
      const fields = { transport: report.transport, agent: report.agent };
      return { level: "info", message: `Viewer ${report.viewer} joined from ${report.address}`, fields };
    }
    case "viewerLeft": {
      const fields = { framesSent: report.framesSent, framesDropped: report.framesDropped };
      return { level: "info", message: `Viewer ${report.viewer} left after ${Math.round(report.seconds)} s`, fields };
    }
    case "log":
      return { level: report.level, message: report.message, fields: { source: report.source } };
    case "ingestUp":
    case "tracks":
    case "ingestDown":
    case "ingestStopped":
    case "suspect":
    case "suspectCleared":
    case "stats":
    case "loginRefused":
      return undefined;
  }
}

function textOf(state: StreamState): string {
  const reason = reasonOf(state);
  return reason === null ? state.is : `${state.is}: ${reason}`;
}

/** `, H.264 1280x720 25 fps + AAC, rtsp://127.0.0.1:8554/front-door` */
function mediaText({ wanted, tracks, urlOf }: NarratorFacts): string {
  const urls = wanted.spec.outputs.flatMap((output) => (output.kind === "rtsp" ? [urlOf(output.mount)] : []));
  return [tracks.map(trackText).join(" + "), ...urls]
    .filter((part) => part !== "")
    .map((part) => `, ${part}`)
    .join("");
}

export function trackText(track: TrackReport): string {
  const size = track.width && track.height ? ` ${track.width}x${track.height}` : "";
  const fps = track.fps ? ` ${Math.round(track.fps * 100) / 100} fps` : "";
  return `${ENCODING_NAMES[track.encoding] ?? track.encoding}${size}${fps}`;
}

function secondsText(ms: number): string {
  return ms < 10_000 ? `${(Math.max(0, ms) / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}

function countText(failures: number): string {
  return failures === 1 ? "1 failure" : `${failures} failures`;
}
