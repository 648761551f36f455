/**
 * Records the events of one stream when somebody says so: triggers its outputs for events, or adds one for the purpose, which goes when the
 * event is over. A worker that is started anew meanwhile goes on with them, and so does a supervisor: what `spec.json` says of such an
 * output tells until when.
 */

import type { MediaStream, OutputConfig, RecordOutput, StreamConfig } from "../config/model.js";
import type { StreamSpec } from "../policy/spec.js";
import type { Worker, WorkerEvent } from "../worker/worker.js";
import type { RecordedEvent, RecordRequest, RecordResult } from "./control.js";
import type { Clock } from "./stream.js";

export interface EventRecorderParts {
  readonly config: () => StreamConfig;
  /** The one that takes orders, if there is one. */
  readonly worker: () => Worker | undefined;
  /** What is wanted of it changed. */
  readonly onChange: () => void;
  readonly clock: Clock;
}

export interface EventRecorder {
  /** `isAway`: the source sends nothing now. */
  record(request: RecordRequest, isAway: boolean): Promise<RecordResult>;
  /** What is wanted of the worker, with the output for an event where there is one now. */
  wanted(spec: StreamSpec): StreamSpec;
  see(event: WorkerEvent): void;
  /** The outputs of a worker that an earlier supervisor left. */
  adopted(outputs: readonly OutputConfig[]): void;
  /** The worker has its outputs: events that it does not know of go on. */
  resume(): void;
  close(): void;
}

type EventOutput = RecordOutput & { readonly event: NonNullable<RecordOutput["event"]> };

interface Going {
  readonly endsAt: number;
  readonly preMs: number | null;
  /** That knows of it. */
  worker: Worker | undefined;
}

interface OpenFile {
  readonly path: string;
  /** ms since 1970; unknown of a file that an earlier supervisor saw begin. */
  readonly startedAt: number | null;
}

/** An event ends at a keyframe, up to 5 s late; its file is closed then. */
const LATE_MS = 8_000;
/** With a source that sends, a file is there at once. */
const OPENED_MS = 2_000;

export function createEventRecorder(parts: EventRecorderParts): EventRecorder {
  const { clock } = parts;
  const going = new Map<string, Going>();
  const open = new Map<string, OpenFile>();
  const openWaiters = new Set<() => void>();
  let clip: EventOutput | undefined;
  let cancelClip = () => {};

  function keepClip(output: EventOutput, endsAt: number): void {
    clip = { ...output, event: { ...output.event, endsAt } };
    cancelClip();
    cancelClip = clock.after(Math.max(0, endsAt + LATE_MS - clock.now()), dropClip);
  }

  function dropClip(): void {
    cancelClip();
    clip = undefined;
    parts.onChange();
  }

  /** Resolves with what the worker had to object, by output. */
  async function trigger(): Promise<Map<string, string>> {
    const worker = parts.worker();
    const objections = new Map<string, string>();
    const orders = [...going].flatMap(([id, event]) => {
      const forMs = event.endsAt - clock.now();
      if (forMs <= 0) going.delete(id);
      if (!worker || forMs <= 0 || event.worker === worker) return [];
      // What was before is in the file of the worker that is gone.
      const preMs = event.worker ? 0 : event.preMs;
      event.worker = worker;
      const order = { type: "trigger", id, forMs, ...(preMs !== null && { preMs }) } as const;
      return worker.send(order).catch((error: unknown) => {
        event.worker = undefined;
        objections.set(id, error instanceof Error ? error.message : String(error));
      });
    });
    await Promise.all(orders);
    return objections;
  }

  function opened(id: string): Promise<OpenFile | undefined> {
    return new Promise((resolve) => {
      const look = () => {
        if (!open.has(id)) return;
        finish();
      };
      const finish = () => {
        cancel();
        openWaiters.delete(look);
        resolve(open.get(id));
      };
      const cancel = clock.after(OPENED_MS, finish);
      openWaiters.add(look);
      look();
    });
  }

  function begin(output: EventOutput, { forMs, preMs }: RecordRequest): void {
    const before = going.get(output.id)?.endsAt ?? 0;
    const endsAt = Math.max(before, clock.now() + forMs + output.event.postMs);
    going.set(output.id, { endsAt, preMs, worker: undefined });
    if (parts.config().kind === "media" && !isConfigured(parts.config(), output.id)) {
      keepClip(preMs === null ? output : { ...output, event: { ...output.event, preMs } }, endsAt);
    }
  }

  async function told(output: EventOutput, askedAt: number, isAway: boolean): Promise<RecordedEvent> {
    const file = isAway ? open.get(output.id) : await opened(output.id);
    const startedAt = file?.startedAt ?? null;
    const latest = (startedAt ?? askedAt) + output.event.mostMs;
    const until = Math.min(going.get(output.id)?.endsAt ?? askedAt, latest);
    return {
      output: output.id,
      path: file?.path ?? null,
      until: new Date(until).toISOString(),
      preRollMs: startedAt === null ? null : Math.max(0, askedAt - startedAt),
    };
  }

  return {
    async record(request, isAway) {
      const config = parts.config();
      const chosen = outputsFor(config, request.output);
      if ("message" in chosen) return { ok: false, ...chosen };
      const askedAt = clock.now();
      for (const output of chosen.outputs) begin(output, request);
      parts.onChange();
      const objections = await trigger();
      for (const [id, message] of objections) {
        going.delete(id);
        return { ok: false, message: `Output ${id} of ${config.name} cannot record now: ${message}` };
      }
      const recordings = await Promise.all(chosen.outputs.map((output) => told(output, askedAt, isAway)));
      return { ok: true, isAway, recordings };
    },
    wanted(spec) {
      if (!clip || spec.outputs.some(({ id }) => id === clip?.id)) return spec;
      return { ...spec, outputs: [...spec.outputs, clip] };
    },
    see(event) {
      if (event.type === "exited") open.clear();
      if (event.type === "connected") {
        open.clear();
        for (const { id, path, state } of event.outputs) {
          if (typeof path === "string" && state !== "waiting") open.set(id, { path, startedAt: null });
        }
      }
      if (event.type !== "report") return;
      const { report } = event;
      if (report.type === "segmentOpened") {
        open.set(report.id, { path: report.path, startedAt: report.startedAt });
        for (const look of openWaiters) look();
      }
      if (report.type !== "segmentClosed") return;
      if (open.get(report.id)?.path === report.path) open.delete(report.id);
      const isOver = report.reason === "event" && (clip?.event.endsAt ?? Infinity) <= clock.now();
      if (isOver && report.id === clip?.id) dropClip();
    },
    adopted(outputs) {
      const left = outputs.filter(isForEvents).find(({ event }) => event.endsAt !== undefined);
      const endsAt = left?.event.endsAt;
      if (!left || endsAt === undefined || endsAt + LATE_MS <= clock.now()) return;
      going.set(left.id, { endsAt, preMs: 0, worker: parts.worker() });
      keepClip(left, endsAt);
    },
    resume() {
      void trigger();
    },
    close() {
      cancelClip();
    },
  };
}

function isForEvents(output: OutputConfig): output is EventOutput {
  return output.kind === "record" && output.event !== null;
}

function isConfigured(config: StreamConfig, id: string): boolean {
  return config.kind === "media" && config.outputs.some((output) => output.id === id);
}

type Chosen = { readonly outputs: readonly EventOutput[] } | { readonly message: string; readonly hint: string };

/** All that are for events; where there are none, the one for the purpose. */
function outputsFor(config: StreamConfig, wanted: string | null): Chosen {
  if (config.kind === "command") {
    return {
      message: `${config.name} is a command: its media are its own.`,
      hint: "Only streams with a source are recorded.",
    };
  }
  const events = config.outputs.filter(isForEvents);
  const outputs = events.length > 0 ? events : [config.clip].filter(isForEvents);
  if (wanted === null) return { outputs };
  const found = outputs.filter(({ id }) => id === wanted);
  return found.length > 0 ? { outputs: found } : noSuchOutput(config, wanted, outputs);
}

function noSuchOutput(config: MediaStream, wanted: string, outputs: readonly EventOutput[]): Chosen {
  const other = config.outputs.find(({ id }) => id === wanted);
  const why = other?.kind === "record" ? "records all the time, not events" : "is no recording";
  const message = other ? `Output ${wanted} of ${config.name} ${why}.` : `${config.name} has no output "${wanted}".`;
  return { message, hint: `Leave --output out, or write ${outputs.map(({ id }) => id).join(" or ")}.` };
}
