/**
 * Holds the index together with the files: what a person removed goes from it, what nobody told of is looked into and comes. It works in
 * the background, file by file.
 */

import type { Listing, RecordedFile, UnfinishedFile } from "./catalogue.js";
import { pathOfFile } from "./catalogue.js";
import type { RecordingsIndex } from "./index.js";
import { finalPath } from "./layout.js";
import type { Owner } from "./library.js";
import type { MediaFacts, Mender } from "./mend.js";
import type { Recording } from "./recording.js";

export interface CensusParts {
  readonly index: RecordingsIndex;
  readonly mender: Pick<Mender, "inspect">;
  /** Whether there is a file of that path now, finished or not. */
  readonly isThere: (path: string) => boolean;
  /** Whether somebody writes that unfinished file now. */
  readonly isWritten: (path: string) => boolean;
  readonly isStopped: () => boolean;
}

export interface Census {
  /** Compares what there is of an output with what is known. */
  compare(owner: Owner, listing: Listing | undefined): void;
  /** Whether comparing looks into the files that are known, too. */
  lookIntoAll(isWanted: boolean): void;
  /** Resolves when nothing is left to look into. */
  done(): Promise<void>;
}

interface Found extends Owner {
  readonly file: RecordedFile;
}

export function createCensus({ index, mender, isThere, isWritten, isStopped }: CensusParts): Census {
  const queue = new Map<string, Found>();
  let isAll = false;
  let working: Promise<void> | undefined;

  function compare(owner: Owner, listing: Listing | undefined): void {
    const known = new Map(
      index.use((store) => store.paths(owner.stream, owner.output)).map(({ path, isOpen }) => [path, isOpen]),
    );
    const files = new Map((listing?.files ?? []).map((file) => [pathOfFile(file), file]));
    // One may have been begun or finished, and told of, since the look.
    const gone = [...known.keys()].filter((path) => !files.has(path) && !isThere(path));
    if (gone.length > 0) index.use((store) => store.remove(gone));
    for (const file of listing?.unfinished ?? []) {
      const path = finalPath(file.path);
      // Of one that was begun while no supervisor ran nobody told. An empty one is only made ready, and has another name when it is used.
      if (!file.isNew && file.bytes > 0 && !known.has(path) && isWritten(file.path))
        index.use((store) => store.put(begun(path, owner, file)));
    }
    for (const [path, file] of files) {
      // One that was being written when it was last heard of has ended without a word.
      if (isAll || known.get(path) !== false) queue.set(path, { ...owner, file });
    }
    if (queue.size > 0) working ??= work();
  }

  async function work(): Promise<void> {
    await Promise.resolve();
    for (const [path, found] of queue) {
      if (isStopped()) break;
      queue.delete(path);
      const media = await mender.inspect(path);
      if (!isStopped())
        index.use((store) => store.put(recordingOf(path, found, media.ok ? media : undefined, store.get(path))));
    }
    queue.clear();
    working = undefined;
  }

  return {
    compare,
    lookIntoAll(isWanted) {
      isAll = isWanted;
    },
    done: async () => working,
  };
}

function begun(path: string, { stream, output }: Owner, { startedAt }: UnfinishedFile): Recording {
  const unknown = { endedAt: null, durationMs: null, bytes: null, frames: null, keyframes: null };
  return { stream, output, path, startedAt, isOpen: true, ...unknown, encodings: [], reason: null, continues: null };
}

/** What was told of it before, and is in no file, stays. */
function recordingOf(
  path: string,
  { stream, output, file }: Found,
  media: MediaFacts | undefined,
  before: Recording | undefined,
): Recording {
  const { startedAt, bytes } = file;
  return {
    stream,
    output,
    path,
    startedAt,
    endedAt: media ? startedAt + media.durationMs : (before?.endedAt ?? null),
    isOpen: false,
    durationMs: media?.durationMs ?? before?.durationMs ?? null,
    bytes,
    frames: media?.frames ?? before?.frames ?? null,
    keyframes: media?.keyframes ?? before?.keyframes ?? null,
    encodings: media?.encodings ?? before?.encodings ?? [],
    reason: before?.reason ?? null,
    continues: before?.continues ?? null,
  };
}
