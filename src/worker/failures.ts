/**
 * Says what a worker's observations mean: the protocol's `failure` objects and the way a process ended become one of
 * the classes of src/failure.ts. What rtspsrc really posts is recorded in test/worker/fixtures/rtspsrc-1.22.json.
 */

import type { Failure, FailureClass } from "../failure.js";
import { redact } from "../report/redact.js";
import { FAILURE_TEXTS, ORIGIN_HINT } from "./failure-texts.js";
import { classOfGstError, type FailureOrigin } from "./gst-errors.js";
import { meaningOfStatus } from "./rtsp-status.js";
import type { WireFailure } from "./wire.js";
import type { AppliedLimits, WorkerExit } from "./worker.js";

/** A failure of that class with its usual words; `particular` replaces them where more is known. */
export function failureOf(
  failureClass: FailureClass,
  particular: { readonly message?: string; readonly hint?: string; readonly detail?: string | undefined } = {},
): Failure {
  const { message, hint } = { ...FAILURE_TEXTS[failureClass], ...particular };
  const detail = particular.detail ? redact(particular.detail) : undefined;
  return { class: failureClass, message: redact(message), hint, ...(detail ? { detail } : {}) };
}

export function failureFromWorker(wire: WireFailure, origin: FailureOrigin): Failure {
  const detail = detailOf(wire);
  switch (wire.reason) {
    case "error":
      return failureFromGstError(wire, origin);
    case "disk":
      return failureOf(DISK_FAILURES[wire.code ?? 0] ?? "recordingFailed", { detail });
    case "tap":
      return failureOf("tapFailed", { detail, ...said(wire) });
    case "endOfStream":
      return failureOf("endOfStream", { detail, ...ofOrigin(wire, origin) });
    case "fileEnded":
      return failureOf("fileEnded", { detail });
    case "unsupportedEncoding":
      return failureOf("unsupportedEncoding", { detail, ...said(wire) });
    case "noTracks":
      return failureOf(origin === "file" ? "fileUnusable" : "unsupportedEncoding", { detail, ...said(wire) });
    case "firstFrameTimeout":
      return failureOf("stalled", {
        detail,
        ...ofOrigin(wire, origin),
        message: "The source connected, but sent no picture in time.",
      });
    case "noKeyframe":
      return failureOf("corruptMedia", { detail, ...NO_KEYFRAME });
    case "rtspStatus":
      return failureFromStatus(wire);
    case "connectTimeout":
    case "dnsFailed":
    case "refused":
    case "unreachable":
    case "reset":
    case "tlsFailed":
    case "protocolError":
    case "corruptMedia":
      return failureOf(wire.reason, { detail, ...ofOrigin(wire, origin) });
    case "pipelineInvalid":
      return failureOf("pipelineInvalid", { detail, ...said(wire) });
    default:
      return failureOf("internal", { detail: `${wire.reason}: ${detail ?? "no details"}` });
  }
}

/** The usual words speak of a camera; of another stream the worker says itself what is wrong. */
function ofOrigin(wire: WireFailure, origin: FailureOrigin): { message?: string; hint?: string } {
  if (origin !== "stream") return {};
  return {
    ...said(wire),
    hint: ORIGIN_HINT,
  };
}

const NO_KEYFRAME = {
  message: "The source sends pictures, but no keyframes.",
  hint: "Set a keyframe interval of 1 to 4 seconds in the camera, or raise timeouts.firstFrame; over UDP, try `transport: tcp`.",
};

function failureFromStatus(wire: WireFailure): Failure {
  const meaning = wire.code === undefined ? undefined : meaningOfStatus(wire.code);
  return failureOf(meaning?.class ?? "protocolError", { ...meaning?.text, detail: detailOf(wire) });
}

function failureFromGstError(wire: WireFailure, origin: FailureOrigin): Failure {
  if (wire.domain === undefined) return failureOf(origin === "file" ? "fileUnusable" : "internal", { ...said(wire) });
  const found = classOfGstError(wire, origin === "unknown" ? guessOrigin(wire) : origin);
  // Only GStreamer's own errors come with a debug text; the others are the worker's sentences.
  const words = wire.debug === undefined ? said(wire) : found.text;
  return failureOf(found.class, { ...words, detail: detailOf(wire) });
}

/** An adopting supervisor may not know what the worker was told to read. */
function guessOrigin({ debug = "" }: WireFailure): FailureOrigin {
  if (/gst\/(rtsp|rtpmanager|udp|rtp)\//.test(debug)) return "rtsp";
  if (/gstfilesrc|qtdemux|matroska-demux/.test(debug)) return "file";
  return "unknown";
}

/** By GStreamer's resource error. */
const DISK_FAILURES: Readonly<Record<number, FailureClass>> = {
  3: "diskMissing", // NOT_FOUND
  4: "diskSlow", // BUSY
  6: "diskReadOnly", // OPEN_WRITE
  14: "diskFull", // NO_SPACE_LEFT
  15: "diskDenied", // NOT_AUTHORIZED
};

const DETAIL_LIMIT = 2000;

function detailOf({ domain, code, element, message, debug }: WireFailure): string | undefined {
  const where = domain === undefined ? undefined : `${domain} ${code ?? ""}`.trim();
  const parts = [element, where, message, debug].filter((part) => part !== undefined && part !== "");
  return parts.length > 0 ? parts.join(": ").slice(0, DETAIL_LIMIT) : undefined;
}

const MESSAGE_LIMIT = 300;

/** Sentences that the worker itself wrote, for people, are better than the usual words of their class. */
function said({ message }: WireFailure): { message: string } | undefined {
  const text = message?.trim().slice(0, MESSAGE_LIMIT) ?? "";
  if (text === "") return undefined;
  return { message: /[.!?]$/.test(text) ? text : `${text}.` };
}

/** The code a shell and the shim end with when a program cannot be executed. */
const CANNOT_EXECUTE = 127;

export interface EndedProcess {
  readonly exit: WorkerExit;
  readonly program: "worker" | "command";
  readonly limits: AppliedLimits;
  /** The last lines it wrote. */
  readonly lastLines: readonly string[];
  /** What it reported before; explains the end of a command. */
  readonly reported?: Failure | undefined;
}

/** Why a process is gone. Also an ordered end gets one; its owner knows that it asked for it. */
export function failureFromExit({ exit, program, limits, lastLines, reported }: EndedProcess): Failure {
  const detail = lastLines.join("\n").slice(-DETAIL_LIMIT);
  if (ranOutOfMemory(exit, limits, detail)) return failureOf("outOfMemory", { detail, ...memoryText(limits) });
  if (exit.code === CANNOT_EXECUTE) return cannotExecute(program, detail);
  if (program === "command")
    return reported ?? failureOf("commandFailed", { detail, message: `The command ${ending(exit)}.` });
  return failureOf("workerCrashed", { detail, message: `The worker ${ending(exit)}.` });
}

/** Where RLIMIT_DATA is the limit, GLib ends the process itself when an allocation fails. */
function ranOutOfMemory(exit: WorkerExit, limits: AppliedLimits, lastWords: string): boolean {
  return exit.oomKills > 0 || (limits.memoryBy === "rlimit" && /failed to allocate|out of memory/i.test(lastWords));
}

function memoryText({ memoryBytes }: AppliedLimits): { message: string } | undefined {
  if (memoryBytes === null) return undefined;
  return { message: `The worker needed more than its memory limit of ${Math.round(memoryBytes / 1e6)} MB.` };
}

function cannotExecute(program: "worker" | "command", detail: string): Failure {
  if (program === "command") return failureOf("commandFailed", { detail, message: "The command cannot be executed." });
  return failureOf("internal", {
    detail,
    message: "dslrs-worker cannot be executed.",
    hint: "Build it: `npm run build`; `dslrs doctor` says what is missing.",
  });
}

function ending({ code, signal }: WorkerExit): string {
  if (signal !== null) return `was killed by ${signal}`;
  return code === null ? "is gone, nobody saw how" : `ended with code ${code}`;
}
