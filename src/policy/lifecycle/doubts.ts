/** A stream in doubt: something is silent, and it is not known yet whether that is an outage. Nothing that a viewer could see changes. */

import { CONFIRM_UNRESPONSIVE_MS, confirmAfterMs, meaningOf } from "../health.js";
import type { Doubt, Effect, In, Step, StreamState } from "../states.js";
import { common, type Event, fresh, stay, videoMsOf } from "../transitions.js";
import { run } from "./attempts.js";
import { failed, replaceHung, stalled } from "./failures.js";

type Silent = Extract<Doubt, { is: "silent" }>;

/** Silent sound is no outage of a stream that has pictures. */
export function isVital({ tracks }: StreamState, track: number): boolean {
  return tracks[track] === "video" || !tracks.includes("video");
}

export function doubtTrack(state: In<"running">, event: Event<"silenceSuspected">): Step {
  if (!isVital(state, event.track)) return stay(state);
  const since = event.at - event.silentMs;
  const { track, intervalMs, at } = event;
  const doubt: Silent = { is: "silent", tracks: [track], since, intervalMs, probe: "pending" };
  return { state: { ...state, is: "suspect", doubt }, effects: [...probe(state), confirmLater(state, doubt, at)] };
}

export function doubtTrackToo(state: In<"suspect">, track: number): Step {
  const { doubt } = state;
  if (doubt.is !== "silent" || doubt.tracks.includes(track) || !isVital(state, track)) return stay(state);
  return stay({ ...state, doubt: { ...doubt, tracks: [...doubt.tracks, track] } });
}

export function clearTrack(state: In<"suspect">, { track, at }: Event<"silenceEnded">): Step {
  const { doubt } = state;
  if (doubt.is !== "silent") return stay(state);
  const tracks = doubt.tracks.filter((silent) => silent !== track);
  return tracks.length > 0 ? stay({ ...state, doubt: { ...doubt, tracks } }) : run(state, state.tracks, at);
}

/** A limit of the user's own is kept to the letter; else the host has a say. */
export function weigh(state: In<"suspect">, event: Event<"sourceProbed">): Step {
  const { doubt, policy } = state;
  if (doubt.is !== "silent" || policy.timeouts.stallMs !== "auto") return stay(state);
  const meaning = meaningOf(event.found);
  if (meaning === "gone") return confirmSilence(state, event);
  const informed: Silent = { ...doubt, probe: meaning };
  return { state: { ...state, doubt: informed }, effects: [confirmLater(state, informed, event.at)] };
}

/** Other limits count from now on, also for the doubt that there is. */
export function doubtAnew(state: In<"suspect">, at: number): Step {
  const { doubt } = state;
  return doubt.is === "silent" ? { state, effects: [confirmLater(state, doubt, at)] } : stay(state);
}

export function doubtWorker(state: In<"running"> | In<"suspect">, detail: string): Step {
  const { upAt } = state;
  return {
    state: { ...common(state), is: "suspect", upAt, doubt: { is: "unresponsive", detail } },
    effects: [{ do: "setTimer", timer: "confirm", ms: CONFIRM_UNRESPONSIVE_MS }],
  };
}

export function whileSuspectTimer(state: In<"suspect">, event: Event<"timerFired">): Step {
  if (event.timer === "settled") return stay(fresh(state));
  if (event.timer !== "confirm") return stay(state);
  return state.doubt.is === "silent"
    ? confirmSilence(state, event)
    : replaceHung(state, state.doubt.detail, videoMsOf(state, event.at));
}

function confirmSilence(state: In<"suspect">, event: Event<"timerFired"> | Event<"sourceProbed">): Step {
  const found = event.type === "sourceProbed" ? { ...stalled, detail: `the source's host: ${event.found}` } : stalled;
  return failed(state, found, { videoMs: videoMsOf(state, event.at), processGone: false }, event);
}

function probe({ lives, policy }: StreamState): Effect[] {
  const isAsked = policy.canProbe && policy.timeouts.stallMs === "auto";
  return isAsked ? [{ do: "probeSource", ingest: lives.ingest }] : [];
}

function confirmLater({ policy }: StreamState, doubt: Silent, at: number): Effect {
  const ms = Math.max(0, doubt.since + confirmAfterMs(policy, doubt) - at);
  return { do: "setTimer", timer: "confirm", ms };
}
