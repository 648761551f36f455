import { reserveOf, shortBytes } from "../../src/recordings/reserve.js";

const GIB = 1024 ** 3;
const MBIT_BYTES = 125_000;

test.each([
  ["auto", 1_000, 0, 2],
  // 32 cameras of 4 Mbit/s
  ["auto", 1_000, 32 * 4 * MBIT_BYTES, (32 * 4 * MBIT_BYTES * 3_600) / GIB],
  ["auto", 5, 32 * 4 * MBIT_BYTES, 0.5],
  [50 * GIB, 1_000, 0, 50],
  [50 * GIB, 20, 0, 10],
  [0, 1_000, 1e9, 0],
] as const)("reserve %s on a disk of %d GiB at %d bytes a second", (setting, total, rate, expected) => {
  const space = { freeBytes: 0, totalBytes: total * GIB };
  expect(reserveOf(setting, space, rate) / GIB).toBeCloseTo(expected, 6);
});

test("what is written until the next look has to fit above the reserve", () => {
  const space = { freeBytes: 1_000, totalBytes: 1e9 };
  expect(shortBytes(900, space, 0)).toBeLessThanOrEqual(0);
  expect(shortBytes(900, space, 100)).toBeGreaterThan(0);
});

test("without a reserve nothing is ever short", () => {
  expect(shortBytes(0, { freeBytes: 0, totalBytes: 1e9 }, 1e6)).toBe(0);
});
