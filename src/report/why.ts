/** The contract of `dslrs why --json` and GET /v1/streams/NAME/why. Times are ISO 8601 in UTC. */

import type { EventRecord, FailureCounts } from "./event.js";
import type { StreamStatus } from "./status.js";

export interface WhyReport {
  readonly stream: string;
  /** `removed`: the config does not have it any more. */
  readonly state: StreamStatus["state"] | "removed";
  readonly since: string;
  /** The stream is as the config and its users want it. */
  readonly isWell: boolean;
  /** What is wrong, or that nothing is. */
  readonly verdict: string;
  readonly failure: StreamStatus["failure"];
  readonly breaker: StreamStatus["breaker"];
  /** In the outage that goes on; `null`: there is none. */
  readonly tried: {
    /** When video ended; where there was none before, when the first attempt failed. */
    readonly since: string;
    readonly failures: FailureCounts;
    /** The set that the next attempt takes, from 1; `null` where there are not several. */
    readonly credentials: { readonly next: number; readonly of: number } | null;
  } | null;
  /** What happens without anybody's doing; `null`: nothing is to happen. */
  readonly next: { readonly sentence: string; readonly at: string | null } | null;
  /** What a person could do. */
  readonly advice: readonly string[];
  /** The heading in docs/troubleshooting.md. */
  readonly entry: string | null;
  readonly history: HistorySummary;
  /** The newest, oldest first. */
  readonly events: readonly EventRecord[];
}

/** Since the events of the stream are kept; outages include the one that goes on. */
export interface HistorySummary {
  readonly lastDay: { readonly outages: number; readonly downMs: number; readonly longestMs: number };
  readonly outages: number;
  readonly downMs: number;
  readonly longestMs: number;
  readonly attempts: number;
  readonly failures: FailureCounts;
  /** Silences that ended by themselves. */
  readonly falseAlarms: number;
  /** From the last frame, or the fault, to the beginning of the recovery; `null`: never yet. */
  readonly detectionMs: SampleSummary | null;
  /** From there to video; `null`: never yet. */
  readonly recoveryMs: SampleSummary | null;
}

export interface SampleSummary {
  readonly last: number;
  /** Of the newest 64. */
  readonly median: number;
  readonly max: number;
}
