import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Log } from "../../src/report/log.js";
import { type Accounts, type AccountTry, openAccounts, type Permission } from "../../src/supervisor/accounts.js";
import { createFakeClock, type FakeClock } from "../rig/fake-clock.js";

const MINUTE = 60_000;

let directory: string;
let clock: FakeClock;
let accounts: Accounts;

const log: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, forStream: () => log };

const open = () => openAccounts({ directory, clock, log, fingerprint: (text) => `hash of ${text.length} characters` });

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "a-"));
  clock = createFakeClock();
  accounts = open();
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

interface Tried extends AccountTry {
  answer(): Permission | undefined;
}

function enter(account = "nvr", byUser = false): Tried {
  let answer: Permission | undefined;
  const one = accounts.enter(account, byUser, (permission) => {
    answer = permission;
  });
  return { ...one, answer: () => answer };
}

const GRANTED = { is: "granted" };

async function refuseThrice(): Promise<void> {
  for (let count = 0; count < 3; count += 1) {
    enter().refused();
    await clock.pass(5_000);
  }
}

test("of all streams of an account one tries first; when it is accepted all go on", async () => {
  const tries = [enter(), enter(), enter()];
  expect(tries.map((one) => one.answer())).toEqual([GRANTED, undefined, undefined]);
  tries[0]?.accepted();
  expect(tries.map((one) => one.answer())).toEqual([GRANTED, GRANTED, GRANTED]);
  expect(enter().answer()).toEqual(GRANTED);
});

test("a refusal counts for all of them, and the third holds all", async () => {
  const tries = [enter(), enter(), enter(), enter()];
  tries[0]?.refused();
  expect(tries[1]?.answer()).toBeUndefined();
  await clock.pass(5_000);
  expect(tries[1]?.answer()).toEqual(GRANTED);
  tries[1]?.refused();
  await clock.pass(5_000);
  tries[2]?.refused();
  const held = { is: "held", until: clock.now() + 10 * MINUTE };
  expect(tries[3]?.answer()).toEqual(held);
  expect(enter().answer()).toEqual(held);
});

test("after a hold there is one try, not another three", async () => {
  await refuseThrice();
  await clock.pass(10 * MINUTE);
  const next = enter();
  expect(next.answer()).toEqual(GRANTED);
  next.refused();
  expect(enter().answer()).toMatchObject({ is: "held" });
});

test("the next supervisor knows of a hold, and no password is in what tells it", async () => {
  await refuseThrice();
  accounts = open();
  expect(enter().answer()).toMatchObject({ is: "held" });
  const name = accounts.nameOf("rtsp://camera/stream", { user: "viewer", password: "geheim" });
  enter(name).refused();
  expect(readFileSync(join(directory, "accounts.json"), "utf8")).not.toContain("geheim");
});

test("a user may try at any time, and a right password ends the hold for all", async () => {
  await refuseThrice();
  const asked = enter("nvr", true);
  expect(asked.answer()).toEqual(GRANTED);
  asked.accepted();
  expect(enter().answer()).toEqual(GRANTED);
  accounts = open();
  expect(enter().answer()).toEqual(GRANTED);
});

test.each<[string, (one: Tried) => void | Promise<void>]>([
  ["left", (one) => one.left()],
  ["forgotten", () => clock.pass(30_000)],
])("a try that is %s makes room for the next", async (_how, happens) => {
  const [first, second] = [enter(), enter()];
  await happens(first);
  expect(second.answer()).toEqual(GRANTED);
});

test("other accounts are not concerned", async () => {
  await refuseThrice();
  expect(enter("another").answer()).toEqual(GRANTED);
});

test("other cameras, users and passwords are other accounts; other paths of a camera are not", async () => {
  const named = openAccounts({ directory, clock, log, fingerprint: (text) => text });
  const credential = { user: "viewer", password: "one" };
  const name = named.nameOf("rtsp://nvr/1", credential);
  expect(named.nameOf("rtsp://nvr:554/2", credential)).toBe(name);
  expect(named.nameOf("rtsp://other/1", credential)).not.toBe(name);
  expect(named.nameOf("rtsp://nvr/1", { ...credential, password: "two" })).not.toBe(name);
  expect(named.nameOf("rtsp://nvr/1", { ...credential, user: "admin" })).not.toBe(name);
});
