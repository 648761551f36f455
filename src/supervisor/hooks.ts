/**
 * `onSegment`: tells a command of the user's of every finished recording. One at a time for each stream, in order, and few for all of
 * them. What becomes of it concerns nobody else: a failure is an event of the stream.
 */

import type { HookCommand } from "../config/model.js";
import { redact } from "../report/redact.js";
import { within } from "../worker/terminate.js";
import { type HookRun, runHook } from "./hook-command.js";

export interface FinishedRecording {
  readonly stream: string;
  readonly output: string;
  /** Absolute. */
  readonly path: string;
  /** ms since 1970 */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Why it ended, as in `segmentClosed`; `salvaged`: it was left unfinished, and mended later. */
  readonly reason: string;
}

export interface HooksParts {
  /** `undefined`: nobody is to be told, or there is no such stream. */
  readonly commandOf: (stream: string) => HookCommand | undefined;
  readonly onFailure: (stream: string, sentence: string) => void;
}

export interface Hooks {
  /** A file has its final name. Returns at once, and never throws. */
  finished(recording: FinishedRecording): void;
  /** Waits so long for what is under way, and ends it then. Nothing is run any more. */
  end(graceMs: number): Promise<void>;
}

/** Of one stream. */
interface Line {
  readonly waiting: FinishedRecording[];
  run: HookRun | undefined;
}

const LONGEST_LINE = 32;
/** Where all streams begin new files by the clock, all want to tell of them at once. */
const MOST_AT_ONCE = 8;
/** A process that hangs in the kernel is left behind. */
const KILL_GRACE_MS = 1_000;

export function createHooks({ commandOf, onFailure }: HooksParts): Hooks {
  const lines = new Map<string, Line>();
  const idleWaiters = new Set<() => void>();
  let isEnded = false;

  const runs = () => [...lines.values()].flatMap(({ run }) => run ?? []);

  function lineOf(stream: string): Line {
    const line = lines.get(stream) ?? { waiting: [], run: undefined };
    lines.set(stream, line);
    return line;
  }

  function goOn(): void {
    for (const [stream, line] of [...lines]) {
      if (runs().length >= MOST_AT_ONCE) return;
      if (line.run) continue;
      const command = commandOf(stream);
      const next = line.waiting.shift();
      lines.delete(stream);
      if (!next || !command) continue;
      lines.set(stream, line); // to the end: the others come first the next time
      start(line, command, next);
    }
    if (lines.size === 0) for (const done of idleWaiters) done();
  }

  function start(line: Line, command: HookCommand, recording: FinishedRecording): void {
    const over = (failure: string | null) => {
      line.run = undefined;
      if (failure !== null) onFailure(recording.stream, redact(`The command after a recording failed: ${failure}`));
      goOn();
    };
    line.run = runHook(command, aboutOf(recording));
    line.run.failure.then(over, (error: unknown) => over(String(error)));
  }

  function idle(): Promise<void> {
    if (lines.size === 0) return Promise.resolve();
    return new Promise((resolve) => idleWaiters.add(resolve));
  }

  return {
    finished(recording) {
      if (isEnded || !commandOf(recording.stream)) return;
      const { waiting } = lineOf(recording.stream);
      if (waiting.length < LONGEST_LINE) waiting.push(recording);
      else
        onFailure(
          recording.stream,
          `The command after a recording was left out: ${LONGEST_LINE} recordings wait for it.`,
        );
      goOn();
    },
    async end(graceMs) {
      isEnded = true;
      if (await within(idle(), graceMs)) return;
      for (const [stream, { waiting }] of lines) {
        if (waiting.length === 0) continue;
        onFailure(stream, `The command after a recording was left out ${waiting.length} times: dslrs stops.`);
        waiting.length = 0;
      }
      for (const run of runs()) run.end();
      goOn();
      await within(idle(), KILL_GRACE_MS);
    },
  };
}

function aboutOf({ stream, output, path, startedAt, endedAt, reason }: FinishedRecording): Record<string, string> {
  return {
    DSLRS_STREAM: stream,
    DSLRS_OUTPUT: output,
    DSLRS_PATH: path,
    DSLRS_START: new Date(startedAt).toISOString(),
    DSLRS_END: new Date(endedAt).toISOString(),
    DSLRS_REASON: reason,
  };
}
