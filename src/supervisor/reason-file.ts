/** Why a stream has no picture, where its worker and the router find it: they tell viewers whom they turn away. */

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type In, isConnected, reasonOf, type StreamState } from "../policy/states.js";
import { REASON_FILE } from "../worker/bundle.js";
import { FAILURE_TEXTS } from "../worker/failure-texts.js";
import { writeAtomically } from "./files.js";

export interface ReasonFile {
  follow(state: StreamState): void;
}

export function createReasonFile(bundle: string): ReasonFile {
  const path = join(bundle, REASON_FILE);
  /** `undefined`: what an earlier supervisor left is not known. */
  let told: string | null | undefined;

  return {
    follow(state) {
      const sentence = sentenceOf(state);
      if (sentence === told) return;
      told = sentence;
      try {
        if (sentence === null) rmSync(path, { force: true });
        else {
          mkdirSync(bundle, { recursive: true, mode: 0o700 });
          writeAtomically(path, sentence);
        }
      } catch {
        // Viewers hear less, and that is no fault of the stream.
      }
    },
  };
}

/** `null`: it has pictures, or nobody is led to it, or there is nothing more to say than that there is no picture yet. */
function sentenceOf(state: StreamState): string | null {
  switch (state.is) {
    case "starting":
      return isConnected(state) ? null : "The stream is just starting.";
    case "recovering":
    case "holding":
      return usualWords(state);
    case "stopped":
      return state.why === "ended" ? reasonOf(state) : null;
    case "running":
    case "suspect":
    case "paused":
    case "stopping":
      return null;
  }
}

/** Whoever reaches the port hears this, so it names no file and quotes no pipeline. */
function usualWords({ policy, failure }: In<"recovering"> | In<"holding">): string {
  return policy.hasOrigin ? failure.message : FAILURE_TEXTS[failure.class].message;
}
