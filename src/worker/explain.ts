/**
 * Sharpens a failure that says too little. rtspsrc has the same words for an unknown name, a closed port, no route and a failed TLS
 * handshake ("Failed to connect. (Generic error)"), so the way is tried again, beside the worker.
 */

import { readFileSync } from "node:fs";
import type { Tls } from "../config/model.js";
import type { Failure } from "../failure.js";
import { failureOf } from "./failures.js";
import { describeSource, type Probe } from "./probe.js";
import { meaningOfStatus } from "./rtsp-status.js";

/** How long the news of a failure may be held back for a better explanation. */
const DEADLINE_MS = 1_000;

export interface Circumstances {
  /** Credentials in it are not used. */
  readonly uri: string;
  readonly tls?: Tls;
  /** A login that the camera asks for explains nothing where it had one. */
  readonly hasCredentials: boolean;
}

/** "Not accepted" is the wrong word where none was given. */
export function asLoginMissing(failure: Failure): Failure {
  if (failure.class !== "unauthorized") return failure;
  return {
    ...failure,
    message: "The camera asks for a user name and a password, and the config has none for it.",
    hint: "Give the source `user` and `passwordFile`; an edit is tried at once.",
  };
}

/** Whether a look of our own could tell more. */
export function isVague(failure: Failure): boolean {
  return failure.class === "unreachable" || failure.class === "tlsFailed";
}

/** The same failure with the cause that was found, or as it was. Never rejects. */
export async function explainFailure(failure: Failure, circumstances: Circumstances): Promise<Failure> {
  if (!isVague(failure)) return failure;
  const { uri, tls } = circumstances;
  const trust = tls && !tls.insecure ? trustOf(tls) : undefined;
  const probe = await describeSource(uri, { deadlineMs: DEADLINE_MS, ...(trust && { trust }) });
  const detail = [failure.detail, seen(probe)].filter((each) => each !== undefined).join("\n");
  const cause = causeOf(probe, failure, circumstances);
  return { ...(circumstances.hasCredentials ? cause : asLoginMissing(cause)), detail };
}

function causeOf(probe: Probe, failure: Failure, { uri, hasCredentials }: Circumstances): Failure {
  // What lies behind TLS does not matter to a worker that did not get through it.
  if (failure.class === "tlsFailed" && probe.found !== "tlsFailed") return failure;
  switch (probe.found) {
    case "answers":
      return causeOfReply(probe.status ?? 200, failure, /^rtsps:/i.test(uri), hasCredentials);
    case "silent":
      return probe.stage === "name" ? failureOf("dnsFailed") : failure;
    case "tlsFailed":
      return failureOf("tlsFailed", certificateText(probe.certificate));
    default:
      return failureOf(probe.found);
  }
}

function causeOfReply(status: number, failure: Failure, isSecure: boolean, hasCredentials: boolean): Failure {
  const isNews = status >= 400 && !(status === 401 && hasCredentials);
  if (isNews) {
    const meaning = meaningOfStatus(status);
    return failureOf(meaning.class, meaning.text);
  }
  // The way is open, and the worker could not go it: only TLS lies between.
  return isSecure ? failureOf("tlsFailed") : failure;
}

const CERTIFICATES: readonly (readonly [RegExp, string])[] = [
  [
    /SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/,
    "The camera's certificate is not signed by anyone this machine trusts.",
  ],
  [/HAS_EXPIRED/, "The camera's certificate has expired."],
  [/NOT_YET_VALID/, "The camera's certificate is not valid yet; a clock may be wrong."],
  [/ALTNAME/, "The camera's certificate is made for another name than the one in the address."],
];

function certificateText(code: string | undefined): { message: string; hint: string } | undefined {
  if (code === undefined) return undefined;
  const [, message = "The camera's certificate cannot be trusted."] =
    CERTIFICATES.find(([codes]) => codes.test(code)) ?? [];
  return {
    message,
    hint: "Give the certificate that signed it as `tls: { ca: FILE }`, or accept any with `tls: { insecure: true }`.",
  };
}

function trustOf({ caFile }: Tls): { ca?: string } {
  try {
    return caFile === undefined ? {} : { ca: readFileSync(caFile, "utf8") };
  } catch {
    return {};
  }
}

function seen({ found, stage, status, certificate, tookMs }: Probe): string {
  const what = [found, status, certificate].filter((each) => each !== undefined).join(" ");
  return `probe: ${what} (${stage}, after ${tookMs} ms)`;
}
