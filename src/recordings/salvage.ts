/**
 * Repairs what was left behind unfinished: `dslrs-mend` tells whether anybody still writes a file, mends it where nobody does, and gives it its
 * name. Nothing is deleted. One file after the other, in the background.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { UnfinishedFile } from "./catalogue.js";
import type { RecordingsIndex } from "./index.js";
import { finalPath } from "./layout.js";
import type { Owner } from "./library.js";
import type { Mended, Mender } from "./mend.js";
import { quarantine } from "./quarantine.js";
import type { Recording } from "./recording.js";

export type SalvageNews =
  | { readonly is: "salvaged"; readonly recording: Recording }
  | { readonly is: "failed"; readonly stream: string; readonly path: string; readonly why: string };

export interface Quarantined {
  readonly is: "quarantined";
  readonly stream: string;
  /** The new one. */
  readonly path: string;
  readonly why: string;
}

export interface SalvageParts {
  readonly root: string;
  readonly index: RecordingsIndex;
  readonly mender: Pick<Mender, "mend">;
  readonly now: () => number;
  readonly isStopped: () => boolean;
  readonly tell: (news: SalvageNews) => void;
  /** One could not be mended, and is to be offered again then. */
  readonly onFailed: (againInMs: number) => void;
  /** Together: a crash of all streams may leave hundreds. */
  readonly tellQuarantined: (all: readonly Quarantined[]) => void;
}

export interface Salvage {
  /** The unfinished files that there are. */
  offer(owner: Owner, files: readonly UnfinishedFile[]): void;
  /** When the next of those that could not be mended is to be offered again; `Infinity`: there is none. */
  againInMs(): number;
  done(): Promise<void>;
}

/** A writer has the lock of its file sooner after it made it. */
const YOUNG_MS = 2_000;
/** What could not be read or written may be later: a full disk sooner than a broken one. */
const FIRST_AGAIN_MS = 30_000;
const LONGEST_AGAIN_MS = 600_000;

interface Leftover extends Owner {
  readonly startedAt: number;
}

interface Again {
  readonly dueAt: number;
  readonly waitedMs: number;
}

export function createSalvage(parts: SalvageParts): Salvage {
  const { root, index, mender, now, isStopped, tell, onFailed, tellQuarantined } = parts;
  const queue = new Map<string, Leftover>();
  const failed = new Map<string, Again>();
  let working: Promise<void> | undefined;

  const mayBeTried = (path: string) => (failed.get(path)?.dueAt ?? 0) <= now();
  const isDue = (file: UnfinishedFile) => Math.abs(now() - file.changedAtMs) >= YOUNG_MS && mayBeTried(file.path);

  /** Whether one is needed that was to take the place of another is known when that is done: it may hold nothing. */
  function inOrder(files: readonly UnfinishedFile[]): UnfinishedFile[] {
    const own = files.filter(({ isNew }) => !isNew);
    const waiting = new Set(own.filter((file) => !isDue(file)).map(({ path }) => finalPath(path)));
    const others = files.filter(({ isNew, path }) => isNew && !waiting.has(finalPath(path)));
    return [...own, ...others].filter(isDue);
  }

  async function work(): Promise<void> {
    await Promise.resolve();
    const quarantined: Quarantined[] = [];
    for (const [path, leftover] of queue) {
      if (isStopped()) break;
      queue.delete(path);
      const news = await salvage(path, leftover).catch((error: unknown) => failure(path, leftover, String(error)));
      if (news?.is === "quarantined") quarantined.push(news);
      else if (news) tell(news);
    }
    tellQuarantined(quarantined);
    queue.clear();
    working = undefined;
  }

  async function salvage(path: string, leftover: Leftover): Promise<SalvageNews | Quarantined | undefined> {
    if (path.endsWith(".new") && !mayBeTried(`${finalPath(path)}.part`)) return undefined;
    const answer = await mender.mend(path);
    if (answer.ok) return keep(path, leftover, answer);
    if (answer.why === "busy" || isStopped()) return undefined;
    if (answer.why === "io") return failure(path, leftover, answer.message);
    const moved = await quarantine(root, path, answer.message, now());
    if (moved === undefined) return failure(path, leftover, "the folder quarantine cannot be used");
    // What a copy was to replace has its name.
    if (answer.why !== "copy") index.use((store) => store.remove([finalPath(path)]));
    return { is: "quarantined", stream: leftover.stream, path: moved, why: answer.message };
  }

  function keep(path: string, leftover: Leftover, mended: Extract<Mended, { ok: true }>): SalvageNews {
    const { stream, output, startedAt } = leftover;
    const { durationMs, bytes, frames, keyframes, encodings } = mended;
    const recording = index.use((store) => {
      const before = store.get(finalPath(path));
      const media = { durationMs, bytes, frames, keyframes, encodings, endedAt: startedAt + durationMs };
      const ends = { isOpen: false, reason: "salvaged", continues: before?.continues ?? null };
      const salvaged: Recording = { stream, output, path: mended.path, startedAt, ...media, ...ends };
      if (mended.path !== finalPath(path)) store.remove([finalPath(path)]);
      store.put(salvaged);
      return salvaged;
    });
    return { is: "salvaged", recording };
  }

  async function failure(path: string, { stream }: Owner, why: string): Promise<SalvageNews | undefined> {
    // A look from before it was mended, or removed, offered it again.
    if (!existsSync(join(root, path))) return undefined;
    const before = failed.get(path);
    const waitedMs = before ? Math.min(LONGEST_AGAIN_MS, 2 * before.waitedMs) : FIRST_AGAIN_MS;
    failed.set(path, { dueAt: now() + waitedMs, waitedMs });
    onFailed(waitedMs);
    return before === undefined ? { is: "failed", stream, path, why } : undefined;
  }

  return {
    offer(owner, files) {
      for (const file of inOrder(files)) queue.set(file.path, { ...owner, startedAt: file.startedAt });
      if (queue.size > 0) working ??= work();
    },
    againInMs() {
      const waits = [...failed.values()].map(({ dueAt }) => dueAt - now());
      return Math.min(...waits.filter((ms) => ms > 0));
    },
    done: async () => working,
  };
}
