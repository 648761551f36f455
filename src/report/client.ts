/** Asks a running supervisor over its socket; what goes wrong comes back as a sentence and what to do about it. */

import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import type { RecordingsQuery } from "../recordings/recording.js";
import type { CheckResult, RecordedEvent, RecordRequest } from "../supervisor/control.js";
import type { EventQuery, EventRecord } from "./event.js";
import { instanceDirectory, instanceNames, SOCKET_NAME } from "./instance.js";
import type { RecordingsReport } from "./recordings.js";
import { reachableSocketPath, type SocketPath } from "./socket-path.js";
import type { StatusReport } from "./status.js";
import type { ViewerId, ViewersReport } from "./viewers.js";
import type { WhyReport } from "./why.js";

export interface InstanceAddress {
  readonly runtimeDir: string;
  readonly instance: string;
}

export interface ClientFailure {
  readonly ok: false;
  /** `notRunning`: nobody is there; `refused`: the supervisor said no; `broken`: it is there but did not answer. */
  readonly kind: "notRunning" | "denied" | "refused" | "broken";
  readonly message: string;
  readonly hint: string | null;
}

export type Answered<T> = { readonly ok: true; readonly value: T } | ClientFailure;

interface Question {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: unknown;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

const READ_TIMEOUT_MS = 5_000;
/** A disk may be slow, and the list long. */
const RECORDINGS_TIMEOUT_MS = 15_000;
/** Stopping finishes files and ends processes, each with its own deadline. */
const ORDER_TIMEOUT_MS = 30_000;
/** A worker that is short of CPU has its time to answer. */
const VIEWERS_TIMEOUT_MS = 15_000;
/** A year of recordings of many streams. */
const ANSWER_LIMIT_BYTES = 128 * 1024 * 1024;

export function fetchStatus(address: InstanceAddress): Promise<Answered<StatusReport>> {
  return ask(address, { method: "GET", path: "/v1/status", timeoutMs: READ_TIMEOUT_MS });
}

export function fetchCheck(address: InstanceAddress, configPath: string): Promise<Answered<CheckResult>> {
  return ask(address, { method: "POST", path: "/v1/check", body: { configPath }, timeoutMs: READ_TIMEOUT_MS });
}

export function fetchWhy(address: InstanceAddress, stream: string): Promise<Answered<WhyReport>> {
  return ask(address, {
    method: "GET",
    path: `/v1/streams/${encodeURIComponent(stream)}/why`,
    timeoutMs: READ_TIMEOUT_MS,
  });
}

export function fetchRecordings(
  address: InstanceAddress,
  { stream, output, from, to }: RecordingsQuery,
): Promise<Answered<RecordingsReport>> {
  const given = Object.entries({ stream, output, from, to }).filter(([, value]) => value !== undefined);
  const parameters = new URLSearchParams(Object.fromEntries(given.map(([key, value]) => [key, String(value)])));
  return ask(address, { method: "GET", path: `/v1/recordings?${parameters}`, timeoutMs: RECORDINGS_TIMEOUT_MS });
}

export function orderReindex(address: InstanceAddress): Promise<Answered<{ readonly message: string }>> {
  return ask(address, { method: "POST", path: "/v1/recordings/reindex", timeoutMs: ORDER_TIMEOUT_MS });
}

export interface EventsQuestion extends EventQuery {
  /** How long to wait where there is none yet. */
  readonly waitSeconds?: number;
  /** Ends a wait; the answer is a failure then. */
  readonly signal?: AbortSignal;
}

export async function fetchEvents(
  address: InstanceAddress,
  { stream, since, limit, waitSeconds = 0, signal }: EventsQuestion,
): Promise<Answered<readonly EventRecord[]>> {
  const parameters = new URLSearchParams({ limit: String(limit), wait: String(waitSeconds) });
  if (stream !== undefined) parameters.set("stream", stream);
  if (since !== undefined) parameters.set("since", String(since));
  const answer = await ask<{ readonly events: readonly EventRecord[] }>(address, {
    method: "GET",
    path: `/v1/events?${parameters}`,
    timeoutMs: READ_TIMEOUT_MS + waitSeconds * 1_000,
    ...(signal && { signal }),
  });
  return answer.ok ? { ok: true, value: answer.value.events } : answer;
}

export function orderStream(
  address: InstanceAddress,
  stream: string,
  verb: "pause" | "resume" | "restart",
): Promise<Answered<{ readonly message: string }>> {
  const path = `/v1/streams/${encodeURIComponent(stream)}/${verb}`;
  return ask(address, { method: "POST", path, timeoutMs: ORDER_TIMEOUT_MS });
}

export interface RecordAnswer {
  /** The source sends nothing now. */
  readonly isAway: boolean;
  readonly recordings: readonly RecordedEvent[];
}

export function orderRecord(
  address: InstanceAddress,
  stream: string,
  request: RecordRequest,
): Promise<Answered<RecordAnswer>> {
  const path = `/v1/streams/${encodeURIComponent(stream)}/record`;
  return ask(address, { method: "POST", path, body: request, timeoutMs: ORDER_TIMEOUT_MS });
}

/** `stream` left out: of all. */
export function fetchViewers(address: InstanceAddress, stream?: string): Promise<Answered<ViewersReport>> {
  const parameters = new URLSearchParams(stream === undefined ? {} : { stream });
  return ask(address, { method: "GET", path: `/v1/viewers?${parameters}`, timeoutMs: VIEWERS_TIMEOUT_MS });
}

export function orderKick(
  address: InstanceAddress,
  { stream, viewer }: ViewerId,
): Promise<Answered<{ readonly message: string }>> {
  const path = `/v1/streams/${encodeURIComponent(stream)}/kick`;
  return ask(address, { method: "POST", path, body: { viewer }, timeoutMs: VIEWERS_TIMEOUT_MS });
}

export function orderDown(address: InstanceAddress): Promise<Answered<{ readonly message: string }>> {
  return ask(address, { method: "POST", path: "/v1/down", timeoutMs: ORDER_TIMEOUT_MS });
}

/** The instances below `runtimeDir` whose supervisor takes connections. */
export async function runningInstances(runtimeDir: string): Promise<string[]> {
  const names = instanceNames(runtimeDir);
  const running = await Promise.all(names.map((instance) => accepts({ runtimeDir, instance })));
  return names.filter((_name, index) => running[index]);
}

async function ask<T>(address: InstanceAddress, question: Question): Promise<Answered<T>> {
  const socket = socketOf(address);
  let reachable: SocketPath;
  try {
    reachable = reachableSocketPath(socket);
  } catch (error) {
    return connectionFailure(address, error as NodeJS.ErrnoException);
  }
  try {
    const { status, text } = await exchange(reachable.path, question);
    return readAnswer(socket, status, text);
  } catch (error) {
    return connectionFailure(address, error as NodeJS.ErrnoException);
  } finally {
    reachable.release();
  }
}

function socketOf(address: InstanceAddress): string {
  return join(instanceDirectory(address.runtimeDir, address.instance), SOCKET_NAME);
}

function exchange(socketPath: string, question: Question): Promise<{ status: number; text: string }> {
  const body = question.body === undefined ? "" : JSON.stringify(question.body);
  return new Promise((resolve, reject) => {
    const timeout = AbortSignal.timeout(question.timeoutMs);
    const signal = question.signal ? AbortSignal.any([question.signal, timeout]) : timeout;
    const request = httpRequest(
      {
        socketPath,
        method: question.method,
        path: question.path,
        headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
        agent: false,
        signal,
      },
      (response) => {
        readText(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
      },
    );
    request.on("error", (error) => reject(timeout.aborted ? Object.assign(error, { code: "ETIMEDOUT" }) : error));
    request.end(body);
  });
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > ANSWER_LIMIT_BYTES) throw new Error("the answer is too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function readAnswer<T>(socket: string, status: number, text: string): Answered<T> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { ok: false, kind: "broken", message: `What answers at ${socket} is no dslrs supervisor.`, hint: null };
  }
  if (status === 200) return { ok: true, value: body as T };
  const { error, hint } = body as { error?: string; hint?: string | null };
  return { ok: false, kind: "refused", message: error ?? `The supervisor answered ${status}.`, hint: hint ?? null };
}

async function connectionFailure(address: InstanceAddress, error: NodeJS.ErrnoException): Promise<ClientFailure> {
  const socket = socketOf(address);
  switch (error.code) {
    case "ENOENT":
    case "ENOTDIR":
      return notRunning(address, `No dslrs instance "${address.instance}" is running (there is no ${socket}).`);
    case "ECONNREFUSED":
      return notRunning(
        address,
        `No dslrs instance "${address.instance}" is running (${socket} is left over from one that was killed).`,
      );
    case "EACCES":
    case "EPERM":
      return {
        ok: false,
        kind: "denied",
        message: `You may not talk to the supervisor at ${socket}.`,
        hint: "Run the command as the user who ran `dslrs up`, or with sudo.",
      };
    case "ETIMEDOUT":
      return {
        ok: false,
        kind: "broken",
        message: `The supervisor at ${socket} did not answer in time.`,
        hint: "Its log is in supervisor.log beside that socket. Workers record and serve on even if you kill it.",
      };
    default:
      return {
        ok: false,
        kind: "broken",
        message: `The connection to the supervisor at ${socket} broke off: ${error.message}.`,
        hint: null,
      };
  }
}

async function notRunning(address: InstanceAddress, message: string): Promise<ClientFailure> {
  const running = await runningInstances(address.runtimeDir);
  const others =
    running.length === 0
      ? "Start one with `dslrs up CONFIG`; look elsewhere with --runtime-dir DIR."
      : `Running here: ${running.join(", ")}. Choose one with --instance NAME.`;
  return { ok: false, kind: "notRunning", message, hint: others };
}

function accepts(address: InstanceAddress): Promise<boolean> {
  return new Promise((resolve) => {
    let reachable: SocketPath;
    try {
      reachable = reachableSocketPath(socketOf(address));
    } catch {
      resolve(false);
      return;
    }
    const socket = connect(reachable.path);
    const finish = (accepted: boolean) => {
      socket.destroy();
      reachable.release();
      resolve(accepted);
    };
    socket.setTimeout(1_000, () => finish(false));
    socket.once("connect", () => finish(true));
    socket.once("error", () => finish(false));
  });
}
