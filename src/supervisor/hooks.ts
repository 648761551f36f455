/**
 * `onSegment`, `onViewerJoin`, `onViewerLeave`: tell commands of the user's of every finished recording, and of viewers that come and go.
 * One at a time for the recordings of a stream and one for its viewers, in order, and few for all of them. What becomes of it concerns
 * nobody else: a failure is an event of the stream.
 */

import type { Config, HookCommand, HookName } from "../config/model.js";
import { redact } from "../report/redact.js";
import { within } from "../worker/terminate.js";
import type { WorkerReport } from "../worker/worker.js";
import { type HookRun, runHook } from "./hook-command.js";
import { aboutRecording, aboutViewer, type FinishedRecording } from "./hook-news.js";

export interface HooksParts {
  /** `undefined`: nobody is to be told, or there is no such stream. */
  readonly commandOf: (stream: string, hook: HookName) => HookCommand | undefined;
  readonly onFailure: (stream: string, sentence: string) => void;
}

export interface Hooks {
  /** A file has its final name. Returns at once, and never throws. */
  finished(recording: FinishedRecording): void;
  /** The worker of `stream` says something, which may be that a file has its final name or that a viewer came or went. As above. */
  reported(stream: string, report: WorkerReport, at: number): void;
  /** Waits so long for what is under way, and ends it then. Nothing is run any more. */
  end(graceMs: number): Promise<void>;
}

interface Occasion {
  readonly hook: HookName;
  readonly stream: string;
  readonly about: Readonly<Record<string, string>>;
}

/** Of the recordings of one stream, or of its viewers. */
interface Line {
  readonly waiting: Occasion[];
  run: HookRun | undefined;
}

/** For sentences. */
const WORDS = {
  onSegment: { command: "The command after a recording", many: "recordings" },
  onViewerJoin: { command: "The command for a viewer that joins", many: "viewers" },
  onViewerLeave: { command: "The command for a viewer that leaves", many: "viewers" },
} as const satisfies Record<HookName, unknown>;

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

  function lineOf({ hook, stream }: Occasion): Line {
    const name = `${stream} ${WORDS[hook].many}`;
    const line = lines.get(name) ?? { waiting: [], run: undefined };
    lines.set(name, line);
    return line;
  }

  function goOn(): void {
    for (const [name, line] of [...lines]) {
      if (runs().length >= MOST_AT_ONCE) return;
      if (line.run) continue;
      lines.delete(name);
      const next = nextOf(line);
      if (!next) continue;
      lines.set(name, line); // to the end: the others come first the next time
      start(line, next.command, next.occasion);
    }
    if (lines.size === 0) for (const done of idleWaiters) done();
  }

  /** An edit may have taken commands away meanwhile. */
  function nextOf({ waiting }: Line): { command: HookCommand; occasion: Occasion } | undefined {
    for (let occasion = waiting.shift(); occasion; occasion = waiting.shift()) {
      const command = commandOf(occasion.stream, occasion.hook);
      if (command) return { command, occasion };
    }
    return undefined;
  }

  function start(line: Line, command: HookCommand, { hook, stream, about }: Occasion): void {
    const over = (failure: string | null) => {
      line.run = undefined;
      if (failure !== null) onFailure(stream, redact(`${WORDS[hook].command} failed: ${failure}`));
      goOn();
    };
    line.run = runHook(command, about);
    line.run.failure.then(over, (error: unknown) => over(String(error)));
  }

  function tell(occasion: Occasion): void {
    if (isEnded || !commandOf(occasion.stream, occasion.hook)) return;
    const { waiting } = lineOf(occasion);
    const { command, many } = WORDS[occasion.hook];
    if (waiting.length < LONGEST_LINE) waiting.push(occasion);
    else onFailure(occasion.stream, `${command} was left out: ${LONGEST_LINE} ${many} wait for it.`);
    goOn();
  }

  function finished(recording: FinishedRecording): void {
    tell({ hook: "onSegment", stream: recording.stream, about: aboutRecording(recording) });
  }

  function idle(): Promise<void> {
    if (lines.size === 0) return Promise.resolve();
    return new Promise((resolve) => idleWaiters.add(resolve));
  }

  return {
    finished,
    reported(stream, report, at) {
      if (report.type === "segmentClosed" && report.whole) finished({ ...report, stream, output: report.id });
      if (report.type === "viewerJoined")
        tell({ hook: "onViewerJoin", stream, about: aboutViewer(stream, report, at) });
      if (report.type === "viewerLeft") tell({ hook: "onViewerLeave", stream, about: aboutViewer(stream, report, at) });
    },
    async end(graceMs) {
      isEnded = true;
      if (await within(idle(), graceMs)) return;
      for (const { waiting } of lines.values()) {
        const [first] = waiting;
        if (!first) continue;
        onFailure(first.stream, `${WORDS[first.hook].command} was left out ${waiting.length} times: dslrs stops.`);
        waiting.length = 0;
      }
      for (const run of runs()) run.end();
      goOn();
      await within(idle(), KILL_GRACE_MS);
    },
  };
}

/** What the config says now. */
export function hookOf(config: Config | undefined, stream: string, hook: HookName): HookCommand | undefined {
  const found = config?.streams.find(({ name }) => name === stream);
  return found?.kind === "media" ? found.hooks?.[hook] : undefined;
}
