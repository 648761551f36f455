import { confirmAfterMs, meaningOf } from "../../src/policy/health.js";
import { POLICY } from "./stream-world.js";

const at25 = { intervalMs: 40 };

test.each([
  ["nobody answered yet", { ...at25, probe: "pending" }, 500],
  ["the host is silent, too", { ...at25, probe: "silent" }, 500],
  ["the host answers", { ...at25, probe: "answers" }, 2_000],
  ["one frame a second, and the host is silent", { intervalMs: 1_000, probe: "silent" }, 8_000],
  ["one frame a second, and the host answers", { intervalMs: 1_000, probe: "answers" }, 8_000],
] as const)("%s", (_what, silence, ms) => {
  expect(confirmAfterMs(POLICY, silence)).toBe(ms);
});

test("what cannot be probed gets the time of one that answers", () => {
  expect(confirmAfterMs({ ...POLICY, canProbe: false }, { ...at25, probe: "pending" })).toBe(2_000);
});

test("a limit of the user's own is kept to the letter", () => {
  const policy = { ...POLICY, timeouts: { ...POLICY.timeouts, stallMs: 700 } };
  expect(confirmAfterMs(policy, { intervalMs: 1_000, probe: "answers" })).toBe(700);
});

test("only a host that says so itself is gone", () => {
  const gone = (
    ["refused", "unreachable", "reset", "connectTimeout", "dnsFailed", "silent", "answers", "unauthorized"] as const
  ).filter((found) => meaningOf(found) === "gone");
  expect(gone).toEqual(["refused", "unreachable", "reset"]);
});
