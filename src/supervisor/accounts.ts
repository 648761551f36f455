/**
 * Cameras lock an account after a few wrong passwords, whichever of its streams gave them. So what is known of an account is shared: one whose
 * password is not known to be right is tried by one stream at a time, and after MAX_REFUSALS rests for all, also over a restart of the supervisor.
 */

import { join } from "node:path";
import type { Credential } from "../config/model.js";
import { BETWEEN_ROUNDS_MS, MAX_ROUNDS, REFUSED_HOLD_MS } from "../policy/retry.js";
import type { Fingerprint } from "../policy/spec.js";
import type { Log } from "../report/log.js";
import { readJsonObject, writeAtomically } from "./files.js";
import { addressOf } from "./hosts.js";
import type { Clock } from "./stream.js";

/** An attempt that nobody tells the end of does not keep others waiting for ever. */
const FORGOTTEN_MS = 30_000;
/** What was refused so long ago is no longer counted. */
const STALE_MS = 24 * 3_600_000;

export type Permission = { readonly is: "granted" } | { readonly is: "held"; readonly until: number };

/** What one attempt has to do with its account. */
export interface AccountTry {
  accepted(): void;
  refused(): void;
  /** It ended before the account mattered, or nobody will tell. */
  left(): void;
}

export interface Accounts {
  /** The account that a source of that address logs in to; one way. */
  nameOf(uri: string, credential: Credential): string;
  isHeld(account: string): boolean;
  /**
   * `account`: one way, for the host, the user and the password together. `onAnswer` is called once, at once or later, unless the try was left
   * before. A user is not held.
   */
  enter(account: string, byUser: boolean, onAnswer: (permission: Permission) => void): AccountTry;
}

export interface AccountsParts {
  readonly fingerprint: Fingerprint;
  /** Of the instance. */
  readonly directory: string;
  /** ms since 1970. */
  readonly clock: Clock;
  readonly log: Log;
}

interface Attempt {
  readonly onAnswer: (permission: Permission) => void;
  forget: () => void;
}

interface Account {
  isGood: boolean;
  refusals: number;
  refusedAt: number;
  heldUntil: number;
  trying: Attempt | undefined;
  readonly waiting: Set<Attempt>;
  cancelNext: () => void;
}

export function openAccounts({ directory, clock, log, fingerprint }: AccountsParts): Accounts {
  const path = join(directory, "accounts.json");
  const accounts = new Map(Object.entries(readJsonObject(path) ?? {}).flatMap(([name, kept]) => restored(name, kept)));

  function restored(name: string, kept: unknown): [string, Account][] {
    const { refusals, refusedAt, heldUntil } = (kept ?? {}) as Record<string, unknown>;
    if (typeof refusals !== "number" || typeof refusedAt !== "number" || typeof heldUntil !== "number") return [];
    return clock.now() - refusedAt < STALE_MS ? [[name, { ...unknownAccount(), refusals, refusedAt, heldUntil }]] : [];
  }

  function save(): void {
    const refused = [...accounts].filter(([, { refusals }]) => refusals > 0);
    const kept = refused.map(([name, { refusals, refusedAt, heldUntil }]) => [
      name,
      { refusals, refusedAt, heldUntil },
    ]);
    try {
      writeAtomically(path, `${JSON.stringify(Object.fromEntries(kept))}\n`);
    } catch (error) {
      log.warn(`Refused credentials could not be noted in ${path}`, { error: String(error) });
    }
  }

  function begin(account: Account, attempt: Attempt): void {
    account.waiting.delete(attempt);
    if (!account.isGood) {
      account.trying = attempt;
      attempt.forget = clock.after(FORGOTTEN_MS, () => end(account, attempt));
    }
    attempt.onAnswer({ is: "granted" });
  }

  /** The next of those that wait, when its time has come. */
  function goOn(account: Account): void {
    account.cancelNext();
    const [next] = account.waiting;
    if (next === undefined || account.trying !== undefined) return;
    const afterMs = account.refusals === 0 || account.isGood ? 0 : account.refusedAt + BETWEEN_ROUNDS_MS - clock.now();
    if (afterMs <= 0) begin(account, next);
    else account.cancelNext = clock.after(afterMs, () => goOn(account));
  }

  function end(account: Account, attempt: Attempt): void {
    attempt.forget();
    account.waiting.delete(attempt);
    if (account.trying === attempt) account.trying = undefined;
    goOn(account);
  }

  function hold(account: Account): void {
    account.heldUntil = clock.now() + REFUSED_HOLD_MS;
    account.cancelNext();
    const held = [...account.waiting];
    account.waiting.clear();
    for (const { onAnswer } of held) onAnswer({ is: "held", until: account.heldUntil });
  }

  function refuse(account: Account, attempt: Attempt): void {
    account.isGood = false;
    account.refusals += 1;
    account.refusedAt = clock.now();
    if (account.refusals >= MAX_ROUNDS) hold(account);
    save();
    end(account, attempt);
  }

  function accept(account: Account, attempt: Attempt): void {
    const wasRefused = account.refusals > 0;
    Object.assign(account, { isGood: true, refusals: 0, heldUntil: 0 });
    if (wasRefused) save();
    end(account, attempt);
    for (const waiting of [...account.waiting]) begin(account, waiting);
  }

  return {
    nameOf: (uri, { user, password }) => fingerprint(JSON.stringify([addressOf(uri), user, password])),
    isHeld: (name) => (accounts.get(name)?.heldUntil ?? 0) > clock.now(),
    enter(name, byUser, onAnswer) {
      const account = accounts.get(name) ?? unknownAccount();
      accounts.set(name, account);
      const attempt: Attempt = { onAnswer, forget: () => {} };
      if (!byUser && account.heldUntil > clock.now()) onAnswer({ is: "held", until: account.heldUntil });
      else if (byUser || account.isGood) begin(account, attempt);
      else {
        account.waiting.add(attempt);
        goOn(account);
      }
      return {
        accepted: () => accept(account, attempt),
        refused: () => refuse(account, attempt),
        left: () => end(account, attempt),
      };
    },
  };
}

function unknownAccount(): Account {
  return {
    isGood: false,
    refusals: 0,
    refusedAt: 0,
    heldUntil: 0,
    trying: undefined,
    waiting: new Set(),
    cancelNext: () => {},
  };
}
