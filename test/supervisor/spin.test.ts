import { createSpinWatch, type SpinWatch } from "../../src/supervisor/spin.js";

let watch: SpinWatch;
let now: number;

beforeEach(() => {
  watch = createSpinWatch();
  now = 0;
});

/** A sample every five seconds; the complaints in order. */
function use(percent: number, seconds: number, pid = 1): string[] {
  const complaints: string[] = [];
  for (const end = now + seconds * 1_000; now < end; ) {
    now += 5_000;
    const complaint = watch.see(pid, percent, now);
    if (complaint !== undefined) complaints.push(complaint);
  }
  return complaints;
}

test("a worker that suddenly uses a whole core for long is found, once", () => {
  use(2, 120);
  expect(use(99, 10)).toEqual([]);
  expect(use(99, 5)).toEqual(["99 % CPU for 15 s, where 2 % are usual"]);
  expect(use(99, 30)).toEqual([]);
});

test("a burst is nothing", () => {
  use(2, 120);
  for (let burst = 0; burst < 10; burst += 1) expect([...use(99, 10), ...use(2, 5)]).toEqual([]);
});

test("who always needs much is not told that it is too much", () => {
  use(30, 120);
  expect(use(99, 60)).toEqual([]);
});

test("a new worker has no past to compare with", () => {
  use(2, 120);
  expect(use(99, 60, 2)).toEqual([]);
});
