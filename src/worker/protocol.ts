/**
 * The supervisor's end of a control socket: docs/worker-protocol.md. Connects again whenever the connection is lost while
 * the process lives; says once that it does not answer, and `connected` when it does again.
 */

import { connect, Socket } from "node:net";
import { join } from "node:path";
import { reachableSocketPath } from "../report/socket-path.js";
import { CONTROL_SOCKET } from "./bundle.js";
import { createLineSplitter } from "./lines.js";
import type { Patience } from "./patience.js";
import { readWireLine, type WireMessage, type WireReady, type WireReport } from "./wire.js";
import { type Note, OrderRefused, type WorkerOrder } from "./worker.js";

const PROTOCOL = 1;
const LINE_LIMIT_BYTES = 256 * 1024;
/** Orders are small; so much unread means that the worker does not read at all. */
const UNSENT_LIMIT_BYTES = 1024 * 1024;
/** `stats` comes every second; a worker that is later is asked whether anybody is there. */
const QUIET_MS = 1_100;
/** A worker needs 20 ms to listen; one that does not after CONNECT_MS is reported. */
const RETRY_MS = 10;
const CONNECT_MS = 5000;
/** Afterwards it is asked less often. */
const SLOW_RETRY_MS = 250;
/** A process that dies closes its sockets a moment before it counts as dead. */
const DEATH_MS = 20;
/** What a dead worker said last is in the socket already. */
const LAST_WORDS_MS = 200;

export type ControlEvent =
  | { readonly type: "connected"; readonly ready: WireReady }
  | { readonly type: "report"; readonly report: WireReport }
  | { readonly type: "unresponsive"; readonly detail: string }
  /** The connection closed: the moment to look whether the process still lives. */
  | { readonly type: "closed" };

export interface ControlOptions {
  /** The directory of `control.sock`. */
  readonly bundle: string;
  readonly epoch: number;
  readonly isAlive: () => boolean;
  /** How long it may take to answer. */
  readonly patience: Patience;
  readonly onEvent: (event: ControlEvent) => void;
  readonly note: Note;
}

export interface ControlClient {
  /** Resolves when the order was accepted; rejects with OrderRefused, also where nobody is connected. */
  send(order: WorkerOrder): Promise<void>;
  /** The process is gone: resolves when its last reports have been handed on. */
  finish(): Promise<void>;
  /** No event comes after it. Orders without a reply are rejected. */
  close(): void;
}

interface PendingOrder {
  readonly type: WorkerOrder["type"];
  readonly accept: () => void;
  readonly refuse: (reason: OrderRefused) => void;
  readonly cancelDeadline: () => void;
}

export function connectControl(options: ControlOptions): ControlClient {
  const startedAt = Date.now();
  const pending = new Map<number, PendingOrder>();
  let socket: Socket | undefined;
  let ready = false;
  let complained = false;
  let closed = false;
  let finished = () => {};
  let finishing = false;
  let seq = 0;
  let timer: NodeJS.Timeout | undefined;
  let cancelGreeting = () => {};

  const emit = (event: ControlEvent) => {
    if (!closed) options.onEvent(event);
  };

  function complain(detail: string) {
    if (complained) return;
    complained = true;
    emit({ type: "unresponsive", detail });
  }

  function dial() {
    const dialled = openSocket(options.bundle);
    const splitter = createLineSplitter(LINE_LIMIT_BYTES);
    socket = dialled;
    dialled.once("connect", () => {
      dialled.write(line({ type: "hello", protocol: PROTOCOL, epoch: options.epoch }));
      cancelGreeting = options.patience(() => giveUp("it does not answer the greeting"));
    });
    dialled.on("data", (chunk) => {
      const lines = splitter.push(chunk);
      if (lines === undefined) return giveUp("it sent a line that is too long");
      for (const text of lines) if (socket === dialled) receive(text);
    });
    dialled.on("error", () => undefined); // `close` follows
    dialled.once("close", () => {
      if (socket === dialled) lost();
    });
  }

  function giveUp(detail: string) {
    complain(detail);
    socket?.destroy();
  }

  function lost() {
    const wasReady = ready;
    ready = false;
    socket = undefined;
    hush();
    refuseAll("the connection to the worker was lost");
    finished();
    if (closed || finishing) return;
    if (wasReady) emit({ type: "closed" });
    if (wasReady) return watch(DEATH_MS, () => redial("it closed the control connection"));
    if (Date.now() - startedAt > CONNECT_MS) complain(`no connection to its control socket in ${CONNECT_MS / 1000} s`);
    watch(complained ? SLOW_RETRY_MS : RETRY_MS, redial);
  }

  /** Only a process that lives can fail to answer. */
  function redial(detail?: string) {
    if (!options.isAlive()) return emit({ type: "closed" });
    if (detail !== undefined) complain(detail);
    dial();
  }

  function watch(ms: number, then: () => void) {
    clearTimeout(timer);
    if (!closed) timer = setTimeout(then, ms);
  }

  /** Nothing is waited for any more. */
  function hush() {
    clearTimeout(timer);
    cancelGreeting();
  }

  function watchSilence() {
    watch(QUIET_MS, () => {
      send({ type: "ping" }).catch(() => undefined); // a missing reply has its own consequences
      watchSilence();
    });
  }

  function receive(text: string) {
    const reading = readWireLine(text);
    if (reading.is === "message") return take(reading.message);
    if (ready) watchSilence();
    const problem =
      reading.is === "unknown" ? `unknown report ${reading.type}` : `malformed report: ${reading.problem}`;
    options.note(reading.is === "unknown" ? "debug" : "warn", problem);
  }

  function take(message: WireMessage) {
    if (message.type === "refused") return giveUp(`it refused the connection: ${message.reason}`);
    if (message.type === "hello") return;
    if (message.type === "ready") {
      ready = true;
      complained = false;
      cancelGreeting();
      watchSilence();
      return emit({ type: "connected", ready: message });
    }
    if (!ready) return;
    timer?.refresh();
    if (message.type === "reply") return settle(message);
    emit({ type: "report", report: message });
  }

  function settle(reply: Extract<WireMessage, { type: "reply" }>) {
    const order = pending.get(reply.seq);
    if (!order) return;
    forget(reply.seq, order);
    if (reply.ok) order.accept();
    else order.refuse(new OrderRefused(order.type, reply.message ?? "the worker gave no reason"));
  }

  function forget(number: number, order: PendingOrder) {
    order.cancelDeadline();
    pending.delete(number);
  }

  function refuseAll(reason: string) {
    for (const [number, order] of pending) {
      forget(number, order);
      order.refuse(new OrderRefused(order.type, reason));
    }
  }

  function send(order: WorkerOrder): Promise<void> {
    if (!ready || !socket) return Promise.reject(new OrderRefused(order.type, "the worker is not connected"));
    if (socket.writableLength > UNSENT_LIMIT_BYTES) {
      giveUp("it does not read its orders");
      return Promise.reject(new OrderRefused(order.type, "the worker does not read its orders"));
    }
    seq += 1;
    const number = seq;
    socket.write(line({ ...order, seq: number }));
    return new Promise((accept, refuse) => {
      const cancelDeadline = options.patience((ms) => giveUp(`no reply to ${order.type} within ${secondsText(ms)}`));
      pending.set(number, { type: order.type, accept, refuse, cancelDeadline });
    });
  }

  dial();
  return {
    send,
    async finish() {
      finishing = true;
      hush();
      if (!socket) return;
      await new Promise<void>((resolve) => {
        finished = resolve;
        setTimeout(resolve, LAST_WORDS_MS).unref();
      });
    },
    close() {
      closed = true;
      hush();
      refuseAll("the supervisor let go of the worker");
      socket?.destroy();
    },
  };
}

function openSocket(bundle: string): Socket {
  try {
    const { path, release } = reachableSocketPath(join(bundle, CONTROL_SOCKET));
    return connect(path).once("connect", release).once("close", release);
  } catch (problem) {
    // The bundle itself is gone: the same as a connection that failed.
    return new Socket().destroy(problem instanceof Error ? problem : undefined);
  }
}

function secondsText(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
