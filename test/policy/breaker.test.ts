import {
  type Breaker,
  type BreakerEffect,
  type BreakerEvent,
  CLOSED,
  letsThrough,
  nextBreaker,
} from "../../src/policy/breaker.js";
import { named, pick, seeds } from "./random.js";

type Timeless<Event> = Event extends unknown ? Omit<Event, "at"> : never;

const refused = (begunAt: number) => ({ type: "attemptFailed", class: "refused", begunAt }) as const;

/** Events with their times; what was asked for after each. */
function play(...events: (readonly [at: number, event: Timeless<BreakerEvent>])[]) {
  let breaker: Breaker = CLOSED;
  const effects: BreakerEffect[] = [];
  for (const [at, event] of events) {
    const step = nextBreaker(breaker, { ...event, at });
    breaker = step.breaker;
    effects.push(step.effect);
  }
  return { breaker, effects, asked: effects.at(-1) };
}

const opened = [
  [100, refused(90)],
  [200, refused(190)],
  [300, refused(290)],
] as const;

test("three failures to connect in a row open it and bar what waits", () => {
  const { breaker, effects } = play(...opened);
  expect(effects).toEqual(["none", "none", "bar"]);
  expect(letsThrough(breaker)).toBe(false);
});

test("success or an answer between them keeps it closed", () => {
  const [first, second, third] = opened;
  expect(play(first, second, [250, { type: "attemptSucceeded" }], third).breaker.is).toBe("closed");
  const unauthorized = { type: "attemptFailed", class: "unauthorized", begunAt: 240 } as const;
  expect(play(first, second, [250, unauthorized], third).breaker.is).toBe("closed");
});

test("what goes wrong after connecting does not count", () => {
  const reset = { type: "attemptFailed", class: "reset", begunAt: 0 } as const;
  expect(play([1, reset], [2, reset], [3, reset], [4, reset]).breaker.is).toBe("closed");
});

test("it probes when the time has come, and only one probe at a time", () => {
  expect(play(...opened, [700, { type: "tick" }]).asked).toBe("none");
  expect(play(...opened, [800, { type: "tick" }]).asked).toBe("probe");
  expect(play(...opened, [800, { type: "tick" }], [1_400, { type: "tick" }]).asked).toBe("none");
});

test("a probe that gets through releases what waits", () => {
  const { breaker, asked } = play(...opened, [800, { type: "tick" }], [810, { type: "probeSucceeded" }]);
  expect(asked).toBe("release");
  expect(letsThrough(breaker)).toBe(true);
});

test("an attempt from before that succeeds closes it without waiting for a probe", () => {
  expect(play(...opened, [400, { type: "attemptSucceeded" }]).asked).toBe("release");
});

test("probes are frequent at first and rarer later", () => {
  const after = (openMs: number) => {
    const at = 300 + openMs;
    const { breaker } = play(...opened, [at, { type: "tick" }], [at, { type: "probeFailed", class: "refused" }]);
    return breaker.is === "open" ? breaker.probeAt - at : undefined;
  };
  expect([1_000, 59_000, 61_000, 599_000, 601_000].map(after)).toEqual([500, 500, 1_000, 1_000, 2_000]);
});

test("failures of attempts from before it closed do not open it again", () => {
  const closed = [...opened, [800, { type: "tick" }], [810, { type: "probeSucceeded" }]] as const;
  const late = [900, refused(700)] as const;
  expect(play(...closed, late, late, late).breaker.is).toBe("closed");
});

test("a host that answers probes but no attempts is let through ever less often", () => {
  const gaps: number[] = [];
  let breaker: Breaker = CLOSED;
  let now = 0;
  const take = (event: Timeless<BreakerEvent>) => {
    breaker = nextBreaker(breaker, { ...event, at: now }).breaker;
    return breaker;
  };
  for (let round = 0; round < 9; round += 1) {
    for (let failures = 0; failures < 3; failures += 1) take(refused(now));
    const open = take({ type: "tick" });
    if (open.is !== "open") throw new Error(`is ${open.is}`);
    gaps.push(open.probeAt - now);
    now = open.probeAt;
    take({ type: "tick" });
    take({ type: "probeSucceeded" });
  }
  expect(gaps).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
});

test("whatever happens: one that asked for a probe waits for its answer, and says what changes", () => {
  const classes = ["refused", "connectTimeout", "unauthorized", "reset", "stalled"] as const;
  for (const seed of seeds(200)) {
    named(seed, (random) => {
      let breaker: Breaker = CLOSED;
      let isProbing = false;
      for (let now = 0, turn = 0; turn < 300; turn += 1) {
        now += Math.floor(random() * 400);
        const found = random() < 0.8 ? "probeFailed" : "probeSucceeded";
        const events: Timeless<BreakerEvent>[] = [
          { type: "attemptFailed", class: pick(classes, random), begunAt: now - Math.floor(random() * 3_000) },
          { type: "tick" },
          ...(isProbing ? [{ type: found, class: pick(classes, random) } as const] : []),
          ...(random() < 0.05 ? [{ type: "attemptSucceeded" } as const] : []),
        ];
        const event = pick(events, random);
        if (event.type === "probeFailed" || event.type === "probeSucceeded") isProbing = false;
        const before: Breaker = breaker;
        const step = nextBreaker(before, { ...event, at: now });
        breaker = step.breaker;
        if (step.effect === "probe") isProbing = true;
        const opens = letsThrough(before) && !letsThrough(breaker);
        const closes = letsThrough(breaker) && !letsThrough(before);
        const isTold = (step.effect === "bar") === opens && (step.effect === "release") === closes;
        const waitsInVain = breaker.is === "halfOpen" && !isProbing;
        if (!isTold || waitsInVain) throw new Error(`${before.is} to ${breaker.is} by ${event.type}: ${step.effect}`);
      }
    });
  }
});
