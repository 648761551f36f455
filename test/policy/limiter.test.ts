import {
  createLimiter,
  FAIR_EVERY,
  join,
  type Limiter,
  leave,
  nextTurnMs,
  takeTurn,
  withLimit,
} from "../../src/policy/limiter.js";
import { createLaw } from "./admission.js";
import { named, pick, seeds } from "./random.js";

const LIMIT = { perSecond: 20, burst: 40 };
/** Nothing saved up, so that turns come one by one. */
const empty = createLimiter({ perSecond: 10, burst: 1 }, 0);

function waiter(stream: string, healthyAt: number | null = null, byUser = false) {
  return { stream, healthyAt, byUser };
}

/** Everybody's turn, as they come. */
function drain(limiter: Limiter, from: number): { readonly stream: string; readonly at: number }[] {
  const turns = [];
  let now = from;
  for (let left = limiter; ; ) {
    const ms = nextTurnMs(left, now);
    if (ms === null) return turns;
    now += ms;
    const turn = takeTurn(left, now);
    left = turn.limiter;
    if (turn.stream === undefined) throw new Error(`no turn at ${now}, though one was announced`);
    turns.push({ stream: turn.stream, at: now });
  }
}

test("after a quiet time a burst goes at once, the rest at the rate", () => {
  const names = Array.from({ length: 60 }, (_, index) => `${index}`);
  const limiter = names.reduce((all, name) => join(all, waiter(name)), createLimiter(LIMIT, 0));
  const turns = drain(limiter, 1_000);
  expect(turns.filter(({ at }) => at === 1_000)).toHaveLength(40);
  expect(turns.at(-1)?.at).toBe(2_000);
});

test("users go first, then who was healthy last, then who came first", () => {
  const order = [waiter("never"), waiter("long-ago", 10), waiter("lately", 20), waiter("user", null, true)];
  const turns = drain(order.reduce(join, createLimiter(LIMIT, 0)), 0).map(({ stream }) => stream);
  expect(turns.slice(0, 3)).toEqual(["user", "lately", "long-ago"]);
});

test("who is never first has a turn nevertheless", () => {
  let limiter = join(empty, waiter("patient"));
  const before: string[] = [];
  for (let at = 0; ; at += 100) {
    limiter = join(join(limiter, waiter(`a${at}`, at)), waiter(`b${at}`, at, true));
    const turn = takeTurn(limiter, at);
    limiter = turn.limiter;
    if (turn.stream === "patient") break;
    before.push(turn.stream ?? "");
    expect(before.length).toBeLessThan(FAIR_EVERY);
  }
});

test("to queue again keeps the place and changes how it waits", () => {
  const limiter = [waiter("first"), waiter("second"), waiter("first", null, true)].reduce(
    join,
    createLimiter(LIMIT, 0),
  );
  expect(drain(limiter, 0).map(({ stream }) => stream)).toEqual(["first", "second"]);
});

test("who leaves has no turn", () => {
  expect(drain(leave(join(createLimiter(LIMIT, 0), waiter("gone")), "gone"), 0)).toEqual([]);
});

test("a clock that is set back delays nobody", () => {
  const limiter = takeTurn(join(empty, waiter("a")), 3_600_000).limiter;
  expect(nextTurnMs(join(limiter, waiter("b")), 0)).toBeLessThanOrEqual(100);
});

test("another limit applies to those that wait", () => {
  const limiter = ["a", "b", "c"].reduce((all, name) => join(all, waiter(name)), empty);
  const faster = withLimit(takeTurn(limiter, 0).limiter, { perSecond: 1_000, burst: 5 }, 0);
  expect(drain(faster, 0).map(({ at }) => at)).toEqual([1, 2]);
});

test("no window of any length holds more attempts than the law allows", () => {
  for (const seed of seeds(100)) {
    named(seed, (random) => {
      const limit = { perSecond: pick([1, 3, 20, 333], random), burst: pick([1, 2, 40], random) };
      const law = createLaw(limit);
      let limiter = createLimiter(limit, 0);
      for (let now = 0, turn = 0; turn < 500; turn += 1) {
        if (random() < 0.6) limiter = join(limiter, waiter(`${turn}`, random() < 0.5 ? now : null));
        now += Math.floor(random() ** 4 * 2_000);
        for (let taken = takeTurn(limiter, now); ; taken = takeTurn(limiter, now)) {
          limiter = taken.limiter;
          if (taken.stream === undefined) break;
          law.began(now);
        }
      }
    });
  }
});
