/** The report of `dslrs status`, from what the supervisor and its streams know. */

import type { Access, OutputConfig, StreamConfig } from "../config/model.js";
import { sourceUri } from "../policy/spec.js";
import { nextAttemptAt, reasonOf } from "../policy/states.js";
import { redact } from "../report/redact.js";
import type { HostStatus, OutputStatus, RootStatus, StatusReport, StreamStatus } from "../report/status.js";
import type { Worker } from "../worker/worker.js";
import type { Complaint } from "./complaint.js";
import type { HostView } from "./host.js";
import type { OutputView, Picture } from "./picture.js";
import type { RouterView } from "./router.js";
import type { StreamView } from "./stream.js";
import { summaryOf } from "./tally.js";
import type { Usage } from "./usage.js";

export interface SupervisorView {
  readonly pid: number;
  readonly version: string;
  readonly instance: string;
  readonly startedAt: number;
  readonly configPath: string;
  readonly configHash: string;
  /** Why the file as it is now is not in force. */
  readonly configError: Complaint | null;
  readonly router: RouterView;
  /** Everybody who reaches the router can watch, also from other machines. */
  readonly isOpen: boolean;
  readonly hosts: readonly HostView[];
  readonly roots: readonly RootStatus[];
  readonly streams: readonly StreamView[];
}

export interface StatusParts {
  readonly now: number;
  readonly usageOf: (pid: number) => Usage;
  readonly urlOf: (mount: string) => string;
}

/** Workers report once a second. */
const REPORT_OVERDUE_MS = 1_500;

export function statusReport(view: SupervisorView, parts: StatusParts): StatusReport {
  const { pid, version, instance, configPath, configHash, router } = view;
  return {
    supervisor: {
      pid,
      version,
      instance,
      uptimeSeconds: Math.floor((parts.now - view.startedAt) / 1000),
      configPath,
      configHash,
      configError: configErrorStatus(view.configError),
      rtspListen: router.listen.join(", "),
      rtspsListen: router.tlsListen.length > 0 ? router.tlsListen.join(", ") : null,
      rtspOpen: view.isOpen,
      router: { state: router.pid === null ? "down" : "up", pid: router.pid, restarts: router.restarts },
      hosts: view.hosts.map((host) => hostStatus(host, parts.now)),
      roots: view.roots,
    },
    streams: view.streams.map((stream) => streamStatus(stream, parts)),
  };
}

function configErrorStatus(found: SupervisorView["configError"]): StatusReport["supervisor"]["configError"] {
  if (!found) return null;
  const { message, line, column, hint } = found.problem;
  return { concerns: found.concerns, message, line, column, hint, at: isoTime(found.at) };
}

function hostStatus({ address, breaker, forMs, nextProbeMs }: HostView, now: number): HostStatus {
  const nextProbeAt = nextProbeMs === null ? null : isoTime(now + nextProbeMs);
  return { address, breaker, since: isoTime(now - forMs), nextProbeAt };
}

function streamStatus(view: StreamView, parts: StatusParts): StreamStatus {
  const { state, wanted, host } = view;
  const next = nextAttemptOf(view, parts.now);
  return {
    name: wanted.config.name,
    state: state.is,
    since: isoTime(view.since),
    reason: reasonOf(state),
    failure: failureStatus(view),
    nextAttemptAt: next === null ? null : isoTime(next),
    attempts: state.counts.attempts,
    breaker: host?.breaker ?? "closed",
    credential: state.policy.credentials > 1 ? state.credential + 1 : null,
    recovery: summaryOf(view.tally, parts.now),
    worker: view.worker ? workerStatus(view.worker, view.restarts, parts) : null,
    source: sourceStatus(view, parts.now),
    outputs: wanted.spec.outputs.map((output) => {
      const common = outputStatus(output, view.picture.outputs.get(output.id));
      return { ...common, ...settingsOf(output, wanted.config, parts) };
    }),
  };
}

/** What is held by its host may go on at the next probe. */
function nextAttemptOf({ state, host }: StreamView, now: number): number | null {
  if (state.is !== "holding" || state.until.is !== "host") return nextAttemptAt(state);
  return now + (host?.nextProbeMs ?? 0);
}

function failureStatus({ state, failedAt }: StreamView): StreamStatus["failure"] {
  if (state.is !== "recovering" && state.is !== "holding") return null;
  const { class: failureClass, message, hint } = state.failure;
  return { class: failureClass, message, hint, at: isoTime(failedAt) };
}

function workerStatus(worker: Worker, restarts: number, { usageOf }: StatusParts): StreamStatus["worker"] {
  const { identity, startedAt, limits } = worker;
  return {
    pid: identity.pid,
    startedAt: isoTime(startedAt),
    restarts,
    ...usageOf(identity.pid),
    memoryLimitBytes: limits.memoryBytes,
    memoryLimitBy: limits.memoryBy,
    cpuLimitPercent: limits.cpuPercent,
    cpuLimitBy: limits.cpuBy,
  };
}

function sourceStatus({ wanted, picture, state }: StreamView, now: number): StreamStatus["source"] {
  const { tracks, frames, reconnects } = picture;
  const isFlowing = state.is === "running" || state.is === "suspect";
  return {
    ...shownSource(wanted.config),
    reconnects,
    fps: isFlowing ? picture.fps : null,
    bitrateBps: isFlowing ? picture.bitrateBps : null,
    frames,
    lastFrameAgeMs: lastFrameAge(picture, now),
    tracks,
  };
}

/** Between two reports of a worker frames come that it has not told of yet; without reports the newest frame ages. */
function lastFrameAge({ lastFrame }: Picture, now: number): number | null {
  if (!lastFrame) return null;
  const silentMs = now - lastFrame.toldAt;
  return Math.round(lastFrame.ageMs + (silentMs > REPORT_OVERDUE_MS ? silentMs : 0));
}

function shownSource(config: StreamConfig): { kind: string; uri: string } {
  if (config.kind === "command") return { kind: "command", uri: redact(config.command) };
  return { kind: config.source.kind, uri: redact(sourceUri(config.source)) };
}

function outputStatus(output: OutputConfig, seen: OutputView | undefined): OutputStatus {
  const failure = seen?.failure ?? null;
  const { sinceMs: _, ...stats } = seen?.picture ?? {};
  return {
    ...stats,
    id: output.id,
    kind: output.kind,
    state: seen?.picture.state ?? "down",
    failure: failure && {
      class: failure.failure.class,
      message: failure.failure.message,
      at: isoTime(failure.at),
    },
  };
}

function settingsOf(
  output: OutputConfig,
  config: StreamConfig,
  { urlOf }: StatusParts,
): Pick<OutputStatus, "url" | "access" | "mode" | "maxViewers"> {
  if (output.kind === "tap") return {};
  if (output.kind === "record") return { mode: output.event ? "event" : "continuous" };
  const access = accessText(config.kind === "media" ? config.access : undefined);
  const { mount, maxViewers } = output;
  return { url: urlOf(mount), access, ...(maxViewers !== undefined && { maxViewers }) };
}

function accessText(access: Access | undefined): "everyone" | "users" | "nobody" {
  if (access === undefined) return "everyone";
  return access.viewers?.length === 0 ? "nobody" : "users";
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
