/**
 * The archive of one root, as the supervisor sees it: a process that does everything that touches the disk. A disk that hangs hangs that
 * process; here nothing waits for it, nothing throws, and what cannot be told to it now is kept, up to a limit.
 */

import { type ChildProcess, fork } from "node:child_process";
import { existsSync } from "node:fs";
import type { Log } from "../report/log.js";
import type { RootStatus } from "../report/status.js";
import type {
  ArchiveMessage,
  ArchiveNote,
  ArchiveOrder,
  ArchiveReply,
  ArchiveRequest,
  ArchiveWord,
  BeatAnswer,
  ReplyValues,
} from "./archive-messages.js";
import type { Recording, RecordingsQuery, RootFindings } from "./recording.js";
import type { Clock, Keeping } from "./retention.js";
import type { Held } from "./shares.js";

export interface ArchiveParts {
  readonly root: string;
  /** Path of the compiled archive-main. */
  readonly program: string;
  /** Path of dslrs-mend. */
  readonly mend: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly onEvent: (word: Extract<ArchiveWord, { tell: "event" }>) => void;
  readonly onSalvaged: (recording: Recording) => void;
  /** It stopped answering, or answers again. */
  readonly onChange: (isAnswering: boolean, sentence: string) => void;
}

export type Asked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

export interface Archive {
  readonly root: string;
  /** To be called every few seconds. `isNew`: the config changed. */
  beat(keeping: Keeping | undefined, isNew: boolean): void;
  remember(note: ArchiveNote): void;
  lookSoon(): void;
  find(query: RecordingsQuery): Promise<Asked<RootFindings>>;
  reindex(): Promise<Asked<number>>;
  status(): RootStatus;
  /** As of its last answer; of a disk that does not answer nothing can be removed. */
  held(): readonly Held[];
  /** Resolves when what was told is written, or after a short time. */
  stop(): Promise<void>;
}

interface Asking {
  readonly resolve: (asked: Asked<never>) => void;
  readonly cancel: () => void;
}

interface Life {
  readonly child: ChildProcess;
  readonly startedAt: number;
  readonly asking: Map<number, Asking>;
}

const SLOW_MS = 3_000;
const SILENT_MS = 10_000;
/** After that it is killed and another one tries. */
const GIVE_UP_MS = 30_000;
/** A process that waits for a disk may live on although it was killed. */
const MOST_LEFT_BEHIND = 2;
const ANSWER_MS = 4_000;
const REINDEX_MS = 20_000;
const STOP_MS = 1_000;
const DRAIN_POLL_MS = 20;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;
const HEALTHY_MS = 60_000;
const MOST_NOTES = 5_000;
const NOTES_AT_ONCE = 200;
const MOST_ASKING = 16;
/** Of the others one of each is asked at a time, and whoever asks much must not make the archive look dead. */
const CROWDING: ReadonlySet<ArchiveOrder["do"]> = new Set(["look", "find", "reindex"]);
const MEMORY_ARGUMENTS = ["--max-old-space-size=512", "--max-semi-space-size=2"];
const LAST_WORDS = 600;
/** Of util-linux, which every Debian has. */
const SETPRIV = "/usr/bin/setpriv";

export function createArchive(parts: ArchiveParts): Archive {
  const { root, clock, log } = parts;
  let life: Life | undefined;
  let requests = 0;
  let failures = 0;
  let leftBehind = 0;
  let cancelStart = () => {};
  let isStopped = false;
  const notes: ArchiveNote[] = [];
  let lostNotes = 0;
  let isSending = false;
  let keeping: Keeping | undefined;
  let isNews = true;
  let seen: BeatAnswer = { root: null, held: [], indexProblem: null };
  /** Since when an answer is awaited; `undefined`: none is. */
  let askedAt: number | undefined;
  let silentSince: number | undefined;

  function start(): void {
    if (isStopped) return;
    const child = fork(parts.program, [root, parts.mend], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      ...launcher(),
      env: environment(),
    });
    const mine: Life = { child, startedAt: clock.now(), asking: new Map() };
    life = mine;
    let lastWords = "";
    child.stderr?.on("data", (text) => {
      lastWords = (lastWords + String(text)).slice(-LAST_WORDS);
    });
    child.on("message", (message: ArchiveMessage) => hear(mine, message));
    child.once("error", (error) => ended(mine, error.message));
    child.once("exit", (code, signal) => ended(mine, `${signal ?? `code ${code}`}${lastWords && `: ${lastWords}`}`));
    // What the one before was told and did not take, this one gets.
    isSending = false;
    isNews = true;
    sendBeat();
    sendNotes();
  }

  function ended(mine: Life, how: string): void {
    if (mine !== life) return;
    life = undefined;
    giveUpAsking(mine, "the archive process of this disk ended");
    if (isStopped) return;
    failures = clock.now() - mine.startedAt >= HEALTHY_MS ? 1 : failures + 1;
    const retryMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1));
    log.warn(`The archive process of ${root} ended (${how.trim()}); it is started again`);
    cancelStart = clock.after(retryMs, start);
  }

  function giveUpAsking({ asking }: Life, why: string): void {
    for (const { resolve, cancel } of asking.values()) {
      cancel();
      resolve({ ok: false, why });
    }
    asking.clear();
  }

  function hear(mine: Life, message: ArchiveMessage): void {
    if (!("tell" in message)) hearReply(mine, message);
    else if (mine !== life) return;
    else if (message.tell === "event") parts.onEvent(message);
    else if (message.tell === "salvaged") parts.onSalvaged(message.recording);
    else (message.stream === null ? log : log.forStream(message.stream))[message.level](message.message);
  }

  function hearReply({ asking }: Life, reply: ArchiveReply): void {
    const asked = asking.get(reply.id);
    asking.delete(reply.id);
    asked?.cancel();
    asked?.resolve(reply.ok ? { ok: true, value: reply.value as never } : { ok: false, why: reply.message });
  }

  /** Resolves in any case. */
  function ask<Do extends ArchiveOrder["do"]>(
    order: Extract<ArchiveOrder, { do: Do }>,
    limitMs: number,
  ): Promise<Asked<ReplyValues[Do]>> {
    const mine = life;
    if (!mine?.child.connected) return Promise.resolve({ ok: false, why: `nothing looks after ${root} at present` });
    if (mine.asking.size >= MOST_ASKING && CROWDING.has(order.do))
      return Promise.resolve({ ok: false, why: `the disk of ${root} does not answer` });
    requests += 1;
    const request: ArchiveRequest = { ...order, id: requests } as ArchiveRequest;
    return new Promise((resolve) => {
      const cancel = clock.after(limitMs, () => {
        mine.asking.delete(request.id);
        resolve({ ok: false, why: `the disk of ${root} did not answer in time` });
      });
      mine.asking.set(request.id, { resolve, cancel });
      mine.child.send(request, () => {}); // what cannot be sent is not answered
    });
  }

  /** One at a time: what a process that hangs was asked fills no memory. */
  function sendBeat(): void {
    watchSilence();
    if (!life || askedAt !== undefined) return;
    askedAt = clock.now();
    const mine = life;
    const isNew = isNews;
    isNews = false;
    void ask({ do: "beat", keeping: keeping ?? null, isNew }, GIVE_UP_MS).then((answer) => {
      if (mine !== life && life) return;
      if (answer.ok) {
        seen = answer.value;
        askedAt = undefined;
        heardAgain();
      } else if (life) giveUp(mine, answer.why);
      else askedAt = undefined;
    });
  }

  function watchSilence(): void {
    const waited = askedAt === undefined ? 0 : clock.now() - askedAt;
    if (waited < SILENT_MS || silentSince !== undefined) return;
    silentSince = askedAt;
    const sentence = `The disk of the recordings at ${root} does not answer. Recording and serving go on as far as it lets them.`;
    log.error(sentence);
    parts.onChange(false, sentence);
  }

  function heardAgain(): void {
    failures = 0;
    if (silentSince === undefined) return;
    silentSince = undefined;
    const sentence = `The disk of the recordings at ${root} answers again.`;
    log.info(sentence);
    parts.onChange(true, sentence);
  }

  /** It may not even die before the disk answers. */
  function giveUp(mine: Life, why: string): void {
    askedAt = undefined;
    if (life !== mine) return;
    leftBehind += 1;
    mine.child.once("exit", () => {
      leftBehind -= 1;
    });
    ended(mine, why);
    mine.child.kill("SIGKILL");
    letGo(mine.child);
    silentSince ??= clock.now() - GIVE_UP_MS;
    if (leftBehind < MOST_LEFT_BEHIND) return;
    cancelStart();
    mine.child.once("exit", start);
  }

  function sendNotes(): void {
    const mine = life;
    if (!mine || isSending || notes.length === 0) return;
    isSending = true;
    const batch = notes.slice(0, NOTES_AT_ONCE);
    void ask({ do: "remember", notes: batch }, GIVE_UP_MS).then((answer) => {
      if (mine !== life) return;
      isSending = false;
      if (!answer.ok) return;
      notes.splice(0, batch.length);
      sendNotes();
    });
  }

  return {
    root,
    beat(next, isNew) {
      keeping = next;
      isNews ||= isNew;
      if (!life && failures === 0 && !isStopped) start();
      else sendBeat();
      sendNotes();
    },
    remember(note) {
      notes.push(note);
      // While a batch is under way its notes are the first ones.
      if (notes.length > MOST_NOTES) {
        notes.splice(isSending ? NOTES_AT_ONCE : 0, 1);
        if (lostNotes === 0) log.warn(`Notes about recordings in ${root} are lost; the files tell most of it again`);
        lostNotes += 1;
      }
      sendNotes();
    },
    lookSoon: () => void ask({ do: "look" }, GIVE_UP_MS),
    find: (query) => ask({ do: "find", query }, ANSWER_MS),
    reindex: () => ask({ do: "reindex" }, REINDEX_MS),
    status() {
      const waited = askedAt === undefined ? 0 : clock.now() - askedAt;
      const since = silentSince ?? (waited >= SLOW_MS ? askedAt : undefined);
      const state = silentSince !== undefined ? "silent" : since !== undefined ? "slow" : "ok";
      const archive = { state, since: since === undefined ? null : new Date(since).toISOString() } as const;
      const unknown = { path: root, freeBytes: null, totalBytes: null, reserveBytes: null, problem: null };
      return { ...(seen.root ?? unknown), archive, indexProblem: seen.indexProblem };
    },
    held: () => (silentSince === undefined ? seen.held : seen.held.map((each) => ({ ...each, oldestAt: null }))),
    async stop() {
      isStopped = true;
      cancelStart();
      const mine = life;
      if (!mine) return;
      const deadline = clock.now() + STOP_MS;
      while (notes.length > 0 && clock.now() < deadline && mine === life) await pause(clock, DRAIN_POLL_MS);
      await ask({ do: "stop" }, Math.max(DRAIN_POLL_MS, deadline - clock.now()));
      life = undefined;
      giveUpAsking(mine, "dslrs is going down");
      mine.child.kill("SIGKILL");
      letGo(mine.child);
    },
  };
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}

/** The kernel ends it with this process, also while it waits in SQLite and does not see that its channel closed. */
function launcher(): { execPath: string; execArgv: string[] } {
  if (!existsSync(SETPRIV)) return { execPath: process.execPath, execArgv: MEMORY_ARGUMENTS };
  return { execPath: SETPRIV, execArgv: ["--pdeathsig", "KILL", process.execPath, ...MEMORY_ARGUMENTS] };
}

/** It keeps this process from ending no longer. */
function letGo(child: ChildProcess): void {
  child.stderr?.destroy();
  if (child.connected) child.disconnect();
  child.unref();
}

/** No secrets that the config takes from the environment. */
function environment(): NodeJS.ProcessEnv {
  const { PATH, HOME, LANG, TZ, TMPDIR } = process.env;
  return Object.fromEntries(
    Object.entries({ PATH, HOME, LANG, TZ, TMPDIR }).filter(([, value]) => value !== undefined),
  );
}
