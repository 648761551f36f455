/** What a stream does about an outage: `retry:`, `timeouts:`, `fallback:`, and for all streams together `reconnects:`. */

import { z } from "zod";
import { choice, wholeNumber } from "./scalar.js";
import { section, setting } from "./setting.js";
import { duration, durationOrAuto } from "./units.js";

const STRATEGIES = ["immediate", "fixed", "exponential", "custom"] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** The settings of `retry:` that only one strategy has. */
export const STRATEGY_OF = {
  min: "exponential",
  max: "exponential",
  delay: "fixed",
  delays: "custom",
} as const satisfies Record<string, Strategy>;

const retryDelay = () => duration({ least: "100ms", most: "1d" });

/** Settings that belong to a strategy have no default here: whether they may stand depends on it. */
export const retry = setting(
  section({
    strategy: setting(choice(STRATEGIES).prefault("exponential"), {
      about:
        "`immediate` waits not at all, `fixed` always as long, `exponential` a random time below a growing limit, `custom` as a list says.",
      applies: "live",
      example: "fixed",
    }),
    min: setting(retryDelay().optional(), {
      about: "Of `exponential`: the shortest delay; `500ms` if it is left out.",
      applies: "live",
      example: "1s",
    }),
    max: setting(retryDelay().optional(), {
      about: "Of `exponential`: the longest delay; `30s` if it is left out.",
      applies: "live",
      example: "2m",
    }),
    delay: setting(retryDelay().optional(), {
      about: "Of `fixed`: the delay; `5s` if it is left out.",
      applies: "live",
      example: "10s",
    }),
    delays: setting(z.array(retryDelay()).optional(), {
      about: "Of `custom`: the delays one after the other; the last one repeats.",
      applies: "live",
      example: "[1s, 2s, 10s]",
    }),
    maxAttempts: setting(wholeNumber(1, 1_000_000).optional(), {
      about:
        "After so many failed attempts of one outage only an edit or a user starts another; without it there is no end.",
      applies: "live",
      example: "10",
    }),
  }).prefault({}),
  {
    about:
      "When to try again after a failure that may pass by itself. The first try after good video is always made at once.",
    applies: "live",
    example: "{ strategy: exponential, min: 500ms, max: 30s }",
    shortForm: { about: "The name of a strategy", jsonSchema: { type: "string", enum: STRATEGIES } },
  },
);

export const timeouts = setting(
  section({
    connect: setting(duration({ least: "100ms", most: "5m" }).prefault("5s"), {
      about: "How long the source may take to answer.",
      applies: "live",
      example: "10s",
    }),
    firstFrame: setting(duration({ least: "500ms", most: "10m" }).prefault("15s"), {
      about: "How long it may take to its first keyframe; more than the keyframe interval of the camera.",
      applies: "live",
      example: "30s",
    }),
    stall: setting(durationOrAuto({ least: "100ms", most: "1h" }).prefault("auto"), {
      about:
        "How long the video may stand still before the source is connected anew; `auto` goes by the frame rate and by whether the camera still answers, 0.5–2 s for most.",
      applies: "live",
      example: "5s",
    }),
  }).prefault({}),
  {
    about: "How long to wait for a source.",
    applies: "live",
    example: "{ connect: 10s, firstFrame: 30s }",
  },
);

export const fallback = setting(choice(["none", "last-frame", "slate"]).prefault("none"), {
  about:
    "What RTSP viewers see while the source is away: nothing new, its last picture, or a card that says so. Recordings hold neither.",
  applies: "live",
  example: "last-frame",
});

export const reconnects = setting(
  section({
    perSecond: setting(wholeNumber(1, 1_000).prefault(20), {
      about: "Attempts per second in the long run.",
      applies: "live",
      example: "5",
    }),
    burst: setting(wholeNumber(1, 10_000).prefault(40), {
      about: "Attempts that may be made at once after a quiet time.",
      applies: "live",
      example: "10",
    }),
  }).prefault({}),
  {
    about: "How many attempts to connect all streams together make; the others wait for their turn.",
    applies: "live",
    example: "{ perSecond: 10, burst: 20 }",
  },
);
