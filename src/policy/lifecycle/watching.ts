/** While there is video, or was a moment ago. */

import type { In, Step, StreamEvent } from "../states.js";
import { fresh, stay, videoMsOf, withPolicy } from "../transitions.js";
import { run } from "./attempts.js";
import { takeUp } from "./connections.js";
import { clearTrack, doubtAnew, doubtTrack, doubtTrackToo, doubtWorker, weigh, whileSuspectTimer } from "./doubts.js";
import { failed, replaceHung } from "./failures.js";
import { changeSource, obey } from "./orders.js";

export function whileRunning(state: In<"running">, event: StreamEvent): Step {
  const videoMs = videoMsOf(state, event.at);
  switch (event.type) {
    case "workerConnected":
      return takeUp(state, event);
    case "workerExited":
      return failed(state, event.failure, { videoMs, processGone: true }, event);
    case "workerUnresponsive":
      return doubtWorker(state, event.detail);
    case "workerSpins":
      return replaceHung(state, event.detail, videoMs);
    case "ingestUp":
      return stay({ ...state, tracks: event.tracks });
    case "ingestDown":
      return failed(state, event.failure, { videoMs, processGone: false }, event);
    case "silenceSuspected":
      return doubtTrack(state, event);
    case "timerFired":
      return event.timer === "settled" ? stay(fresh(state)) : stay(state);
    case "silenceEnded":
    case "sourceProbed":
    case "attemptGranted":
    case "attemptBarred":
    case "accountHeld":
    case "hostBack":
    case "startRequested":
    case "resumeRequested":
      return stay(state);
    case "sourceEdited":
      return changeSource(state);
    case "policyEdited":
      return stay(withPolicy(state, event));
    case "pauseRequested":
    case "restartRequested":
    case "stopRequested":
    case "workerEdited":
      return obey(state, event);
  }
}

export function whileSuspect(state: In<"suspect">, event: StreamEvent): Step {
  const videoMs = videoMsOf(state, event.at);
  switch (event.type) {
    case "workerConnected":
      return state.doubt.is === "unresponsive" ? takeUp(state, event) : stay(state);
    case "workerExited":
      return failed(state, event.failure, { videoMs, processGone: true }, event);
    case "workerUnresponsive":
      return doubtWorker(state, event.detail);
    case "workerSpins":
      return replaceHung(state, event.detail, videoMs);
    case "ingestUp":
      return run(state, event.tracks, event.at);
    case "ingestDown":
      return failed(state, event.failure, { videoMs, processGone: false }, event);
    case "silenceSuspected":
      return doubtTrackToo(state, event.track);
    case "silenceEnded":
      return clearTrack(state, event);
    case "sourceProbed":
      return weigh(state, event);
    case "timerFired":
      return whileSuspectTimer(state, event);
    case "attemptGranted":
    case "attemptBarred":
    case "accountHeld":
    case "hostBack":
    case "startRequested":
    case "resumeRequested":
      return stay(state);
    case "sourceEdited":
      return changeSource(state);
    case "policyEdited":
      return doubtAnew(withPolicy(state, event), event.at);
    case "pauseRequested":
    case "restartRequested":
    case "stopRequested":
    case "workerEdited":
      return obey(state, event);
  }
}
