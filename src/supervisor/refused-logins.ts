/**
 * What is done about viewers of a stream that were not let in. It is told of each name from each address, and then, while it goes on, once a
 * minute with a count. Wrong passwords count for the workers of all streams: whoever guesses gets no more tries by asking each of them.
 */

import type { RefusedLogin, WorkerReport } from "../worker/worker.js";

export interface RefusedLogins {
  see(report: WorkerReport): void;
}

export interface RefusedLoginsParts {
  readonly now: () => number;
  readonly say: (message: string, at: number, fields: { readonly address: string; readonly user: string }) => void;
  /** A wrong password came from that address. */
  readonly onGuess: (address: string) => void;
}

interface Told {
  readonly at: number;
  leftOut: number;
}

const SILENCE_MS = 60_000;
/** Somebody who tries names from many addresses must not fill the memory, nor the log. */
const MOST_TOLD = 256;
const MOST_A_MINUTE = 20;

const REASONS: Readonly<Record<RefusedLogin["why"], string>> = {
  password: "the password is wrong",
  user: "there is no such user",
  viewer: "this user is none of the stream's viewers",
};

export function createRefusedLogins({ now, say, onGuess }: RefusedLoginsParts): RefusedLogins {
  const told = new Map<string, Told>();
  /** Names and addresses, and not repetitions of them. */
  let minute = { from: Number.NEGATIVE_INFINITY, told: 0, others: 0 };

  /** How many were not told of since the last one; `undefined`: nor is this one. */
  function takeTurn(at: number): number | undefined {
    if (at - minute.from >= SILENCE_MS) minute = { ...minute, from: at, told: 0 };
    if (minute.told >= MOST_A_MINUTE) {
      minute.others += 1;
      return undefined;
    }
    const { others } = minute;
    minute = { ...minute, told: minute.told + 1, others: 0 };
    return others;
  }

  function tell({ address, user, why, waitMs }: RefusedLogin): void {
    const at = now();
    const key = JSON.stringify([address, user, why]);
    const former = told.get(key);
    if (former && at - former.at < SILENCE_MS) {
      former.leftOut += 1;
      return;
    }
    const others = takeTurn(at);
    if (others === undefined) return;
    told.delete(key);
    told.set(key, { at, leftOut: 0 });
    const [oldest] = told.keys();
    if (told.size > MOST_TOLD && oldest !== undefined) told.delete(oldest);
    const repeated = former && former.leftOut > 0 ? ` (${former.leftOut + 1} times since this was last said)` : "";
    const wait = waitMs > 0 ? ` That address has to wait ${Math.ceil(waitMs / 1000)} s.` : "";
    const message = `A viewer at ${address} was not let in as "${user}": ${REASONS[why]}.${wait}${repeated}${
      others > 0 ? ` (${others} more were not told of)` : ""
    }`;
    say(message, at, { address, user });
  }

  return {
    see(report) {
      if (report.type !== "loginRefused") return;
      tell(report);
      if (report.why !== "viewer") onGuess(report.address);
    },
  };
}
