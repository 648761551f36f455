/**
 * Looks whether the source behind an rtsp:// or rtsps:// address is there, beside the worker: one connection of its own, one
 * request without credentials (so no account is ever locked by it), and gone. Whatever the far side does, it ends in time,
 * reads little, leaves no socket behind, and the answer is a value.
 */

import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { splitAddress } from "../config/credentials.js";
import type { FailureClass } from "../failure.js";
import { createLookup } from "./lookup.js";

export interface ProbeOptions {
  readonly deadlineMs: number;
  /** Ends the probe at once; it has found `silent` then. */
  readonly signal?: AbortSignal;
}

export interface Probe {
  /** `answers`: there was an RTSP reply, of whatever status. `silent`: nothing came in time, at the `stage` it was in. */
  readonly found: "answers" | "silent" | ProbeFailure;
  /** What it was doing in the end. */
  readonly stage: "name" | "connection" | "tls" | "reply";
  /** Of the reply. */
  readonly status?: number;
  /** What is wrong with the certificate, in the code of OpenSSL. */
  readonly certificate?: string;
  readonly tookMs: number;
}

export type ProbeFailure = Extract<
  FailureClass,
  "dnsFailed" | "refused" | "unreachable" | "connectTimeout" | "reset" | "tlsFailed" | "protocolError"
>;

/** Whether anybody speaks RTSP there. The certificate of an rtsps:// address is not judged. */
export function probeSource(uri: string, options: ProbeOptions): Promise<Probe> {
  return probe(uri, { ...options, method: "OPTIONS" });
}

export interface DescribeOptions extends ProbeOptions {
  /** Judges the certificate: by these certificates in PEM, or by the system's. */
  readonly trust?: { readonly ca?: string };
}

/** What the camera says to somebody without credentials who asks for the stream. */
export function describeSource(uri: string, options: DescribeOptions): Promise<Probe> {
  return probe(uri, { ...options, method: "DESCRIBE" });
}

interface Target {
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
  /** Without credentials. */
  readonly base: string;
  /** With its question mark. Some cameras take it as part of the path, some take a password in it. */
  readonly query: string;
}

const RTSP_PORT = 554;
const RTSPS_PORT = 322;
/** What may come before the end of the first line of a reply. */
const MOST_CHARACTERS = 1024;

const lookup = createLookup();

const ADDRESS = /^(rtsps?):\/\/(\[[^\]]+\]|[^:/?#]+)(?::(\d+))?(\/[^?#]*)?(\?[^#]*)?/;

/** Addresses out of commands are as a person wrote them, credentials included. */
function targetOf(written: string): Target | undefined {
  const address = splitAddress(written);
  const parts = "value" in address ? ADDRESS.exec(address.value.uri) : null;
  if (parts === null) return undefined;
  const [, scheme = "", host = "", digits, path = "/", query = ""] = parts;
  const isSecure = scheme === "rtsps";
  const port = digits === undefined ? (isSecure ? RTSPS_PORT : RTSP_PORT) : Number(digits);
  const base = `${scheme}://${host}:${port}${path}`;
  return { host: host.replace(/^\[|\]$/g, ""), port, isSecure, base, query };
}

type Question = DescribeOptions & { readonly method: "OPTIONS" | "DESCRIBE" };

function probe(uri: string, question: Question): Promise<Probe> {
  const begun = performance.now();
  const target = targetOf(uri);
  const took = () => Math.round(performance.now() - begun);
  if (target === undefined) return Promise.resolve({ found: "dnsFailed", stage: "name", tookMs: took() });
  return new Promise((resolve) => {
    const call = dial(target, question, (outcome) => {
      clearTimeout(deadline);
      question.signal?.removeEventListener("abort", call.giveUp);
      resolve({ ...outcome, tookMs: took() });
    });
    // What has arrived while this process was busy still counts: sockets are read between the timer and the immediate.
    const deadline = setTimeout(() => setImmediate(call.giveUp), question.deadlineMs);
    question.signal?.addEventListener("abort", call.giveUp);
    if (question.signal?.aborted) call.giveUp();
  });
}

type Outcome = Omit<Probe, "tookMs">;

/** One connection with one request. `onEnd` comes once, never before this returned. */
function dial(target: Target, question: Question, onEnd: (outcome: Outcome) => void): { giveUp(): void } {
  let stage: Probe["stage"] = isIP(target.host) ? "connection" : "name";
  let secure: TLSSocket | undefined;
  let isOver = false;
  const tcp = connect({
    host: target.host,
    port: target.port,
    autoSelectFamily: true,
    lookup: (host, _options, found) => {
      lookup(host).then(
        (addresses) => found(null, [...addresses]),
        (error) => found(error, []),
      );
    },
  });
  tcp.on("lookup", (error: Error | null) => {
    if (error === null) stage = "connection";
  });

  const end = (outcome: Omit<Outcome, "stage">) => {
    if (isOver) return;
    isOver = true;
    secure?.destroy();
    tcp.destroy();
    onEnd({ ...outcome, stage });
  };
  const fail = (error: Error) => end({ found: classOfError(error, stage) });
  /** A socket that was given up may still have an error to tell; nobody wants to know it. */
  const attend = (socket: Socket) => socket.on("error", fail).on("close", () => end({ found: closedEarly(stage) }));
  const ask = (socket: Socket) => {
    stage = "reply";
    socket.write(requestOf(target, question.method));
    readStatus(socket, (status) =>
      end(status === undefined ? { found: "protocolError" } : { found: "answers", status }),
    );
  };

  const shakeHands = () => {
    stage = "tls";
    const wrapped = secured(tcp, target, question.trust);
    secure = wrapped;
    attend(wrapped).once("secureConnect", () => {
      const certificate = question.trust && complaintOf(wrapped);
      if (certificate === undefined) ask(wrapped);
      else end({ found: "tlsFailed", certificate });
    });
  };

  attend(tcp).once("connect", () => (target.isSecure ? shakeHands() : ask(tcp)));
  return { giveUp: () => end({ found: "silent" }) };
}

/** Old cameras know only old versions and short keys; whether that is good enough is for the worker to say. */
function secured(tcp: Socket, { host }: Target, trust: Question["trust"]): TLSSocket {
  return connectTls({
    socket: tcp,
    host,
    ...(isIP(host) === 0 && { servername: host }),
    rejectUnauthorized: false,
    minVersion: "TLSv1",
    ciphers: "DEFAULT:@SECLEVEL=0",
    ...(trust?.ca !== undefined && { ca: trust.ca }),
  });
}

function complaintOf({ authorized, authorizationError: error }: TLSSocket): string | undefined {
  if (authorized) return undefined;
  return codeOf(error) || String(error);
}

function requestOf({ base, query }: Target, method: Question["method"]): string {
  const head = "RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: dslrs\r\n";
  if (method === "OPTIONS") return `OPTIONS ${base} ${head}\r\n`;
  return `DESCRIBE ${base}${query} ${head}Accept: application/sdp\r\n\r\n`;
}

/** `onStatus` gets `undefined` when what comes is no RTSP. */
function readStatus(socket: Socket, onStatus: (status: number | undefined) => void): void {
  let received = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    received += chunk.slice(0, MOST_CHARACTERS);
    const line = received.trimStart();
    const status = /^RTSP\/\d\.\d (\d{3})[ \r\n]/.exec(line)?.[1];
    if (status !== undefined) return onStatus(Number(status));
    const mayBecomeOne = "RTSP/".startsWith(line.slice(0, 5)) && !line.includes("\n");
    if (!mayBecomeOne || received.length > MOST_CHARACTERS) onStatus(undefined);
  });
}

function closedEarly(stage: Probe["stage"]): ProbeFailure {
  return stage === "tls" ? "tlsFailed" : "reset";
}

/** Shortages of this process say nothing about a camera. */
const OWN_FAULTS = new Set(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]);

function classOfError(error: Error, stage: Probe["stage"]): Probe["found"] {
  // Where a name has several addresses, each of them has failed in its own way.
  const codes = [error, ...("errors" in error && Array.isArray(error.errors) ? error.errors : [])].map(codeOf);
  if (codes.some((code) => OWN_FAULTS.has(code))) return "silent";
  // Without a system call it is the handshake that ended, not the network.
  if (stage === "tls") return codes.includes("ECONNRESET") && "syscall" in error ? "reset" : "tlsFailed";
  if (codes.some((code) => code === "ENOTFOUND" || code.startsWith("EAI_"))) return "dnsFailed";
  if (codes.includes("ECONNREFUSED")) return "refused";
  if (codes.includes("ECONNRESET") || codes.includes("EPIPE")) return "reset";
  return codes.includes("ETIMEDOUT") ? "connectTimeout" : "unreachable";
}

function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}
