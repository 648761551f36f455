/** The archives of an instance, one for each root that is recorded to: told what happens, asked what there is. */

import { join, relative } from "node:path";
import type { Config } from "../config/model.js";
import { answerOf, widened } from "../recordings/answer.js";
import { type Archive, createArchive } from "../recordings/archive.js";
import type { Recording, RecordingsAnswer, RecordingsQuery } from "../recordings/recording.js";
import type { Keeping } from "../recordings/retention.js";
import { shareLimits } from "../recordings/shares.js";
import type { Log } from "../report/log.js";
import type { RootStatus } from "../report/status.js";
import { type ArchiveTarget, withArchive } from "./archive-notes.js";
import type { ControlResult } from "./control.js";
import type { History, NoteKind } from "./history.js";
import { clipRoots, isBelow, keepingsOf } from "./keeping.js";
import type { Clock, StreamView } from "./stream.js";

export interface ArchivesParts {
  /** Path of the compiled archive-main. */
  readonly program: string;
  /** Path of dslrs-mend. */
  readonly mend: string;
  readonly clock: Clock;
  readonly log: Log;
  /** `stream` `null`: of the instance. */
  readonly note: (kind: NoteKind, stream: string | null, message: string) => void;
  /** `path` is absolute. */
  readonly onSalvaged: (path: string, recording: Recording) => void;
  /** `undefined`: there is none yet. */
  readonly config: () => Pick<Config, "recordings" | "streams"> | undefined;
  readonly views: () => readonly Pick<StreamView, "wanted" | "picture">[];
}

export interface Archives {
  /** The config changed. */
  apply(): void;
  /** A history of the stream that the archives hear of too. */
  listen(stream: string, history: History): History;
  roots(): readonly RootStatus[];
  find(query: RecordingsQuery): Promise<RecordingsAnswer>;
  /** Looks into every file again. */
  reindex(): Promise<ControlResult>;
  stop(): Promise<void>;
}

const BEAT_EVERY_MS = 5_000;
/** What a look finds is told with the next answer. */
const FIRST_BEAT_MS = 1_000;

export function createArchives(parts: ArchivesParts): Archives {
  const { clock, log, note } = parts;
  const archives = new Map<string, Archive>();
  let keepings: ReadonlyMap<string, Keeping> = new Map();
  /** Where the config asks for no recording, but somebody did. */
  const used = new Set<string>();
  let isStopped = false;
  let cancelBeat = () => {};

  function archiveOf(root: string): Archive {
    const archive =
      archives.get(root) ??
      createArchive({
        root,
        program: parts.program,
        mend: parts.mend,
        clock,
        log,
        onSalvaged: (recording) => parts.onSalvaged(join(root, recording.path), recording),
        onEvent: ({ kind, stream, message }) => note(kind, stream, message),
        onChange: (isAnswering, sentence) => note(isAnswering ? "diskAnswers" : "diskSilent", null, sentence),
      });
    archives.set(root, archive);
    return archive;
  }

  /** Those that nothing is recorded to any more go on with nothing to keep: somebody may ask for what is there. */
  function beat(isNew: boolean): void {
    cancelBeat();
    const config = parts.config();
    if (isStopped || !config) return;
    const wanted = keepingsOf(config, parts.views(), used);
    keepings = shareLimits(wanted, (root) => archives.get(root)?.held() ?? []);
    for (const root of keepings.keys()) archiveOf(root);
    for (const [root, archive] of archives) archive.beat(keepings.get(root), isNew);
    cancelBeat = clock.after(isNew ? FIRST_BEAT_MS : BEAT_EVERY_MS, () => beat(false));
  }

  function isContinuous(stream: string, output: string): boolean {
    return [...keepings.values()].some(({ outputs }) =>
      outputs.some((each) => each.stream === stream && each.output === output && each.isContinuous),
    );
  }

  function archiveFor(path: string): Archive | undefined {
    const root = parts
      .config()
      ?.streams.flatMap(clipRoots)
      .find((each) => !keepings.has(each) && isBelow(each, path));
    if (root !== undefined && !isStopped) {
      used.add(root);
      beat(true);
    }
    return [...archives.values()].find((archive) => isBelow(archive.root, path));
  }

  /** The root that the last file of the output went to, else its first. */
  function targetOf(stream: string): ArchiveTarget {
    const last = new Map<string, Archive>();
    const firstOf = (output: string) =>
      [...keepings.values()].find(({ outputs }) => outputs.some((o) => o.stream === stream && o.output === output));
    return {
      recording(path, recording) {
        const archive = archiveFor(path);
        if (!archive) return;
        last.set(recording.output, archive);
        archive.remember({ is: "recording", recording: { ...recording, path: relative(archive.root, path) } });
      },
      gap(gap, isBetter) {
        const first = firstOf(gap.output);
        const archive = last.get(gap.output) ?? (first && archiveOf(first.root));
        archive?.remember({ is: "gap", gap, isBetter });
      },
      writerGone() {
        if (!isStopped) for (const archive of archives.values()) archive.lookSoon();
      },
    };
  }

  function askedArchives(): Archive[] {
    for (const root of parts.config()?.recordings.roots ?? [])
      if (!archives.has(root)) archiveOf(root).beat(undefined, true);
    return [...archives.values()];
  }

  return {
    apply: () => beat(true),
    listen: (stream, history) =>
      withArchive({
        stream,
        history,
        target: targetOf(stream),
        isContinuous: (output) => isContinuous(stream, output),
      }),
    roots: () => [...keepings.keys()].flatMap((root) => archives.get(root)?.status() ?? []).filter(isLookedAt),
    async find(query) {
      const asked = askedArchives().map(async (archive) => {
        const answer = await archive.find(widened(query));
        return answer.ok
          ? { path: archive.root, findings: answer.value, problem: null }
          : { path: archive.root, findings: undefined, problem: `${answer.why}.` };
      });
      return answerOf({ roots: await Promise.all(asked), query, now: clock.now(), isWanted: isContinuous });
    },
    async reindex() {
      const answers = await Promise.all(
        askedArchives().map(async (archive) => ({ archive, answer: await archive.reindex() })),
      );
      const failed = answers.find(({ answer }) => !answer.ok);
      if (failed && !failed.answer.ok) return { ok: false, message: `${failed.answer.why}.` };
      const count = answers.reduce((sum, { answer }) => sum + (answer.ok ? answer.value : 0), 0);
      const files = `${count} ${count === 1 ? "recording is" : "recordings are"} known from before`;
      return { ok: true, message: `Every file is looked into again, in the background; ${files}.` };
    },
    async stop() {
      isStopped = true;
      cancelBeat();
      await Promise.all([...archives.values()].map((archive) => archive.stop()));
    },
  };
}

/** Or it is known why not. */
function isLookedAt({ freeBytes, archive, indexProblem }: RootStatus): boolean {
  return freeBytes !== null || archive.state !== "ok" || indexProblem !== null;
}
