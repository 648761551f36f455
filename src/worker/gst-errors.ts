/** GStreamer's errors (gsterror.h) and rtspsrc's words, read as classes of failure. */

import type { FailureClass } from "../failure.js";
import { type Meaning, meaningOfStatus, NO_COMMON_TRANSPORT } from "./rtsp-status.js";
import type { WireFailure } from "./wire.js";

/** What failed; the same GStreamer error means different things in a camera's stream and in a file. */
export type FailureOrigin = "rtsp" | "file" | "test" | "pipeline" | "stream" | "output" | "unknown";

/**
 * rtspsrc tells most things in the last line of its debug text; the code is often the same for all (1.22: 9 for 400, 403 and 503).
 * The order matters: the first that fits counts.
 */
const RTSP_WORDS: readonly (readonly [RegExp, Meaning])[] = [
  [/\(Timeout while waiting for server response\)/, { class: "connectTimeout" }],
  [/\(Cannot resolve host\)/, { class: "dnsFailed" }],
  // Refused, unreachable, unknown name and a failed TLS handshake all look like this: explain.ts finds out which.
  [/(Failed to connect|Could not connect to server)/, { class: "unreachable" }],
  [/\((Received end-of-file|System error|Network error)\)/, { class: "reset" }],
  [/The server closed the connection/, { class: "reset" }],
  [/\(Parse error\)/, { class: "protocolError" }],
  [
    /No supported authentication protocol/,
    {
      class: "unauthorized",
      text: {
        message: "The camera asks for a kind of login that is not supported.",
        hint: "Set the camera to digest or basic authentication.",
      },
    },
  ],
  [
    /Could not receive any UDP packets/,
    {
      class: "stalled",
      text: { message: "No media arrived over UDP.", hint: "A firewall may be in between: try `transport: tcp`." },
    },
  ],
  [
    /allow more transport protocols|no protocols left|did not select transport|Could not setup transport/,
    NO_COMMON_TRANSPORT,
  ],
  [/SDP contains no streams/, { class: "protocolError", text: { message: "The camera describes no stream at all." } }],
];

/** `Not Found (404)` after DESCRIBE and PLAY, `Error (404): Not Found` after SETUP. */
const RTSP_STATUS = /\((?<plain>[3-6]\d\d)\)$|\bError \((?<setup>[3-6]\d\d)\): /;

function fromRtspWords({ message = "", debug = "" }: WireFailure): Meaning | undefined {
  const lastLine = debug.trimEnd().split("\n").at(-1) ?? "";
  const status = RTSP_STATUS.exec(lastLine)?.groups;
  if (status) return meaningOfStatus(Number(status.plain ?? status.setup));
  return RTSP_WORDS.find(([words]) => words.test(lastLine) || words.test(message))?.[1];
}

export function classOfGstError(wire: WireFailure, origin: FailureOrigin): Meaning {
  if (origin === "output") return { class: "recordingFailed" };
  const words = origin === "file" ? undefined : fromRtspWords(wire);
  return words ?? fromDomain(wire, origin);
}

function fromDomain({ domain, code = 0 }: WireFailure, origin: FailureOrigin): Meaning {
  switch (domain) {
    case "gst-resource-error-quark":
      return byOrigin(origin, RESOURCE_OF_CAMERA[code] ?? "protocolError");
    case "gst-stream-error-quark":
      return byOrigin(origin, STREAM_OF_CAMERA[code] ?? "corruptMedia");
    case "gst-core-error-quark":
      return byOrigin(origin, CORE_OF_CAMERA[code] ?? "internal");
    case "gst_parse_error":
    case "gst-parse-error-quark":
      return { class: "pipelineInvalid" };
    case "g-io-error-quark":
      // A connection that failed in an uncommon way; explain.ts looks for more.
      return { class: origin === "rtsp" ? "unreachable" : "internal" };
    case "g-resolver-error-quark":
      return { class: "dnsFailed" };
    case "g-tls-error-quark":
      return { class: "tlsFailed" };
    default:
      return { class: "internal" };
  }
}

/** A file or a pipeline text is at fault as a whole; only what is not about the media at all stays `internal`. */
function byOrigin(origin: FailureOrigin, ofCamera: FailureClass): Meaning {
  if (ofCamera === "internal") return { class: "internal" };
  if (origin === "file") return { class: "fileUnusable" };
  if (origin === "test") return { class: "internal" };
  return { class: origin === "pipeline" && ofCamera === "unsupportedEncoding" ? "pipelineInvalid" : ofCamera };
}

/** GstResourceError; those that are not named are odd answers of the camera. */
const RESOURCE_OF_CAMERA: Readonly<Record<number, FailureClass>> = {
  3: "notFound", // NOT_FOUND
  4: "busy", // BUSY
  5: "protocolError", // OPEN_READ
  6: "recordingFailed", // OPEN_WRITE
  7: "unreachable", // OPEN_READ_WRITE
  8: "reset", // CLOSE
  9: "reset", // READ
  10: "reset", // WRITE
  13: "protocolError", // SETTINGS
  14: "recordingFailed", // NO_SPACE_LEFT
  15: "unauthorized", // NOT_AUTHORIZED
};

/** GstStreamError; the others (FAILED, DECODE, DEMUX, MUX, FORMAT, …) mean that the media is not what it says. */
const STREAM_OF_CAMERA: Readonly<Record<number, FailureClass>> = {
  3: "unsupportedEncoding", // NOT_IMPLEMENTED
  4: "unsupportedEncoding", // TYPE_NOT_FOUND
  5: "unsupportedEncoding", // WRONG_TYPE
  6: "unsupportedEncoding", // CODEC_NOT_FOUND
  12: "unsupportedEncoding", // DECRYPT
  13: "unsupportedEncoding", // DECRYPT_NOKEY
};

/** GstCoreError; the others are faults of a program. */
const CORE_OF_CAMERA: Readonly<Record<number, FailureClass>> = {
  7: "unsupportedEncoding", // NEGOTIATION
  10: "unsupportedEncoding", // CAPS
  12: "unsupportedEncoding", // MISSING_PLUGIN
};
