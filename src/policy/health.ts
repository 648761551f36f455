/** Thresholds that tell a stream in trouble from one that is well. Milliseconds. */

import type { FailureClass } from "../failure.js";
import type { Doubt, StreamPolicy } from "./states.js";

/** A worker that does not answer may only be short of CPU: it gets this long before it is replaced. */
export const CONFIRM_UNRESPONSIVE_MS = 3_000;
/** Launch to connected. A worker needs 20 ms; a machine that starts a hundred at once needs longer. */
export const LAUNCH_MS = 20_000;
/** How much later than the worker's own deadline the supervisor stops waiting for its report about the first frame. */
export const FIRST_FRAME_MARGIN_MS = 5_000;
/** An attempt that gave video for so long did not fail: when it breaks off, the next one follows at once. */
export const HEALTHY_MS = 10_000;
/** Video for this long ends an outage: the retry counters begin anew. */
export const SETTLED_MS = 60_000;
/** Orderly stop of a worker before signals: recordings are finished in it. */
export const STOP_GRACE_MS = 2_500;
/** For a worker that hangs, from SIGABRT on. */
export const HUNG_GRACE_MS = 500;

type Silence = Pick<Extract<Doubt, { is: "silent" }>, "intervalMs" | "probe">;

/**
 * How long silence lasts before it counts as an outage. A source whose host still answers may only be slow; one that is
 * silent on every connection is away. Slow sources get eight of their usual frame intervals in any case.
 */
export function confirmAfterMs({ timeouts, canProbe }: StreamPolicy, { intervalMs, probe }: Silence): number {
  if (timeouts.stallMs !== "auto") return timeouts.stallMs;
  const isAnswering = !canProbe || probe === "answers";
  return Math.max(isAnswering ? 2_000 : 500, 8 * intervalMs);
}

/** The silence that a worker reports; 0: by the frame rate. With a limit of one's own there is time to see it coming. */
export function suspectAfterMs({ stallMs }: StreamPolicy["timeouts"]): number {
  return stallMs === "auto" ? 0 : Math.ceil(stallMs / 2);
}

/** The host itself says that nobody is there. */
const GONE: ReadonlySet<string> = new Set<FailureClass>(["refused", "unreachable", "reset"]);
/** A name that does not resolve says nothing about a connection that was made before. */
const SILENT: ReadonlySet<string> = new Set<FailureClass | "silent">(["silent", "connectTimeout", "dnsFailed"]);

/** What a probe's finding says about a connection that is silent. Whatever else a host says, it answers. */
export function meaningOf(found: "answers" | "silent" | FailureClass): "answers" | "silent" | "gone" {
  if (GONE.has(found)) return "gone";
  return SILENT.has(found) ? "silent" : "answers";
}
