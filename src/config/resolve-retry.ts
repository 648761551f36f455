/** From `retry:` and `timeouts:` as written to the values that the policies work with. */

import type { Fallback, RetryConfig, RetryStrategy, Timeouts } from "./model.js";
import { STRATEGY_OF } from "./recovery.js";
import type { Complain } from "./resolve.js";
import type { WrittenStream } from "./schema.js";

type WrittenRetry = WrittenStream["retry"];

const MIN_MS = 500;
const MAX_MS = 30_000;
const DELAY_MS = 5_000;

/** `undefined` where something is wrong with it. */
export function resolveRetry(written: WrittenRetry, complain: Complain): RetryConfig | undefined {
  const strategy = resolveStrategy(written, complain);
  if (!isFitting(written, complain) || strategy === undefined) return undefined;
  const { maxAttempts } = written;
  return { ...strategy, ...(maxAttempts !== undefined && { maxAttempts }) };
}

export function resolveTimeouts({ connect, firstFrame, stall }: WrittenStream["timeouts"]): Timeouts {
  return { connectMs: connect, firstFrameMs: firstFrame, stallMs: stall };
}

export function resolveFallback(written: WrittenStream["fallback"]): Fallback {
  return written === "last-frame" ? "lastFrame" : written;
}

/** Whether every setting belongs to the strategy. */
function isFitting(written: WrittenRetry, complain: Complain): boolean {
  const settings = Object.keys(STRATEGY_OF) as (keyof typeof STRATEGY_OF)[];
  const strangers = settings.filter((key) => written[key] !== undefined && STRATEGY_OF[key] !== written.strategy);
  for (const key of strangers) {
    const hint = `remove \`${key}\`, or write \`strategy: ${STRATEGY_OF[key]}\``;
    complain(["retry", key], `does not fit the strategy ${written.strategy}`, hint);
  }
  return strangers.length === 0;
}

function resolveStrategy(written: WrittenRetry, complain: Complain): RetryStrategy | undefined {
  switch (written.strategy) {
    case "immediate":
      return { strategy: "immediate" };
    case "fixed":
      return { strategy: "fixed", delayMs: written.delay ?? DELAY_MS };
    case "exponential":
      return resolveExponential(written, complain);
    case "custom":
      if (written.delays !== undefined && written.delays.length > 0) {
        return { strategy: "custom", delaysMs: written.delays };
      }
      complain(["retry"], "has the strategy custom, but no delays", "for example `delays: [1s, 2s, 10s]`");
      return undefined;
  }
}

/** A limit that is given alone moves the other one out of its way. */
function resolveExponential({ min, max }: WrittenRetry, complain: Complain): RetryStrategy | undefined {
  const minMs = min ?? Math.min(MIN_MS, max ?? MIN_MS);
  const maxMs = max ?? Math.max(MAX_MS, minMs);
  if (minMs <= maxMs) return { strategy: "exponential", minMs, maxMs };
  complain(["retry", "min"], "is longer than `max`", "make `min` the shorter one");
  return undefined;
}
