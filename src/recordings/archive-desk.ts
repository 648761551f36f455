/** The work of the archive process of one root: retention, index, salvage, and the answers to what the supervisor asks. */

import { lstatSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../report/log.js";
import type { ArchiveNote, ArchiveOrder, ArchiveWord, BeatAnswer, ReplyValues } from "./archive-messages.js";
import { createCensus } from "./census.js";
import { openIndex, type RecordingsIndex } from "./index.js";
import { createLibrary } from "./library.js";
import { isLocked } from "./locks.js";
import { createMender } from "./mend.js";
import { QUARANTINE, QUARANTINE_LOG } from "./quarantine.js";
import { type Clock, createRetention, type Keeping, type Placed } from "./retention.js";
import { createSalvage, type Quarantined, type SalvageNews } from "./salvage.js";

export interface DeskParts {
  readonly root: string;
  /** Path of dslrs-mend. */
  readonly mend: string;
  readonly clock: Clock;
  /** Whether what was left behind is mended; else it is left as it is. */
  readonly isMending: boolean;
  readonly say: (word: ArchiveWord) => void;
}

export interface Desk {
  /** Rejects where it cannot be done now. */
  carryOut<Do extends ArchiveOrder["do"]>(order: Extract<ArchiveOrder, { do: Do }>): Promise<ReplyValues[Do]>;
  /** Resolves when everything that was begun is done. */
  settled(): Promise<void>;
  stop(): void;
}

/** At all outputs, of removed streams too. */
const LOOK_EVERY_MS = 600_000;
/** The leftovers of a worker that just ended are too young at first. */
const LOOK_AGAIN_MS = 3_000;

export function openDesk({ root, mend, clock, isMending, say }: DeskParts): Desk {
  const log = logTo(say, null);
  const mender = createMender({ program: mend, root });
  let index: RecordingsIndex | undefined;
  let keeping: Keeping | undefined;
  let isStopped = false;
  /** The index may miss files. */
  let isDoubtful = false;
  let cancelLook = () => {};
  let nextLookAt = Number.POSITIVE_INFINITY;
  let looking: Promise<void> = Promise.resolve();

  const usedIndex: RecordingsIndex = {
    use: (work) => opened().use(work),
    problem: () => index?.problem() ?? null,
    takeDoubt: () => opened().takeDoubt(),
    follow: () => index?.follow(),
    close: () => index?.close(),
  };
  const library = createLibrary({
    root,
    now: clock.now,
    templatesOf({ stream, output }) {
      const known = usedIndex.use((store) => store.layouts());
      return known.filter((each) => each.stream === stream && each.output === output).map(({ template }) => template);
    },
    onLook(owner, listing) {
      census.compare(owner, listing);
      if (isMending) salvage.offer(owner, listing?.unfinished ?? []);
    },
  });
  const census = createCensus({
    index: usedIndex,
    mender,
    // In this order: it may get its name in between.
    isThere: (path) => isFile(join(root, `${path}.part`)) || isFile(join(root, path)),
    isWritten: (path) => isLocked(join(root, path)),
    isStopped: () => isStopped,
  });
  const salvage = createSalvage({
    root,
    index: usedIndex,
    mender,
    now: clock.now,
    isStopped: () => isStopped,
    tell: tellSalvage,
    onFailed: lookWithin,
    tellQuarantined,
  });
  const retention = createRetention({
    clock,
    log,
    library,
    keeping: () => keeping,
    note: (kind, message) => say({ tell: "event", kind, stream: null, message }),
    onRemoved: (paths) => usedIndex.use((store) => store.remove(paths)),
  });

  function opened(): RecordingsIndex {
    index ??= openIndex({
      root,
      now: clock.now,
      onSetAside({ path, why }) {
        tellRebuilt(
          `The index of the recordings was damaged (${why}); it is found again from the files. The old one is ${path}.`,
        );
      },
      onGone() {
        tellRebuilt(
          `The index of the recordings in ${root} was removed, or its disk is not there any more; what is there is found again from the files.`,
        );
      },
    });
    return index;
  }

  function tellRebuilt(message: string): void {
    log.warn(message);
    say({ tell: "event", kind: "indexRebuilt", stream: null, message });
  }

  function tellSalvage(news: SalvageNews): void {
    if (news.is === "salvaged") {
      const { stream, path, durationMs } = news.recording;
      logTo(say, stream).info(`Salvaged a recording that was left behind: ${path}, ${seconds(durationMs ?? 0)}`);
      say({ tell: "salvaged", recording: news.recording });
    } else {
      logTo(say, news.stream).warn(`A recording that was left behind cannot be mended: ${news.path}: ${news.why}`);
    }
  }

  function tellQuarantined(all: readonly Quarantined[]): void {
    const [first] = all;
    if (!first) return;
    if (all.length > 1) for (const each of all) logTo(say, each.stream).info(quarantinedText(each));
    const stream = all.every((each) => each.stream === first.stream) ? first.stream : null;
    const message =
      all.length === 1
        ? quarantinedText(first)
        : `${all.length} unfinished recordings with nothing to save are now in ${join(root, QUARANTINE)}; ${QUARANTINE_LOG} there says why of each.`;
    (stream === null ? log : logTo(say, stream)).warn(message);
    say({ tell: "event", kind: "recordingQuarantined", stream, message });
  }

  /** One look after the other. */
  function lookSoon(): Promise<void> {
    looking = looking.then(lookAtAll).catch((error: unknown) => {
      if (!isStopped) log.warn(`The recordings of ${root} cannot be looked at: ${String(error)}`);
    });
    return looking;
  }

  async function lookAtAll(): Promise<void> {
    cancelLook();
    nextLookAt = Number.POSITIVE_INFINITY;
    if (isStopped) return;
    if (await isThere(root)) {
      if (usedIndex.takeDoubt() || isDoubtful) await discover();
      for (const owner of owners()) if (!isStopped) await library.look(owner);
    }
    lookWithin(Math.min(LOOK_EVERY_MS, salvage.againInMs()));
  }

  /** Another look, unless there is one before. */
  function lookWithin(ms: number): void {
    const at = clock.now() + ms;
    if (isStopped || at >= nextLookAt) return;
    cancelLook();
    nextLookAt = at;
    cancelLook = clock.after(ms, () => void lookSoon());
  }

  async function discover(): Promise<void> {
    isDoubtful = false;
    library.forget();
    const found = await library.discover();
    const known = new Set(usedIndex.use((store) => store.layouts()).map(({ template }) => template));
    for (const layout of found) if (!known.has(layout.template)) usedIndex.use((store) => store.addLayout(layout));
  }

  function owners() {
    const { outputs = [], others = [] } = keeping ?? {};
    const all = [...usedIndex.use((store) => store.layouts()), ...[...outputs, ...others].map(layoutRow)];
    return [...new Map(all.map((owner) => [`${owner.stream}/${owner.output}`, owner])).values()];
  }

  async function beat({ keeping: next, isNew }: Extract<ArchiveOrder, { do: "beat" }>): Promise<BeatAnswer> {
    const isFirst = keeping === undefined && next !== null;
    keeping = next ?? undefined;
    usedIndex.follow();
    if (!(await isThere(root))) return { root: null, held: [], indexProblem: null };
    const isOther = index?.takeDoubt() ?? false;
    isDoubtful ||= isOther;
    if (isFirst || isNew || isOther) {
      const layouts = [...(next?.outputs ?? []), ...(next?.others ?? [])];
      for (const layout of layouts) usedIndex.use((store) => store.addLayout(layoutRow(layout)));
      retention.lookSoon();
      void lookSoon();
    }
    return { root: retention.roots()[0] ?? null, held: retention.held(), indexProblem: usedIndex.problem() };
  }

  /** One that no index can take is not to hold up those behind it. */
  function rememberOrLose(note: ArchiveNote): void {
    try {
      remember(note);
    } catch (error) {
      log.warn(`A note about a recording in ${root} is lost; the files tell most of it again: ${String(error)}`);
    }
  }

  function remember(note: ArchiveNote): void {
    usedIndex.use((store) => {
      if (note.is === "recording") store.put(note.recording);
      else if (note.isBetter) store.explainGap(note.gap);
      else store.openGap(note.gap);
    });
  }

  async function reindex(): Promise<number> {
    await discover();
    census.lookIntoAll(true);
    try {
      await lookSoon();
    } finally {
      census.lookIntoAll(false);
    }
    return usedIndex.use((store) => store.count());
  }

  async function answer(order: ArchiveOrder): Promise<ReplyValues[ArchiveOrder["do"]]> {
    switch (order.do) {
      case "beat":
        return beat(order);
      case "remember":
        for (const note of order.notes) rememberOrLose(note);
        return null;
      case "look":
        library.forget();
        await lookSoon();
        lookWithin(LOOK_AGAIN_MS);
        return null;
      case "find":
        return usedIndex.use((store) => store.find(order.query));
      case "reindex":
        return reindex();
      case "stop":
        return null;
    }
  }

  return {
    carryOut: (order) => answer(order) as Promise<never>,
    async settled() {
      await looking;
      await Promise.all([census.done(), salvage.done()]);
    },
    stop() {
      isStopped = true;
      cancelLook();
      retention.stop();
      mender.stop();
      index?.close();
    },
  };
}

function layoutRow({ stream, output, template }: Placed) {
  return { stream, output, template };
}

function quarantinedText({ path, why }: Quarantined): string {
  return `An unfinished recording with nothing to save is now ${path}: ${why}`;
}

async function isThere(root: string): Promise<boolean> {
  return stat(root).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}

function logTo(say: DeskParts["say"], stream: string | null): Log {
  const writer = (level: "debug" | "info" | "warn" | "error") => (message: string) =>
    say({ tell: "log", level, stream, message });
  return {
    debug: writer("debug"),
    info: writer("info"),
    warn: writer("warn"),
    error: writer("error"),
    forStream: (name) => logTo(say, name),
  };
}
