/**
 * What a stream has of its worker: starts or adopts it, gives it orders, and keeps `spec.json` true to what it does. One link serves
 * all lives of a stream's workers; there is at most one at a time.
 */

import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import type { Access, OutputConfig, SourceConfig, StreamConfig, TapOutput } from "../config/model.js";
import { tapPath } from "../config/tap-paths.js";
import type { Failure } from "../failure.js";
import { planStream, type StreamStep } from "../policy/plan.js";
import type { OutputSpec, StreamSpec } from "../policy/spec.js";
import type { Effect, Fit, StartIngest } from "../policy/states.js";
import type { Log } from "../report/log.js";
import { instanceOf } from "../worker/bundle.js";
import { failureOf } from "../worker/failures.js";
import {
  type LaunchRequest,
  NotLaunched,
  type OutputOrder,
  type OutputPicture,
  type SourceOrder,
  type Worker,
  type WorkerEvent,
  type Workers,
} from "../worker/worker.js";
import { notWritten } from "./files.js";
import { createKeptFile } from "./kept-file.js";
import { readSpec, specPath, specText } from "./spec-file.js";
import type { Clock } from "./stream.js";

export interface Wanted {
  readonly config: StreamConfig;
  readonly spec: StreamSpec;
}

type StopOrder = Extract<Effect, { do: "stopWorker" }>;

export interface LinkParts {
  readonly workers: Workers;
  /** Absolute. */
  readonly bundle: string;
  readonly orphanGraceSeconds: number;
  readonly log: Log;
  readonly clock: Clock;
  readonly wanted: () => Wanted;
  /** `worker` is the life that it comes from. */
  readonly onEvent: (worker: number, event: WorkerEvent) => void;
  /** Nothing was started. */
  readonly onLaunchFailed: (worker: number, failure: Failure) => void;
  /** Only a new process could have the wanted limits. */
  readonly onLimitsRefused: (why: string) => void;
  readonly onIngestRefused: (order: StartIngest, failure: Failure) => void;
  readonly onOutputRefused: (output: OutputSpec, failure: Failure) => void;
  /** A living worker that an earlier supervisor left, with these outputs. */
  readonly onAdopted: (outputs: readonly OutputConfig[]) => void;
}

export interface Link {
  /** The living worker, if there is one. */
  worker(): Worker | undefined;
  launch(worker: number): void;
  /** Ends what was launched last. Its `exited` follows, or `onLaunchFailed`. */
  stop(order: StopOrder): Promise<void>;
  startIngest(order: StartIngest): void;
  /** Compares what an adopted worker does with what is wanted; forgets outputs that it does not have. */
  compare(outputs: readonly OutputPicture[]): Fit;
  /** Brings the outputs and limits of a connected worker to what is wanted. */
  sync(): void;
  /** Another stream's worker was sent a wrong password from that address. */
  countGuess(address: string): void;
  detach(): void;
}

export function createLink(parts: LinkParts): Link {
  const { workers, bundle, log, clock, wanted } = parts;
  const specFile = createKeptFile({ path: specPath(bundle), outdated: "goes", clock, log });
  let living: Worker | undefined;
  let launching: Promise<Worker | undefined> = Promise.resolve(undefined);
  /** What the living worker does. */
  let applied: StreamSpec = idleSpec(wanted().spec);
  /** An adopted worker without a readable `spec.json` does nobody knows what. */
  let isKnown = true;

  const apply = (change: Partial<StreamSpec>) => {
    applied = { ...applied, ...change };
    specFile.write(specText(applied));
  };

  async function begin(life: number): Promise<Worker | undefined> {
    const request = launchRequest(wanted(), parts);
    const listener = (event: WorkerEvent) => {
      if (event.type === "exited") {
        living = undefined;
        specFile.rest();
      }
      parts.onEvent(life, event);
    };
    makeBundle(bundle);
    const before = readSpec(bundle);
    living = await workers.adopt(asItWas(request, before), listener);
    isKnown = !living || before !== undefined;
    if (living) {
      log.info(`goes on in the living worker ${living.identity.pid}`);
      applied = before ?? idleSpec(wanted().spec);
      parts.onAdopted(applied.outputs);
      return living;
    }
    apply(idleSpec(wanted().spec));
    living = await workers.launch(request, listener);
    return living;
  }

  function sendOutput(step: StreamStep): void {
    const worker = living;
    if (!worker || !("output" in step)) return;
    const others = applied.outputs.filter((output) => output.id !== step.output);
    const { config, spec } = wanted();
    const output = spec.outputs.find((candidate) => candidate.id === step.output);
    if (step.step === "removeOutput" || !output) {
      apply({ outputs: others });
      worker.send({ type: "removeOutput", id: step.output }).catch((error) => log.warn(`${step.sentence}: ${error}`));
      return;
    }
    apply({ outputs: [...others, output] });
    worker
      .send({
        type: "addOutput",
        output: outputOrder(output, { bundle, stream: applied.name, access: accessOf(config) }),
      })
      .catch((error: unknown) => {
        if (living !== worker) return;
        apply({ outputs: applied.outputs.filter((candidate) => candidate !== output) });
        parts.onOutputRefused(output, orderFailure(error));
      });
  }

  async function setLimits(): Promise<void> {
    const { limits } = wanted().spec;
    const worker = living;
    const change = await worker?.setLimits(limits);
    if (living !== worker) return;
    if (change?.ok) apply({ limits });
    else if (change) parts.onLimitsRefused(change.message);
  }

  return {
    worker: () => living,
    launch(life) {
      launching = begin(life).catch((error: unknown) => {
        specFile.rest();
        parts.onLaunchFailed(life, launchFailure(error));
        return undefined;
      });
    },
    async stop({ graceMs, abort }) {
      const worker = await launching;
      await (abort ? worker?.abort(graceMs) : worker?.terminate(graceMs));
    },
    startIngest(order) {
      const { config, spec } = wanted();
      if (!living || config.kind !== "media") return;
      if ("unreadable" in config.source && config.source.unreadable !== undefined) {
        parts.onIngestRefused(order, unreadableFailure(config.source.unreadable));
        return;
      }
      const { ingest: life, replace, connectMs, firstFrameMs, suspectMs, retryMs } = order;
      const source = sourceOrder(config.source, order.credential);
      apply({ program: spec.program });
      living
        .send({ type: "startIngest", life, source, replace, connectMs, firstFrameMs, suspectMs, retryMs })
        .catch((error: unknown) => parts.onIngestRefused(order, orderFailure(error)));
    },
    compare(outputs) {
      const ids = new Set(outputs.map((output) => output.id));
      const known = applied.outputs.filter((output) => ids.has(output.id)).map(withAccessInDoubt);
      const strays = outputs.filter((output) => !known.some(({ id }) => id === output.id)).map(strayOutput);
      apply({ outputs: [...known, ...strays] });
      return isKnown ? fitOf(planStream(applied, wanted().spec)) : "otherWorker";
    },
    sync() {
      for (const step of planStream(applied, wanted().spec)) {
        if (step.step === "setLimits") setLimits().catch((error: unknown) => log.error(String(error)));
        else sendOutput(step);
      }
    },
    countGuess(address) {
      // One that cannot be told counts for itself.
      if (applied.program.kind === "worker") living?.send({ type: "countGuess", address }).catch(() => {});
    },
    detach() {
      specFile.rest();
      living?.detach();
    },
  };
}

function launchRequest({ config }: Wanted, parts: LinkParts): LaunchRequest {
  const { name, limits } = config;
  const program =
    config.kind === "command" ? ({ kind: "command", argv: config.argv } as const) : ({ kind: "worker" } as const);
  return { name, bundle: parts.bundle, program, limits, orphanGraceSeconds: parts.orphanGraceSeconds };
}

/** A living process is spoken to as what it is, also where something else is wanted. */
function asItWas(request: LaunchRequest, before: StreamSpec | undefined): LaunchRequest {
  if (!before || before.program.kind === request.program.kind) return request;
  const program =
    before.program.kind === "command" ? ({ kind: "command", argv: [] } as const) : ({ kind: "worker" } as const);
  return { ...request, program };
}

function fitOf(steps: readonly StreamStep[]): Fit {
  if (steps.some(({ step }) => step === "restartWorker")) return "otherWorker";
  return steps.some(({ step }) => step === "restartIngest") ? "otherSource" : "asWanted";
}

/** A worker that was just started has no ingest and no outputs; a command does all it will ever do. */
function idleSpec(wanted: StreamSpec): StreamSpec {
  const { program } = wanted;
  return { ...wanted, program: program.kind === "command" ? program : { ...program, fingerprint: "" }, outputs: [] };
}

/** A supervisor that died may have written down an edit that never reached the worker: who may watch is said once more. */
function withAccessInDoubt(output: OutputSpec): OutputSpec {
  return output.access === undefined ? output : { ...output, access: "" };
}

/** An output of an adopted worker that `spec.json` does not know: kept with settings that equal no wanted ones. */
function strayOutput({ id, kind }: OutputPicture): OutputConfig {
  if (kind === "rtsp") return { id, kind, mount: "", fallback: "none", slowViewerMs: -1 };
  if (kind === "tap") return { id, kind, path: "", mode: 0, group: null };
  const limits = { rotateEveryMs: -1, rotateBytes: -1, rotateAligned: false, keepMs: 0, keepBytes: 0 };
  return { id, kind, format: "mkv", roots: [], path: "", ...limits, fileMode: 0, directoryMode: 0, event: null };
}

/** With the one set of credentials whose turn it is. */
function sourceOrder(source: SourceConfig, credential: number): SourceOrder {
  if (source.kind !== "rtsp") return source;
  const { credentials, ...rest } = source;
  return { ...rest, ...credentials[credential % Math.max(1, credentials.length)] };
}

function accessOf(config: StreamConfig): Access | undefined {
  return config.kind === "media" ? config.access : undefined;
}

interface OutputOwner {
  readonly bundle: string;
  readonly stream: string;
  readonly access: Access | undefined;
}

/** Secrets travel only here: of who may watch, the spec holds the fingerprint. */
function outputOrder(output: OutputSpec, owner: OutputOwner): OutputOrder {
  if (output.kind === "rtsp") {
    const { access: _, ...served } = output;
    return { ...served, ...(owner.access && { access: owner.access }) };
  }
  if (output.kind === "tap") return tapOrder(output, owner);
  const { id, kind, format, roots, path, fileMode: mode, directoryMode, event } = output;
  const limits = { everyMs: output.rotateEveryMs, align: output.rotateAligned, bytes: output.rotateBytes };
  const trigger = event && { preMs: event.preMs, mostMs: event.mostMs, preBytes: event.preBytes };
  return { id, kind, format, roots, path, ...limits, mode, directoryMode, ...(trigger && { trigger }) };
}

function tapOrder(tap: TapOutput, { bundle, stream }: OutputOwner): OutputOrder {
  const { id, kind, mode, group } = tap;
  const path = resolve(instanceOf(bundle), tapPath(stream, tap));
  return { id, kind, path, mode, ...(group !== null && { group }) };
}

function makeBundle(bundle: string): void {
  try {
    mkdirSync(bundle, { recursive: true, mode: 0o700 });
  } catch (error) {
    const hint = "Make room in the runtime directory; the worker is started when there is some.";
    throw new NotLaunched(failureOf("internal", { message: notWritten(bundle, error), hint }));
  }
}

function launchFailure(error: unknown): Failure {
  if (error instanceof NotLaunched) return error.failure;
  return failureOf("internal", {
    message: "The worker could not be started.",
    hint: "Run `dslrs doctor`; it names what is missing.",
    detail: String(error),
  });
}

/** Another try would find the same: what mends it counts as an edit. */
function unreadableFailure(message: string): Failure {
  return failureOf("pipelineInvalid", { message, hint: "Mend that file; the stream then starts by itself." });
}

function orderFailure(error: unknown): Failure {
  return failureOf("internal", {
    message: "The worker refused an order.",
    detail: error instanceof Error ? error.message : String(error),
  });
}
