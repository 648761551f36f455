/** Puts together what `dslrs why` tells of a stream: what is wrong, what was tried, what comes next, what a person could do. */

import type { FailureClass } from "../failure.js";
import type { AttemptPhase, StreamState } from "../policy/states.js";
import type { EventRecord, StreamTally } from "../report/event.js";
import type { StatusReport, StreamStatus } from "../report/status.js";
import { fullTexts } from "../report/viewers.js";
import type { WhyReport } from "../report/why.js";
import { FAILURE_TEXTS } from "../worker/failure-texts.js";
import { outagesSince, summaryOf } from "./tally.js";

export interface WhyFacts {
  readonly tally: StreamTally;
  /** Oldest first. */
  readonly events: readonly EventRecord[];
  readonly now: number;
}

export interface StreamFacts extends WhyFacts {
  readonly status: StreamStatus;
  readonly state: StreamState;
  readonly configError: StatusReport["supervisor"]["configError"];
}

const EVENTS_SHOWN = 5;
/** A stream that was interrupted so often in an hour is not well, also while it runs. */
const FLAPPING = 3;
const HOUR_MS = 3_600_000;

interface Verdict {
  readonly isWell: boolean;
  readonly sentence: string;
  readonly hint?: string;
  readonly class?: FailureClass;
}

export function whyReport(facts: StreamFacts): WhyReport {
  const { status, state } = facts;
  const verdict = verdictOf(facts);
  const next = nextSentence(state, status.name);
  return {
    stream: status.name,
    state: status.state,
    since: status.since,
    isWell: verdict.isWell,
    verdict: verdict.sentence,
    failure: status.failure,
    breaker: status.breaker,
    tried: tried(facts),
    next: next === null ? null : { sentence: next, at: isHeldByHost(state) ? null : status.nextAttemptAt },
    advice: adviceOf(facts, verdict),
    entry: verdict.class === undefined ? null : FAILURE_TEXTS[verdict.class].message,
    ...historyOf(facts),
  };
}

/** Of a stream that the config does not have any more. `events` has at least one. */
export function whyRemoved(stream: string, facts: WhyFacts): WhyReport {
  return {
    stream,
    state: "removed",
    since: facts.events.at(-1)?.at ?? new Date(facts.now).toISOString(),
    isWell: true,
    verdict: "The config has no such stream any more.",
    failure: null,
    breaker: "closed",
    tried: null,
    next: null,
    advice: ["Put it back into the config, or add it with `dslrs add`."],
    entry: null,
    ...historyOf(facts),
  };
}

function historyOf({ tally, events, now }: WhyFacts): Pick<WhyReport, "history" | "events"> {
  return { history: summaryOf(tally, now), events: events.slice(-EVENTS_SHOWN) };
}

function verdictOf(facts: StreamFacts): Verdict {
  const { state, status } = facts;
  switch (state.is) {
    case "running":
      return verdictOfRunning(facts);
    case "suspect":
      return { isWell: false, sentence: status.reason ?? "" };
    case "recovering":
    case "holding": {
      const { class: failureClass, hint } = state.failure;
      return { isWell: false, sentence: status.reason ?? "", hint, class: failureClass };
    }
    case "starting":
      return { isWell: true, sentence: "Nothing is wrong so far: it is starting." };
    case "stopping":
      return { isWell: true, sentence: status.reason ?? "Its worker is being ended." };
    case "paused":
      return { isWell: true, sentence: "Nothing is wrong: a user paused it." };
    case "stopped":
      return state.why === "ended"
        ? { isWell: true, sentence: "Nothing is wrong: the file ended.", ...textsOf("fileEnded") }
        : { isWell: true, sentence: status.reason ?? "It was not started yet." };
  }
}

function verdictOfRunning({ status, tally, now }: StreamFacts): Verdict {
  const down = status.outputs.find(({ failure }) => failure !== null);
  if (down?.failure) {
    const does = down.state === "degraded" ? "does not record as it should" : "does not";
    const sentence = `It runs, but its output ${down.id} ${does}: ${down.failure.message}`;
    return { isWell: false, sentence, ...textsOf(down.failure.class as FailureClass) };
  }
  const interruptions = outagesSince(tally, now - HOUR_MS);
  const cause = tally.recent.at(-1)?.class;
  if (interruptions < FLAPPING || cause === undefined) return { isWell: true, sentence: "Nothing is wrong." };
  const sentence = `It runs, but was interrupted ${interruptions} times in the last hour; last: ${FAILURE_TEXTS[cause].message}`;
  return { isWell: false, sentence, ...textsOf(cause) };
}

function textsOf(failureClass: FailureClass): Pick<Verdict, "hint" | "class"> {
  return { hint: FAILURE_TEXTS[failureClass].hint, class: failureClass };
}

function tried({ tally, state }: StreamFacts): WhyReport["tried"] {
  const { open } = tally;
  if (!open) return null;
  const { credential, policy } = state;
  return {
    since: new Date(open.from).toISOString(),
    failures: open.failures,
    credentials: policy.credentials > 1 ? { next: credential + 1, of: policy.credentials } : null,
  };
}

function adviceOf({ configError, status }: StreamFacts, { hint }: Verdict): string[] {
  const restart = status.state === "holding" ? [`\`dslrs restart ${status.name}\` tries at once.`] : [];
  const place = configError?.line ? ` (line ${configError.line})` : "";
  const why = configError?.concerns === "part" ? "a part of it is not in force" : "no edit is in force until then";
  const mend = configError ? [`Mend the config first, ${why}: ${configError.message}${place}`] : [];
  const seats = `Give it a higher \`maxViewers\`, or end one that \`dslrs viewers ${status.name}\` shows.`;
  const full = status.outputs.flatMap(fullTexts).map((text) => `${text[0]?.toUpperCase()}${text.slice(1)} ${seats}`);
  return [...(hint === undefined ? [] : [hint]), ...restart, ...full, ...mend];
}

function nextSentence(state: StreamState, name: string): string | null {
  switch (state.is) {
    case "running":
      return null;
    case "starting":
      return attemptSentence(state.phase);
    case "suspect":
      return state.doubt.is === "silent"
        ? "If no frame comes, the source is connected to anew; its host is asked meanwhile."
        : "If it does not answer soon, it is replaced.";
    case "recovering":
      if (state.phase.is === "ending") return "The worker at fault is being ended; then comes another attempt.";
      return state.phase.is === "waiting" ? "Another attempt." : attemptSentence(state.phase);
    case "holding":
      return holdSentence(state.until);
    case "paused":
      return `Nothing, until \`dslrs resume ${name}\`.`;
    case "stopping":
      return state.target.is === "start" ? "A new worker, when the present one has ended." : null;
    case "stopped":
      return state.why === "ended" ? `Nothing, until an edit or \`dslrs restart ${name}\`.` : null;
  }
}

/** The next probe is due in a moment, always. */
function isHeldByHost(state: StreamState): boolean {
  return state.is === "holding" && state.until.is === "host";
}

function attemptSentence(phase: AttemptPhase): string {
  switch (phase.is) {
    case "queued":
      return "An attempt, when its turn comes: those of all streams are limited.";
    case "launching":
      return "An attempt is under way: its worker is being started.";
    case "firstFrame":
      return "An attempt is under way: it waits for the first keyframe of the source.";
  }
}

function holdSentence(until: Extract<StreamState, { is: "holding" }>["until"]): string {
  switch (until.is) {
    case "time":
      return "Another attempt; sooner after an edit.";
    case "edit":
      return "Nothing by itself: it waits for an edit.";
    case "host":
      return "An attempt as soon as the source's host answers; it is asked all the time, with one probe at a time.";
  }
}
