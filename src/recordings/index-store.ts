/** What the database of an index is asked and told. What it throws is of SQLite, and for `index.ts` to judge. */

import type { Database } from "better-sqlite3";
import type { Gap, Recording, RecordingsQuery, RootFindings } from "./recording.js";

/** Of the files of an output: what a path template is for. */
export interface KnownLayout {
  readonly stream: string;
  readonly output: string;
  readonly template: string;
}

export interface KnownPath {
  readonly path: string;
  readonly isOpen: boolean;
}

export interface IndexStore {
  /** A new one, or all that is known of it now. Ends the gap before it. */
  put(recording: Recording): void;
  get(path: string): Recording | undefined;
  remove(paths: readonly string[]): void;
  /** Since `from` nothing is recorded; another class ends the gap before. One that is known already stays. */
  openGap(gap: Omit<Gap, "to">): void;
  /** Of the open gap that is known: a better reason for it. */
  explainGap(gap: Omit<Gap, "to">): void;
  paths(stream: string, output: string): KnownPath[];
  layouts(): KnownLayout[];
  addLayout(layout: KnownLayout): void;
  find(query: RecordingsQuery): RootFindings;
  /** All of another one, where this one does not know better. */
  takeFrom(other: IndexStore): void;
  count(): number;
  close(): void;
}

type Row = Omit<Recording, "isOpen" | "encodings" | "continues"> & {
  readonly isOpen: 0 | 1;
  readonly encodings: string;
  readonly continues: 0 | 1 | null;
};

type GapRow = Omit<Gap, "from" | "to"> & { readonly fromMs: number; readonly toMs: number | null };

const WHO = "(:stream IS NULL OR stream = :stream) AND (:output IS NULL OR output = :output)";

export function createIndexStore(database: Database): IndexStore {
  const put = database.prepare<[Row]>(`
    INSERT OR REPLACE INTO recordings
    VALUES (:path, :stream, :output, :startedAt, :endedAt, :isOpen, :durationMs, :bytes, :frames, :keyframes, :encodings, :reason, :continues)`);
  const get = database.prepare<[string], Row>("SELECT * FROM recordings WHERE path = ?");
  const remove = database.prepare<[string]>("DELETE FROM recordings WHERE path = ?");
  const endGap = database.prepare(
    "UPDATE gaps SET toMs = max(fromMs, ?) WHERE stream = ? AND output = ? AND toMs IS NULL AND fromMs <= ?",
  );
  const openGapOf = database.prepare<[string, string], GapRow>(
    "SELECT * FROM gaps WHERE stream = ? AND output = ? AND toMs IS NULL ORDER BY fromMs DESC LIMIT 1",
  );
  const putGap = database.prepare<[GapRow]>(
    "INSERT OR REPLACE INTO gaps VALUES (:stream, :output, :fromMs, :toMs, :class, :sentence)",
  );
  const paths = database.prepare<[string, string], { path: string; isOpen: 0 | 1 }>(
    "SELECT path, isOpen FROM recordings WHERE stream = ? AND output = ?",
  );
  const layouts = database.prepare<[], KnownLayout>("SELECT * FROM layouts");
  const addLayout = database.prepare<[KnownLayout]>(
    "INSERT OR IGNORE INTO layouts VALUES (:stream, :output, :template)",
  );
  const find = database.prepare<[Record<string, unknown>], Row>(`
    SELECT * FROM recordings
    WHERE ${WHO} AND startedAt < :to AND (endedAt IS NULL OR endedAt > :from)
    ORDER BY stream, output, startedAt, path`);
  const findGaps = database.prepare<[Record<string, unknown>], GapRow>(`
    SELECT * FROM gaps
    WHERE ${WHO} AND fromMs < :to AND (toMs IS NULL OR toMs > :from)
    ORDER BY stream, output, fromMs`);
  const count = database.prepare<[], number>("SELECT count(*) FROM recordings").pluck();

  function putRecording(recording: Recording): void {
    put.run(rowOf(recording));
    endGap.run(recording.startedAt, recording.stream, recording.output, recording.startedAt);
  }

  function findAll(query: RecordingsQuery): RootFindings {
    const { stream = null, output = null, from = 0, to = Number.MAX_SAFE_INTEGER } = query;
    const about = { stream, output, from, to };
    return { recordings: find.all(about).map(recordingOf), gaps: findGaps.all(about).map(gapOf) };
  }

  return {
    put: database.transaction(putRecording),
    get(path) {
      const row = get.get(path);
      return row && recordingOf(row);
    },
    remove: database.transaction((all: readonly string[]) => {
      for (const path of all) remove.run(path);
    }),
    openGap: database.transaction((gap: Omit<Gap, "to">) => {
      const open = openGapOf.get(gap.stream, gap.output);
      if (open && (open.class === gap.class || open.fromMs > gap.from)) return;
      endGap.run(gap.from, gap.stream, gap.output, gap.from);
      putGap.run({ ...gapRowOf(gap), toMs: null });
    }),
    explainGap: database.transaction((gap: Omit<Gap, "to">) => {
      const open = openGapOf.get(gap.stream, gap.output);
      putGap.run({ ...gapRowOf(gap), fromMs: open?.fromMs ?? gap.from, toMs: null });
    }),
    paths: (stream, output) => paths.all(stream, output).map(({ path, isOpen }) => ({ path, isOpen: isOpen === 1 })),
    layouts: () => layouts.all(),
    addLayout: (layout) => void addLayout.run(layout),
    find: findAll,
    takeFrom: database.transaction((other: IndexStore) => {
      const { recordings, gaps } = other.find({});
      for (const recording of recordings) put.run(rowOf(recording));
      for (const gap of gaps) putGap.run({ ...gapRowOf(gap), toMs: gap.to });
      for (const layout of other.layouts()) addLayout.run(layout);
    }),
    count: () => count.get() ?? 0,
    close: () => void database.close(),
  };
}

function rowOf(recording: Recording): Row {
  const { isOpen, encodings, continues } = recording;
  return {
    ...recording,
    isOpen: isOpen ? 1 : 0,
    encodings: encodings.join(","),
    continues: continues === null ? null : continues ? 1 : 0,
  };
}

function recordingOf(row: Row): Recording {
  const { isOpen, encodings, continues } = row;
  return {
    ...row,
    isOpen: isOpen === 1,
    encodings: encodings === "" ? [] : encodings.split(","),
    continues: continues === null ? null : continues === 1,
  };
}

function gapRowOf({ from, ...gap }: Omit<Gap, "to">): Omit<GapRow, "toMs"> {
  const { stream, output, class: gapClass, sentence } = gap;
  return { stream, output, class: gapClass, sentence, fromMs: from };
}

function gapOf({ fromMs, toMs, ...gap }: GapRow): Gap {
  return { ...gap, from: fromMs, to: toMs };
}
