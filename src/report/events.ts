/**
 * The events of an instance and of its streams: the last of each in memory, and in files of the instance's directory, where the next
 * supervisor finds them: `events.jsonl` for the instance, `events/<stream>.jsonl` for a stream. Those of a removed stream stay, as
 * its log does.
 */

import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../supervisor/stream.js";
import type { EventFields, EventQuery, EventRecord, StreamTally } from "./event.js";
import { openEventFile, readEventFile } from "./event-file.js";
import { eventLine, isSame, parseEventLines, tallyLine, withEvent } from "./event-lines.js";
import { redact } from "./redact.js";

export interface NewEvent extends Pick<EventRecord, "kind" | "message"> {
  /** ms since 1970 */
  readonly at: number;
  readonly fields?: EventFields;
}

export interface EventStore {
  /** The events of a stream, for `null` of the instance. */
  of(stream: string | null): StreamEvents;
  /** Oldest first; `undefined` when nothing is known of the stream that is asked for. */
  read(query: EventQuery): readonly EventRecord[] | undefined;
  /** Resolves at the next event, or when `signal` is aborted. */
  next(signal: AbortSignal): Promise<void>;
  /** Removes the files of streams that were removed long ago. */
  prune(wanted: readonly string[]): void;
  /** Lets go of a stream that is gone; its file stays. */
  forget(stream: string): void;
  /** Writes what is not written yet. */
  flush(): void;
}

export interface StreamEvents {
  /** Oldest first. */
  events(): readonly EventRecord[];
  /** As it was kept last; `undefined`: never. */
  tally(): StreamTally | undefined;
  /** `tally`: what it comes to now. */
  keep(event: NewEvent, tally?: StreamTally): void;
  /** Writes what is not written yet. */
  flush(): void;
}

export interface EventStoreParts {
  /** Of the instance. */
  readonly directory: string;
  readonly clock: Clock;
}

const MESSAGE_LIMIT = 400;
const REMOVED_KEPT_MS = 30 * 86_400_000;
const STREAM_FILE = /^(.+)\.jsonl$/;

export function openEventStore({ directory, clock }: EventStoreParts): EventStore {
  const folder = join(directory, "events");
  const opened = new Map<string | null, StreamEvents>();
  const waiting = new Set<() => void>();
  /** Events of streams that are gone, and so only in files, are not newer. */
  let goneUpTo = clock.now();
  let lastId = 0;

  function open(stream: string | null): StreamEvents {
    const path = eventsPath(directory, stream);
    let { events, tally } = parseEventLines(readEventFile(path));
    lastId = Math.max(lastId, events.at(-1)?.id ?? 0);
    const lines = () => events.map(eventLine);
    const file = openEventFile({ path, clock, lines, sum: () => (tally ? tallyLine(tally) : "") });
    return {
      events: () => events,
      tally: () => tally,
      keep(event, newTally = tally) {
        tally = newTally;
        const record = recordOf(event, stream, events.at(-1));
        events = withEvent(events, record);
        file.append(eventLine(record));
        for (const wake of [...waiting]) wake();
      },
      flush: file.flush,
    };
  }

  function recordOf({ at, ...event }: NewEvent, stream: string | null, last: EventRecord | undefined): EventRecord {
    const { kind } = event;
    const message = clean(event.message);
    const fields = cleanFields(event.fields ?? {});
    const repeated = last && isSame(last, { kind, message, fields }) ? last : undefined;
    const time = new Date(at).toISOString();
    lastId = Math.max(lastId + 1, at);
    return {
      id: lastId,
      at: time,
      stream,
      kind,
      message,
      fields,
      times: (repeated?.times ?? 0) + 1,
      firstAt: repeated?.firstAt ?? time,
    };
  }

  function of(stream: string | null): StreamEvents {
    const known = opened.get(stream) ?? open(stream);
    opened.set(stream, known);
    return known;
  }

  function namesFor({ stream, since }: EventQuery): (string | null)[] {
    if (stream !== undefined) return [stream];
    const names = new Set<string | null>([null, ...opened.keys()]);
    if (since === undefined || since < goneUpTo) for (const name of streamsIn(folder)) names.add(name);
    return [...names];
  }

  return {
    of,
    read(query) {
      const { stream, since, limit } = query;
      if (stream !== undefined && !opened.has(stream) && !streamsIn(folder).includes(stream)) return undefined;
      // Whoever is gone is read from the file.
      const lists = namesFor(query).map((name) => opened.get(name)?.events() ?? readEvents(directory, name));
      return selected(lists, since, limit);
    },
    next: (signal) =>
      new Promise((resolve) => {
        const wake = () => {
          waiting.delete(wake);
          signal.removeEventListener("abort", wake);
          resolve();
        };
        if (signal.aborted) return resolve();
        waiting.add(wake);
        signal.addEventListener("abort", wake);
      }),
    prune(wanted) {
      const removed = streamsIn(folder).filter((name) => !wanted.includes(name));
      for (const name of removed) removeIfOld(eventsPath(directory, name), clock.now() - REMOVED_KEPT_MS);
    },
    forget(stream) {
      const gone = opened.get(stream);
      gone?.flush();
      goneUpTo = Math.max(goneUpTo, gone?.events().at(-1)?.id ?? 0);
      opened.delete(stream);
    },
    flush() {
      for (const events of opened.values()) events.flush();
    },
  };
}

/** What the files tell, so that they can be read when no supervisor runs. */
export function storedEvents(directory: string, { stream, since, limit }: EventQuery): readonly EventRecord[] {
  const names = stream === undefined ? [null, ...streamsIn(join(directory, "events"))] : [stream];
  return selected(
    names.map((name) => readEvents(directory, name)),
    since,
    limit,
  );
}

function readEvents(directory: string, stream: string | null): readonly EventRecord[] {
  return parseEventLines(readEventFile(eventsPath(directory, stream))).events;
}

/** In order of time. */
function selected(
  lists: readonly (readonly EventRecord[])[],
  since: number | undefined,
  limit: number,
): readonly EventRecord[] {
  const found = lists.flatMap((events) => eventsAfter(events, since)).sort((one, other) => one.id - other.id);
  if (limit === 0) return [];
  return since === undefined ? found.slice(-limit) : found.slice(0, limit);
}

function eventsPath(directory: string, stream: string | null): string {
  return stream === null ? join(directory, "events.jsonl") : join(directory, "events", `${stream}.jsonl`);
}

function eventsAfter(events: readonly EventRecord[], since: number | undefined): readonly EventRecord[] {
  if (since === undefined) return events;
  const first = events.findLastIndex(({ id }) => id <= since) + 1;
  return events.slice(first);
}

function clean(text: string): string {
  return redact(text).slice(0, MESSAGE_LIMIT);
}

function cleanFields(fields: EventFields): EventFields {
  const entries = Object.entries(fields).map(([key, value]) => [key, typeof value === "string" ? clean(value) : value]);
  return Object.fromEntries(entries);
}

function streamsIn(folder: string): string[] {
  try {
    return readdirSync(folder).flatMap((file) => STREAM_FILE.exec(file)?.[1] ?? []);
  } catch {
    return [];
  }
}

function removeIfOld(path: string, before: number): void {
  try {
    if (statSync(path).mtimeMs < before) rmSync(path);
  } catch {
    // It stays for the next start.
  }
}
