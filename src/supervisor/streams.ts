/** The streams of an instance by name: those that are wanted, those that are leaving, and what an earlier supervisor left. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { EventStore } from "../report/events.js";
import type { Log } from "../report/log.js";
import type { ViewersReport } from "../report/viewers.js";
import { POSITION_FILE } from "../worker/bundle.js";
import { livesIn } from "../worker/launch.js";
import type { Workers } from "../worker/worker.js";
import type { Accounts } from "./accounts.js";
import type { Admission } from "./admission.js";
import type { Archives } from "./archives.js";
import type { ControlResult, RecordRequest, RecordResult } from "./control.js";
import { clearFolder, removeFolder, removeIfEmpty } from "./files.js";
import { createHistory } from "./history.js";
import type { Hooks } from "./hooks.js";
import type { Hosts } from "./hosts.js";
import type { Wanted } from "./link.js";
import { createOrigins } from "./origins.js";
import { openPausedStreams } from "./paused.js";
import { readSpec } from "./spec-file.js";
import { type Clock, createStream, givesPictures, type Stream, type StreamView } from "./stream.js";

export interface StreamsParts {
  /** Of the instance. */
  readonly directory: string;
  readonly workers: Workers;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly admission: Admission;
  readonly hosts: Hosts;
  readonly accounts: Accounts;
  readonly archives: Archives;
  readonly events: EventStore;
  readonly hooks: Pick<Hooks, "reported">;
  readonly orphanGraceSeconds: number;
  readonly urlOf: (mount: string) => string;
}

export interface Streams {
  /** Begins, edits or brings back the stream of that name. */
  want(wanted: Wanted): void;
  /** Ends it in order and forgets it. */
  remove(name: string): void;
  /** Forgets the pauses of streams that the config does not have: one that is added again later begins anew. */
  forgetPausesBut(names: readonly string[]): void;
  /** Ends the workers of bundles that none of the names has, and of paused streams. */
  endLeftovers(wanted: readonly string[]): Promise<void>;
  isPaused(name: string): boolean;
  pause(name: string): Promise<ControlResult>;
  resume(name: string): ControlResult;
  restart(name: string): ControlResult;
  record(name: string, request: RecordRequest): Promise<RecordResult>;
  /** Left out: of all. */
  viewers(name?: string): Promise<ViewersReport>;
  kick(name: string, viewer: number): Promise<ControlResult>;
  /** Whether the stream of that name has pictures for others. */
  gives(name: string): boolean;
  /** Resolves when all have stopped in order. */
  stopAll(): Promise<void>;
  /** Cuts the stops under way short. */
  hurry(): void;
  /** How much CPU the process `pid` used lately. `at` in ms, never set back. */
  seeCpu(pid: number, percent: number, at: number): void;
  /** In this order; those that are leaving come last. */
  views(names: readonly string[]): StreamView[];
}

const LEFTOVER_GRACE_MS = 2_500;

export function createStreams(parts: StreamsParts): Streams {
  const { workers, log, orphanGraceSeconds } = parts;
  const folder = join(parts.directory, "streams");
  const streams = new Map<string, Stream>();
  /** Removed from the config, but not yet gone. */
  const leaving = new Set<string>();
  const restWaiters = new Set<() => void>();
  const paused = openPausedStreams(parts);
  const origins = createOrigins((name) => streams.get(name)?.view().state);

  function begin(wanted: Wanted): void {
    const { name } = wanted.config;
    const bundle = join(folder, name);
    const stream: Stream = createStream(wanted, {
      ...parts,
      log: log.forStream(name),
      history: parts.archives.listen(name, createHistory({ name, store: parts.events })),
      bundle,
      origins,
      onGuess: (address) => {
        for (const other of streams.values()) if (other !== stream) other.countGuess(address);
      },
      onAtRest: () => atRest(name),
    });
    streams.set(name, stream);
    stream.order(paused.has(name) ? { type: "pauseRequested" } : { type: "startRequested", isAlive: livesIn(bundle) });
  }

  function atRest(name: string): void {
    if (leaving.delete(name)) {
      streams.get(name)?.detach();
      streams.delete(name);
      parts.events.forget(name);
      removeFolder(join(folder, name));
    }
    for (const check of restWaiters) check();
  }

  function whenAtRest(stream: Stream): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        const { is } = stream.view().state;
        if (is !== "stopped" && is !== "paused") return;
        restWaiters.delete(check);
        resolve();
      };
      restWaiters.add(check);
      check();
    });
  }

  async function endLeftover(name: string): Promise<void> {
    const bundle = join(folder, name);
    const isCommand = readSpec(bundle)?.program.kind === "command";
    const program = isCommand ? ({ kind: "command", argv: [] } as const) : ({ kind: "worker" } as const);
    const worker = await workers.adopt({ name, bundle, program, limits: {}, orphanGraceSeconds }, () => {});
    if (worker) log.forStream(name).info("stops: nobody wants it any more");
    await worker?.terminate(LEFTOVER_GRACE_MS);
    removeFolder(bundle);
  }

  function known(name: string): Stream | undefined {
    return leaving.has(name) ? undefined : streams.get(name);
  }

  return {
    want(wanted) {
      const { name } = wanted.config;
      const former = streams.get(name);
      if (!former) return begin(wanted);
      former.edit(wanted);
      if (leaving.delete(name)) former.order({ type: "startRequested", isAlive: false });
    },
    remove(name) {
      if (!streams.has(name)) return;
      leaving.add(name);
      streams.get(name)?.order({ type: "stopRequested", why: "removed" });
      // A stream that was at rest before has nothing to wait for.
      if (streams.get(name)?.view().state.is === "stopped") atRest(name);
    },
    forgetPausesBut: paused.keepOnly,
    async endLeftovers(wanted) {
      const kept = new Set(wanted.filter((name) => !paused.has(name)));
      await Promise.all(
        foldersIn(folder)
          .filter((name) => !kept.has(name))
          .map(endLeftover),
      );
    },
    isPaused: paused.has,
    async pause(name) {
      const stream = known(name);
      if (!stream) return unknownStream(name);
      paused.add(name);
      stream.order({ type: "pauseRequested" });
      await whenAtRest(stream);
      return { ok: true, message: `${name} is paused; \`dslrs resume ${name}\` lets it go on.` };
    },
    resume(name) {
      const stream = known(name);
      if (!stream) return unknownStream(name);
      if (!paused.has(name)) return { ok: true, message: `${name} was not paused.` };
      paused.delete(name);
      stream.order({ type: "resumeRequested" });
      return { ok: true, message: `${name} starts again.` };
    },
    restart(name) {
      const stream = known(name);
      if (!stream) return unknownStream(name);
      if (paused.has(name)) {
        return { ok: false, message: `${name} is paused.`, hint: `Let it go on with \`dslrs resume ${name}\`.` };
      }
      stream.order({ type: "restartRequested" });
      return { ok: true, message: `${name} gets a fresh worker.` };
    },
    async record(name, request) {
      return known(name)?.record(request) ?? unknownStream(name);
    },
    async viewers(name) {
      const asked = [...streams.values()].filter((stream) => name === undefined || stream.name === name);
      const answers = await Promise.all(
        asked.map(async ({ name, viewers }) => ({ name, answer: await viewers.list() })),
      );
      return {
        viewers: answers.flatMap(({ answer }) => (answer.ok ? answer.viewers : [])),
        unanswered: answers.flatMap(({ name, answer }) => (answer.ok ? [] : [{ stream: name, reason: answer.reason }])),
      };
    },
    async kick(name, viewer) {
      return known(name)?.viewers.kick(viewer) ?? unknownStream(name);
    },
    gives(name) {
      const stream = streams.get(name);
      return stream !== undefined && givesPictures(stream.view().state);
    },
    async stopAll() {
      const all = [...streams.values()];
      for (const stream of all) stream.order({ type: "stopRequested", why: "shutdown" });
      await Promise.all(all.map(whenAtRest));
      paused.close();
      for (const name of foldersIn(folder)) clearFolder(join(folder, name), POSITION_FILE);
      removeIfEmpty(folder);
    },
    hurry() {
      for (const stream of streams.values())
        stream
          .view()
          .worker?.terminate(0)
          .catch(() => {});
    },
    seeCpu(pid, percent, at) {
      for (const stream of streams.values()) stream.seeCpu(pid, percent, at);
    },
    views(names) {
      const first = names.flatMap((name) => streams.get(name) ?? []);
      const others = [...streams.values()].filter((stream) => !first.includes(stream));
      return [...first, ...others].map((stream) => stream.view());
    },
  };
}

function unknownStream(name: string): ControlResult & { readonly ok: false } {
  return { ok: false, message: `There is no stream "${name}".` };
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
