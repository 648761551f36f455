/** Cameras, and the hosts that they are on, that misbehave in every way a seed can think of. */

import { FAILURE_GROUPS, type Failure, type FailureClass } from "../../src/failure.js";
import { isConnectionFailure } from "../../src/policy/breaker.js";
import { pick, type Random } from "./random.js";

export interface Camera {
  /** What the next attempt comes to, where the host answers. `silent`: nothing is heard of it, not even of its end. */
  attempt(random: Random): "up" | "silent" | FailureClass;
  /** Whether a process can be started. */
  launches(random: Random): boolean;
  /** What ends a time of video, and when. `undefined`: nothing. */
  fate(random: Random): { readonly afterMs: number; readonly is: Fate } | undefined;
}

export type Fate = "hiccup" | "freeze" | "crash" | "hang" | "spin" | "blink" | "soundless" | FailureClass;

/** How a host is away: it says so at once, or says nothing. */
export type Absence = "refused" | "unreachable" | "connectTimeout" | "dnsFailed";
export const ABSENCES: readonly Absence[] = ["refused", "unreachable", "connectTimeout", "dnsFailed"];

export function failure(failureClass: FailureClass): Failure {
  return { class: failureClass, message: `It is ${failureClass}.`, hint: "" };
}

const FAILURES = (Object.keys(FAILURE_GROUPS) as FailureClass[]).filter((each) => FAILURE_GROUPS[each] !== "disk");
/** Whether a host can be reached is the business of the host. */
const OF_CAMERAS = FAILURES.filter((each) => !isConnectionFailure(each));
const FATES: readonly Fate[] = ["hiccup", "freeze", "crash", "hang", "spin", "blink", "soundless", ...FAILURES];

/** Anything can happen. */
export const moodyCamera: Camera = {
  attempt(random) {
    const roll = random();
    if (roll < 0.6) return "up";
    return roll < 0.65 ? "silent" : pick(OF_CAMERAS, random);
  },
  launches: (random) => random() < 0.95,
  fate: (random) => ({ afterMs: 100 + random() ** 3 * 120_000, is: pick(FATES, random) }),
};

/** Nothing is wrong with it but what happens to its host. */
export const goodCamera: Camera = { attempt: () => "up", launches: () => true, fate: () => undefined };

export function failingCamera(attempt: Camera["attempt"], launches = true): Camera {
  return { attempt, launches: () => launches, fate: () => undefined };
}
