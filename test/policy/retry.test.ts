import type { RetryConfig } from "../../src/config/model.js";
import type { FailureClass } from "../../src/failure.js";
import { delayMs, FRESH, judge, type RetryCounts, unattendedRetryMs, type Verdict } from "../../src/policy/retry.js";
import type { StreamPolicy } from "../../src/policy/states.js";
import { failure } from "./cameras.js";
import { POLICY } from "./stream-world.js";

const MINUTE = 60_000;
const exponential = POLICY.retry;

interface Fault {
  readonly class: FailureClass;
  readonly videoMs?: number;
  readonly processGone?: boolean;
  readonly random?: number;
}

/** What becomes of a stream that meets one fault after the other. */
function judgeAll(
  faults: readonly Fault[],
  policy: Partial<StreamPolicy> = {},
  from = FRESH,
): (Verdict & { counts: RetryCounts })[] {
  let counts = from;
  return faults.map(({ class: failureClass, videoMs = 0, processGone = false, random = 0.5 }) => {
    const circumstances = { policy: { ...POLICY, ...policy }, videoMs, processGone, random, at: 1_000_000 };
    const judgement = judge(counts, failure(failureClass), circumstances);
    counts = judgement.counts;
    return { ...judgement.verdict, counts };
  });
}

function delays(faults: readonly Fault[], policy: Partial<StreamPolicy> = {}): (number | string)[] {
  return judgeAll(faults, policy).map((verdict) => ("afterMs" in verdict ? verdict.afterMs : verdict.is));
}

const times = (count: number, fault: Fault): Fault[] => Array.from({ length: count }, () => fault);
const interrupted: Fault = { class: "reset", videoMs: MINUTE };

describe("strategies", () => {
  test("exponential grows to the cap, with a floor, spread over the whole range", () => {
    const [most, least, mean] = [0.999_999_9, 0, 0.5];
    expect([1, 2, 3, 4, 5, 6, 7, 50].map((failures) => delayMs(exponential, failures, most))).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000,
    ]);
    expect(delayMs(exponential, 50, least)).toBe(500);
    expect(delayMs(exponential, 10, mean)).toBe(15_250);
  });

  test("custom repeats its last delay", () => {
    const retry: RetryConfig = { strategy: "custom", delaysMs: [100, 1_000] };
    expect(delays(times(4, { class: "reset" }), { retry })).toEqual([100, 1_000, 1_000, 1_000]);
  });

  test("fixed is fixed", () => {
    expect(delays(times(3, { class: "reset" }), { retry: { strategy: "fixed", delayMs: 7_000 } })).toEqual([
      7_000, 7_000, 7_000,
    ]);
  });

  test("immediate waits not at all, unless the last attempt has only just begun", () => {
    const retry: RetryConfig = { strategy: "immediate" };
    expect(delays([{ class: "reset" }], { retry })).toEqual([0]);
    const [verdict] = judgeAll([{ class: "reset" }], { retry }, { ...FRESH, attemptedAt: 1_000_000 - 30 });
    expect(verdict).toMatchObject({ is: "retry", afterMs: 70 });
  });

  test.each<RetryConfig>([
    exponential,
    { strategy: "fixed", delayMs: 7_000 },
    { strategy: "custom", delaysMs: [7_000] },
  ])("the first try after good video comes at once: $strategy", (retry) => {
    expect(delays([{ ...interrupted, random: 0.99 }], { retry })[0]).toBeLessThanOrEqual(100);
  });
});

describe("the ladder", () => {
  test("a camera that answers and breaks off at once climbs it", () => {
    const flapping = delays(times(6, { class: "reset", videoMs: 500, random: 0.999_999_9 }));
    expect(flapping).toEqual([100, 2_000, 4_000, 8_000, 16_000, 30_000]);
  });

  test("good video in between is worth a quick try, and no more", () => {
    const faults = [
      ...times(5, { class: "reset", random: 0.999_999_9 } as const),
      { ...interrupted, random: 0.999_999_9 },
    ];
    expect(delays([...faults, { class: "reset", random: 0.999_999_9 }]).slice(-2)).toEqual([100, 30_000]);
  });

  test("an attempt that found a silent camera waited long enough already", () => {
    const waits = delays(times(10, { class: "stalled" }));
    for (const ms of waits.slice(0, 4)) expect(ms).toBe(1_250);
  });

  test("a camera that boots is asked again after seconds, a wrong path after a minute", () => {
    const waits = delays(times(8, { class: "notFound", random: 0.999_999_9 }));
    expect(waits).toEqual([4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000]);
  });

  test("a file that is not there is looked for again every few seconds, however long", () => {
    for (const ms of delays(times(8, { class: "fileUnusable" }))) expect(ms).toBe(3_500);
  });

  test("what failed before does not make a booting camera slower", () => {
    expect(delays([...times(9, { class: "refused" } as const), { class: "busy", random: 0.999_999_9 }]).at(-1)).toBe(
      4_000,
    );
  });
});

describe("workers", () => {
  const crash: Fault = { class: "workerCrashed", processGone: true };

  test("the first crash is mended at once, the next ones with back-off, visibly from the third on", () => {
    expect(judgeAll(times(3, crash))).toMatchObject([
      { is: "retry", afterMs: 0 },
      { is: "retry", afterMs: 750 },
      { is: "hold", afterMs: 1_250, reason: "The worker failed 3 times." },
    ]);
  });

  test("a crash after good video is a first one", () => {
    expect(delays([crash, crash, { ...crash, videoMs: MINUTE }]).at(-1)).toBe(0);
  });

  test("a fresh process is tried when five failures in a row could be its fault, then after ten more", () => {
    const verdicts = judgeAll(times(16, { class: "protocolError" })).map(({ is }) => is);
    expect(verdicts.flatMap((is, index) => (is === "replaceWorker" ? [index + 1] : []))).toEqual([5, 15]);
  });

  test("no fresh process is tried for what it could not cure", () => {
    const verdicts = judgeAll(times(50, { class: "refused" })).map(({ is }) => is);
    expect(verdicts).not.toContain("replaceWorker");
  });
});

describe("credentials", () => {
  const refused: Fault = { class: "unauthorized" };

  test("one set: three tries, a hold of ten minutes, then one try per hold", () => {
    expect(delays(times(5, refused))).toEqual([5_000, 5_000, 600_000, 600_000, 600_000]);
  });

  test("several sets: the next at once, three rounds, a hold, then one round per hold", () => {
    const round = (ms: number) => [0, 0, ms];
    expect(delays(times(15, refused), { credentials: 3 })).toEqual(
      [5_000, 5_000, 600_000, 600_000, 600_000].flatMap(round),
    );
  });

  test("no strategy makes them faster", () => {
    expect(delays(times(3, refused), { retry: { strategy: "immediate" } })).toEqual([5_000, 5_000, 600_000]);
  });
});

describe("maxAttempts", () => {
  const retry: RetryConfig = { strategy: "immediate", maxAttempts: 3 };

  test("after so many failed attempts only an edit or a user starts another", () => {
    const last = judgeAll(times(3, { class: "reset" }), { retry }).at(-1);
    expect(last).toMatchObject({ is: "holdForEdit", reason: expect.stringContaining("3 attempts") });
  });

  test("the loss of good video is no failed attempt", () => {
    expect(judgeAll([...times(2, { class: "reset" } as const), interrupted], { retry }).at(-1)?.is).toBe("retry");
  });
});

test("what only an edit can mend waits for one", () => {
  expect(judgeAll([{ class: "pipelineInvalid" }])[0]?.is).toBe("holdForEdit");
});

describe("a worker without a supervisor", () => {
  test("keeps to the strategy, but never hammers", () => {
    expect(unattendedRetryMs(POLICY, FRESH)).toBe(5_000);
    expect(unattendedRetryMs({ ...POLICY, retry: { strategy: "immediate" } }, FRESH)).toBe(1_000);
    expect(unattendedRetryMs({ ...POLICY, retry: { strategy: "custom", delaysMs: [100, 20_000] } }, FRESH)).toBe(
      20_000,
    );
  });

  test("lets refused credentials rest", () => {
    expect(unattendedRetryMs(POLICY, { ...FRESH, refusals: 1 })).toBe(600_000);
  });
});
