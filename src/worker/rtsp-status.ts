/** What the status of an RTSP reply means. */

import type { FailureClass } from "../failure.js";

export interface Meaning {
  readonly class: FailureClass;
  /** In place of the usual words of that class. */
  readonly text?: { readonly message?: string; readonly hint?: string };
}

export const NO_COMMON_TRANSPORT: Meaning = {
  class: "protocolError",
  text: { message: "The camera does not offer the transport that was asked for.", hint: "Try `transport: auto`." },
};

const FORGOTTEN = {
  message: "The camera does not know the session any more.",
  hint: "It has restarted or run out of sessions; it is connected anew.",
};

const MEANINGS: Readonly<Record<number, Meaning>> = {
  401: { class: "unauthorized" },
  403: { class: "forbidden" },
  404: { class: "notFound" },
  407: { class: "unauthorized", text: { message: "A proxy before the camera asks for a login." } },
  410: { class: "notFound" },
  415: { class: "unsupportedEncoding" },
  453: { class: "busy" },
  454: { class: "reset", text: FORGOTTEN },
  461: NO_COMMON_TRANSPORT,
  503: { class: "busy" },
};

export function meaningOfStatus(status: number): Meaning {
  return (
    MEANINGS[status] ?? {
      class: "protocolError",
      text: { message: `The camera answered with RTSP status ${status}.` },
    }
  );
}
