/** One limit over several roots. */

import type { Keeping } from "../../src/recordings/retention.js";
import { type Held, shareLimits } from "../../src/recordings/shares.js";

const output = (keepBytes: number) => ({
  stream: "cam",
  output: "record",
  template: "cam/cam_{time}",
  isContinuous: true,
  keepMs: 0,
  keepBytes,
});

const keeping = (root: string, keepBytes: number, ofOutput: number): Keeping => ({
  root,
  keepBytes,
  reserveBytes: 0,
  outputs: [output(ofOutput)],
  others: [],
  bytesPerSecond: 0,
});

const held = (bytes: number, oldestAt: number | null, stream = "cam"): Held => ({
  stream,
  output: "record",
  bytes,
  oldestAt,
});

function shares(limits: { all: number; output: number }, holdings: Readonly<Record<string, readonly Held[]>>) {
  const keepings = new Map(Object.keys(holdings).map((root) => [root, keeping(root, limits.all, limits.output)]));
  const shared = shareLimits(keepings, (root) => holdings[root] ?? []);
  return Object.fromEntries(
    [...shared].map(([root, { keepBytes, outputs }]) => [root, [keepBytes, outputs[0]?.keepBytes]]),
  );
}

test("the root with the oldest recording keeps what the others leave of the limit", () => {
  const holdings = { a: [held(60, 1_000)], b: [held(30, 2_000)], c: [held(20, 3_000)] };
  expect(shares({ all: 100, output: 0 }, holdings)).toEqual({ a: [50, 0], b: [100, 0], c: [100, 0] });
  expect(shares({ all: 0, output: 80 }, holdings)).toEqual({ a: [0, 30], b: [0, 80], c: [0, 80] });
});

test("each output has its own oldest root", () => {
  const holdings = { a: [held(60, 5_000), held(10, 1_000, "yard")], b: [held(30, 2_000)] };
  expect(shares({ all: 90, output: 70 }, holdings)).toEqual({ a: [60, 70], b: [90, 10] });
});

test("where the others take more than the limit nothing is left, but a limit stays one", () => {
  expect(shares({ all: 50, output: 50 }, { a: [held(10, 1_000)], b: [held(80, 2_000)] })).toEqual({
    a: [1, 1],
    b: [50, 50],
  });
});

test("a root that has nothing to give, or is not known, gives nothing", () => {
  expect(shares({ all: 50, output: 50 }, { a: [held(40, null)], b: [held(20, 2_000)], c: [] })).toEqual({
    a: [50, 50],
    b: [10, 10],
    c: [50, 50],
  });
  expect(shares({ all: 50, output: 50 }, { a: [], b: [] })).toEqual({ a: [50, 50], b: [50, 50] });
});

test("one root alone has all of it", () => {
  expect(shares({ all: 50, output: 20 }, { a: [held(40, 1_000)] })).toEqual({ a: [50, 20] });
});
