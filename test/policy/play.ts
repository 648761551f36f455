/** Plays the life of one stream event by event. */

import { next } from "../../src/policy/lifecycle.js";
import type { Effect, Occurrence, StreamPolicy, StreamState, TimerName } from "../../src/policy/states.js";
import { initialState } from "../../src/policy/transitions.js";
import { failure } from "./cameras.js";
import { POLICY } from "./stream-world.js";

/** From event to event. */
export const STEP_MS = 1_000;

type Lives = StreamState["lives"];
export type Happening = (lives: Lives) => Occurrence;

/** Plays events from a beginning, a second apart; the lives are those that the state knows at that moment. */
export function play(from: StreamState, ...happenings: Happening[]) {
  return playAt(from, 0, ...happenings);
}

export function playAt(from: StreamState, start: number, ...happenings: Happening[]) {
  let state = from;
  let effects: readonly Effect[] = [];
  let at = start;
  for (const happens of happenings) {
    at += STEP_MS;
    const step = next(state, { ...happens(state.lives), at, random: 0.5 });
    state = step.state;
    effects = step.effects;
  }
  return { state, effects, at };
}

const order =
  <Type extends Occurrence["type"]>(
    type: (Type & "pauseRequested") | "resumeRequested" | "restartRequested" | "sourceEdited",
  ): Happening =>
  () =>
    ({ type }) as const;
export const [pause, resume, restart, editSource] = [
  order("pauseRequested"),
  order("resumeRequested"),
  order("restartRequested"),
  order("sourceEdited"),
];
export const editPolicy =
  (policy: Partial<StreamPolicy>): Happening =>
  () => ({ type: "policyEdited", policy: { ...POLICY, ...policy } });
export const remove: Happening = () => ({ type: "stopRequested", why: "removed" });
export const start: Happening = () => ({ type: "startRequested", isAlive: false });
export const adopt: Happening = () => ({ type: "startRequested", isAlive: true });
export const granted: Happening = () => ({ type: "attemptGranted" });
export const barred: Happening = () => ({ type: "attemptBarred" });
export const hostBack: Happening = () => ({ type: "hostBack" });
export const connected =
  (ingest: "idle" | "up", fit: "asWanted" | "otherSource" | "otherWorker" = "asWanted", life = 0): Happening =>
  ({ worker }) => ({ type: "workerConnected", worker, fit, ingest: { state: ingest, life, tracks: ["video"] } });
export const up: Happening = (lives) => ({ type: "ingestUp", ...lives, tracks: ["video"] });
export const down =
  (failureClass: Parameters<typeof failure>[0]): Happening =>
  (lives) => ({ type: "ingestDown", ...lives, failure: failure(failureClass) });
export const exited: Happening = ({ worker }) => ({ type: "workerExited", worker, failure: failure("workerCrashed") });
export const unresponsive: Happening = ({ worker }) => ({ type: "workerUnresponsive", worker, detail: "no reply" });
export const spins: Happening = ({ worker }) => ({ type: "workerSpins", worker, detail: "a whole core" });
export const timer =
  (name: TimerName): Happening =>
  () => ({ type: "timerFired", timer: name });
export const silent =
  (track = 0): Happening =>
  (lives) => ({ type: "silenceSuspected", ...lives, track, silentMs: 100, intervalMs: 40 });
export const silenceEnded: Happening = (lives) => ({ type: "silenceEnded", ...lives, track: 0 });
export const probed =
  (found: "answers" | "silent" | "refused"): Happening =>
  ({ ingest }) => ({ type: "sourceProbed", ingest, found });
/** The next attempt, when its time has come. */
export const retry = [timer("retry"), granted];

export function streamWith(policy: Partial<StreamPolicy> = {}, program: "worker" | "command" = "worker"): StreamState {
  return play(initialState(program, { ...POLICY, ...policy }), start, granted, connected("idle"), up).state;
}

export const running = streamWith();
/** A minute and more of video. */
export const settled = playAt(running, 60_000, timer("settled"));
export const playSettled = (...happenings: Happening[]) => playAt(settled.state, settled.at, ...happenings);

export function did(effects: readonly Effect[]): string[] {
  return effects.map((effect) => effect.do);
}

export function timerSet(effects: readonly Effect[], name: TimerName): number | undefined {
  return effects.flatMap((effect) => (effect.do === "setTimer" && effect.timer === name ? [effect.ms] : []))[0];
}
