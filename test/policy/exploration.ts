/** Every state that a stream can be in, as far as decisions can tell states apart, and every step between them. */

import type { FailureClass } from "../../src/failure.js";
import { next } from "../../src/policy/lifecycle.js";
import type { Occurrence, Program, Step, StreamEvent, StreamState } from "../../src/policy/states.js";
import { initialState } from "../../src/policy/transitions.js";
import { failure } from "./cameras.js";
import { POLICY } from "./stream-world.js";

export interface Passage {
  readonly from: StreamState;
  readonly event: StreamEvent;
  /** For a picture. */
  readonly label: string;
  readonly step: Step;
}

/** One class of each group. */
const FAILURES: readonly (readonly [label: string, failureClass: FailureClass])[] = [
  ["network", "refused"],
  ["credentials", "unauthorized"],
  ["camera", "notFound"],
  ["edit", "pipelineInvalid"],
  ["disk", "recordingFailed"],
  ["worker", "internal"],
  ["ended", "fileEnded"],
];

export function explore(program: Program): Passage[] {
  const seen = new Map<string, StreamState>();
  const passages: Passage[] = [];
  const open = [initialState(program, POLICY)];
  for (let state = open.pop(); state; state = open.pop()) {
    if (seen.has(keyOf(state))) continue;
    seen.set(keyOf(state), state);
    for (const [label, event] of eventsFor(state)) {
      const step = next(state, event);
      passages.push({ from: state, event, label, step });
      open.push(step.state);
    }
  }
  return passages;
}

/** Lives and counters rise for ever; what matters of them is where they stand to the limits. */
function keyOf(state: StreamState): string {
  const { counts } = state;
  const capped = [
    Math.min(counts.attempts, 1),
    Math.min(counts.refusals, 3),
    Math.min(counts.faults, 5),
    Math.min(counts.crashes, 3),
  ];
  const phase = "phase" in state ? { ...state.phase, nextAttemptAt: 0 } : null;
  const hold = state.is === "holding" ? [state.worker, state.until.is] : null;
  const doubt = state.is === "suspect" ? { ...state.doubt, since: 0 } : null;
  const rest = state.is === "stopping" ? state.target : state.is === "stopped" ? state.why : null;
  const failed = state.is === "recovering" || state.is === "holding" ? state.failure.class : null;
  return JSON.stringify([state.is, state.program, capped, state.tracks, phase, hold, doubt, rest, failed]);
}

function eventsFor({ lives, program }: StreamState): [string, StreamEvent][] {
  const { worker } = lives;
  const ingest = { worker, ingest: lives.ingest };
  const picture = { life: lives.ingest, tracks: ["video"] } as const;
  const bare: [string, Occurrence][] = [
    ["startRequested", { type: "startRequested", isAlive: false }],
    ["startRequested (alive)", { type: "startRequested", isAlive: true }],
    ["pauseRequested", { type: "pauseRequested" }],
    ["resumeRequested", { type: "resumeRequested" }],
    ["restartRequested", { type: "restartRequested" }],
    ["stopRequested", { type: "stopRequested", why: "removed" }],
    ["sourceEdited", { type: "sourceEdited" }],
    ["policyEdited", { type: "policyEdited", policy: POLICY }],
    ["workerEdited", { type: "workerEdited", program }],
    ["workerConnected", { type: "workerConnected", worker, fit: "asWanted", ingest: { ...picture, state: "idle" } }],
    [
      "workerConnected (starting)",
      { type: "workerConnected", worker, fit: "asWanted", ingest: { ...picture, state: "starting" } },
    ],
    ["workerConnected (up)", { type: "workerConnected", worker, fit: "asWanted", ingest: { ...picture, state: "up" } }],
    [
      "workerConnected (down)",
      {
        type: "workerConnected",
        worker,
        fit: "asWanted",
        ingest: { ...picture, state: "down", failure: failure("refused") },
      },
    ],
    [
      "workerConnected (other source)",
      { type: "workerConnected", worker, fit: "otherSource", ingest: { ...picture, state: "up" } },
    ],
    [
      "workerConnected (other worker)",
      { type: "workerConnected", worker, fit: "otherWorker", ingest: { ...picture, state: "up" } },
    ],
    ["workerUnresponsive", { type: "workerUnresponsive", worker, detail: "no reply" }],
    ["workerSpins", { type: "workerSpins", worker, detail: "a whole core" }],
    ["workerExited", { type: "workerExited", worker, failure: failure("workerCrashed") }],
    ["ingestUp", { type: "ingestUp", ...ingest, tracks: ["video"] }],
    ["silenceSuspected", { type: "silenceSuspected", ...ingest, track: 0, silentMs: 80, intervalMs: 40 }],
    ["silenceEnded", { type: "silenceEnded", ...ingest, track: 0 }],
    ["attemptGranted", { type: "attemptGranted" }],
    ["attemptBarred", { type: "attemptBarred" }],
    ["accountHeld", { type: "accountHeld", until: 600_000, instead: null }],
    ["hostBack", { type: "hostBack" }],
    ...(["answers", "silent", "refused"] as const).map((found): [string, Occurrence] => [
      `sourceProbed (${found})`,
      { type: "sourceProbed", ingest: lives.ingest, found },
    ]),
    ...(["retry", "confirm", "deadline", "settled"] as const).map((timer): [string, Occurrence] => [
      `timer ${timer}`,
      { type: "timerFired", timer },
    ]),
    ...FAILURES.map(([group, failureClass]): [string, Occurrence] => [
      `ingestDown (${group})`,
      { type: "ingestDown", ...ingest, failure: failure(failureClass) },
    ]),
  ];
  return bare.map(([label, event]) => [label, { ...event, at: 1_000, random: 0.5 }]);
}
