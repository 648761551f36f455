import { createRefusedLogins } from "../../src/supervisor/refused-logins.js";
import type { RefusedLogin } from "../../src/worker/worker.js";

const WRONG: RefusedLogin = { type: "loginRefused", address: "192.0.2.7", user: "anna", why: "password", waitMs: 0 };

function notes() {
  const said: string[] = [];
  const guesses: string[] = [];
  let now = 0;
  const logins = createRefusedLogins({
    now: () => now,
    say: (message) => said.push(message),
    onGuess: (address) => guesses.push(address),
  });
  return { ...logins, said, guesses, pass: (ms: number) => (now += ms) };
}

test("a name that is tried again and again is told of once a minute, with a count", () => {
  const { see, said, pass } = notes();
  for (let count = 0; count < 5; count += 1) see(WRONG);
  expect(said).toEqual(['A viewer at 192.0.2.7 was not let in as "anna": the password is wrong.']);
  pass(60_000);
  see({ ...WRONG, waitMs: 1_500 });
  expect(said[1]).toMatch(/ That address has to wait 2 s\. \(5 times since this was last said\)$/);
});

test("another address, name or reason is told of at once", () => {
  const { see, said } = notes();
  see(WRONG);
  see({ ...WRONG, address: "192.0.2.8" });
  see({ ...WRONG, user: "bob" });
  see({ ...WRONG, why: "viewer" });
  expect(said).toHaveLength(4);
});

test("whoever tries many names fills neither the log nor the memory", () => {
  const { see, said, guesses, pass } = notes();
  for (let count = 0; count < 500; count += 1) see({ ...WRONG, user: `user${count}` });
  expect(said).toHaveLength(20);
  expect(guesses).toHaveLength(500);
  pass(60_000);
  see(WRONG);
  expect(said.at(-1)).toContain("(480 more were not told of)");
});

test("every wrong password counts for all workers; a user at the wrong stream guesses nothing", () => {
  const { see, guesses } = notes();
  see(WRONG);
  see(WRONG);
  see({ ...WRONG, why: "user" });
  see({ ...WRONG, why: "viewer" });
  expect(guesses).toEqual(["192.0.2.7", "192.0.2.7", "192.0.2.7"]);
});
