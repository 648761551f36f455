import { spawn } from "node:child_process";
import { once } from "node:events";
import { setDeadline } from "../../src/worker/deadline.js";
import { createPatience } from "../../src/worker/patience.js";
import { type CpuSample, sampleCpu, wasStarved } from "../../src/worker/starvation.js";

describe("a deadline", () => {
  test("is missed when the time is over", async () => {
    await new Promise<void>((resolve) => setDeadline(150, resolve));
  });

  test("does not run out while this process itself does not get to run", async () => {
    const happened: string[] = [];
    const missed = new Promise<void>((resolve) => {
      setDeadline(150, () => {
        happened.push("missed");
        resolve();
      });
    });
    const blockedUntil = performance.now() + 400;
    while (performance.now() < blockedUntil);
    setImmediate(() => setImmediate(() => happened.push("what had arrived meanwhile")));
    await missed;
    expect(happened).toEqual(["what had arrived meanwhile", "missed"]);
  });

  test("can be cancelled", async () => {
    const cancel = setDeadline(100, () => {
      throw new Error("too late");
    });
    cancel();
    await new Promise<void>((resolve) => setDeadline(200, resolve));
  });
});

describe("starvation", () => {
  const before: CpuSample = { at: 0, ranMs: 50, waitedMs: 10, isRunnable: false };

  test.each<[string, Partial<CpuSample>, boolean]>([
    ["it slept", {}, false],
    ["it ran all the time", { ranMs: 1_040, isRunnable: true }, false],
    ["it waited for a CPU most of the time", { ranMs: 200, waitedMs: 800 }, true],
    ["it could run and still waits", { isRunnable: true }, true],
  ])("%s", (_what, after, isStarved) => {
    expect(wasStarved(before, { ...before, at: 1_000, ...after })).toBe(isStarved);
  });

  test("a process that is gone was not starved", () => {
    expect(wasStarved(before, undefined)).toBe(false);
  });

  test("is read from a real process", () => {
    const sample = sampleCpu(process.pid);
    expect(sample?.ranMs).toBeGreaterThan(0);
    expect(sampleCpu(2 ** 22 + 1)).toBeUndefined();
  });
});

test("a process that sleeps gets no more time than it should", async () => {
  const sleeper = spawn("sleep", ["1000"]);
  await once(sleeper, "spawn");
  const waited = await new Promise<number>((resolve) => createPatience(sleeper.pid ?? 0)(resolve));
  sleeper.kill("SIGKILL");
  await once(sleeper, "exit");
  expect(waited).toBe(1_500);
});
