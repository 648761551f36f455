import { parseTime } from "../../src/commands/times.js";

/** Of here. */
const NOW = new Date(2026, 10, 23, 14, 30, 15);

test.each([
  ["now", NOW],
  ["-10m", new Date(2026, 10, 23, 14, 20, 15)],
  ["-1h30m", new Date(2026, 10, 23, 13, 0, 15)],
  ["-2d", new Date(2026, 10, 21, 14, 30, 15)],
  ["02:13", new Date(2026, 10, 23, 2, 13)],
  ["02:13:07.5", new Date(2026, 10, 23, 2, 13, 7, 500)],
  ["2026-11-20", new Date(2026, 10, 20)],
  ["2026-11-20T02:13:07", new Date(2026, 10, 20, 2, 13, 7)],
  ["2026-11-20 02:13", new Date(2026, 10, 20, 2, 13)],
  ["2026-11-20T02:13:07Z", new Date("2026-11-20T02:13:07Z")],
  ["2026-11-20T02:13:07+01:00", new Date("2026-11-20T01:13:07Z")],
])("%s is a time", (text, time) => {
  expect(parseTime(text, NOW)).toBe(time.getTime());
});

test.each(["", "yesterday", "25:00", "02:60", "-10", "10m", "2026-02-30", "2026-13-01", "2026-11-20T02", "-99999999d"])(
  "%j is none",
  (text) => {
    expect(parseTime(text, NOW)).toBeUndefined();
  },
);
