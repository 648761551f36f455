/**
 * What the attempts of one stream have to do with those of others: the turns that all share, the host that its source is on, and the account
 * that it logs in with.
 */

import type { Effect, Occurrence } from "../policy/states.js";
import type { Accounts, AccountTry } from "./accounts.js";
import type { Admission } from "./admission.js";
import type { HostView, HostWatch } from "./host.js";
import type { Hosts } from "./hosts.js";
import type { Origins } from "./origins.js";

type QueueAttempt = Extract<Effect, { do: "queueAttempt" }>;

export interface AttemptsParts {
  readonly stream: string;
  readonly admission: Admission;
  readonly hosts: Hosts;
  readonly accounts: Accounts;
  readonly logins: () => Logins;
  /** The stream that is the source, where one is. */
  readonly origin: () => string | undefined;
  readonly origins: Pick<Origins, "whenSettled">;
  readonly post: (news: Occurrence) => void;
}

/** The accounts that the source may log in with, by set of credentials. */
export interface Logins {
  readonly accounts: readonly string[];
  /** Of the next attempt. */
  readonly next: number;
}

export interface Attempts {
  /** The address of the source; `undefined`: there is none on a network, or nobody wants it now. */
  follow(uri: string | undefined): void;
  /** One for a worker that is there already waits for its origin where that is about to have pictures. */
  queue(order: QueueAttempt): void;
  leaveQueue(): void;
  began(): void;
  /** What became of attempts says something about the host, and so about the attempts of others. `life`: the newest ingest. */
  see(news: Occurrence, life: number): void;
  probe(ingest: number): void;
  host(): HostView | undefined;
}

export function createAttempts(parts: AttemptsParts): Attempts {
  const { stream, admission, hosts, accounts, logins, post } = parts;
  let followed: string | undefined;
  let host: HostWatch | undefined;
  let needsHost = false;
  let login: AccountTry | undefined;
  let cancelWait = () => {};

  function leaveLogin(): void {
    login?.left();
    login = undefined;
  }

  function firstFree(names: readonly string[]): number | null {
    const index = names.findIndex((name) => !accounts.isHeld(name));
    return index < 0 ? null : index;
  }

  function seeLogin(news: Occurrence): void {
    if (login === undefined) return;
    if (news.type === "ingestUp") login.accepted();
    else if (news.type === "ingestDown" && news.failure.class === "unauthorized") login.refused();
    else if (news.type === "ingestDown" || news.type === "workerExited") login.left();
    else return;
    login = undefined;
  }

  function barred(): void {
    if (!needsHost || !admission.leave(stream)) return;
    leaveLogin();
    post({ type: "attemptBarred" });
  }

  function enqueue({ hasWorker, healthyAt, byUser }: QueueAttempt): void {
    needsHost = hasWorker;
    const takeTurn = () => admission.queue({ stream, healthyAt, byUser }, () => post({ type: "attemptGranted" }));
    const { accounts: names, next } = logins();
    const name = names[next];
    if (needsHost && host && !host.letsThrough()) post({ type: "attemptBarred" });
    else if (name === undefined) takeTurn();
    else {
      login = accounts.enter(name, byUser, (permission) => {
        if (permission.is === "granted") takeTurn();
        else post({ type: "accountHeld", until: permission.until, instead: firstFree(names) });
      });
    }
  }

  return {
    follow(uri) {
      if (uri === followed) return;
      followed = uri;
      leaveLogin();
      host?.leave();
      host = uri === undefined ? undefined : hosts.watch(uri, { barred, back: () => post({ type: "hostBack" }) });
    },
    queue(order) {
      cancelWait();
      leaveLogin();
      const origin = order.hasWorker ? parts.origin() : undefined;
      if (origin === undefined) return enqueue(order);
      admission.leave(stream);
      cancelWait = parts.origins.whenSettled(origin, () => enqueue(order));
    },
    leaveQueue() {
      cancelWait();
      leaveLogin();
      admission.leave(stream);
    },
    began: () => host?.attemptBegan(),
    see(news, life) {
      if (news.type === "ingestUp" && news.ingest === life) host?.attemptSucceeded();
      if (news.type === "ingestDown" && news.ingest === life) host?.attemptFailed(news.failure.class);
      if (news.type === "workerConnected" && news.ingest.state === "up") host?.attemptSucceeded();
      if (!("ingest" in news) || news.ingest === life) seeLogin(news);
    },
    probe(ingest) {
      void host?.probe().then((found) => post({ type: "sourceProbed", ingest, found }));
    },
    host: () => host?.view(),
  };
}
