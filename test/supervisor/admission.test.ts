import { type Admission, createAdmission } from "../../src/supervisor/admission.js";
import { createFakeClock, type FakeClock } from "../rig/fake-clock.js";

let clock: FakeClock;
let admission: Admission;
let turns: string[];

beforeEach(() => {
  clock = createFakeClock();
  admission = createAdmission(clock, { perSecond: 2, burst: 2 });
  turns = [];
});

function queue(stream: string, healthyAt: number | null = null, byUser = false): void {
  admission.queue({ stream, byUser, healthyAt }, () => turns.push(stream));
}

test("a burst goes at once, the others at their pace", async () => {
  for (const stream of ["a", "b", "c", "d"]) queue(stream);
  await clock.pass(0);
  expect(turns).toEqual(["a", "b"]);
  await clock.pass(500);
  expect(turns).toEqual(["a", "b", "c"]);
  await clock.pass(500);
  expect(turns).toEqual(["a", "b", "c", "d"]);
});

test("of those that queue at the same moment a user's goes first, then who was healthy last", async () => {
  queue("never");
  queue("yesterday", 100);
  queue("just now", 900);
  queue("of a user", null, true);
  await clock.pass(0);
  expect(turns).toEqual(["of a user", "just now"]);
});

test("who leaves gets no turn and takes none", async () => {
  for (const stream of ["a", "b", "c", "d"]) queue(stream);
  expect(admission.leave("a")).toBe(true);
  expect(admission.leave("stranger")).toBe(false);
  await clock.pass(0);
  expect(turns).toEqual(["b", "c"]);
  expect(admission.leave("b")).toBe(false);
});

test("an edit of the limit counts at once, also for those that wait", async () => {
  for (const stream of ["a", "b", "c", "d"]) queue(stream);
  await clock.pass(0);
  admission.setLimit({ perSecond: 1_000, burst: 10 });
  await clock.pass(2);
  expect(turns).toEqual(["a", "b", "c", "d"]);
});

test("a turn that begins another wait is not lost", async () => {
  admission.queue({ stream: "a", byUser: false, healthyAt: null }, () => queue("a"));
  await clock.pass(0);
  expect(turns).toEqual(["a"]);
});
