/** Looks whether a source is there that is another stream: what its worker would find, without asking it. */

import type { Found } from "./host.js";

/** How `streamUri` (src/policy/spec.ts) writes such a source. */
const STREAM_URI = /^stream:\/\/(.*)$/;

/** The name of the stream that `uri` stands for; `undefined`: it stands for something else. */
export function streamOf(uri: string): string | undefined {
  return STREAM_URI.exec(uri)?.[1];
}

type Probe = (uri: string, deadlineMs: number) => Promise<Found>;

/** `probe` for every other source. `gives`: whether the stream of that name has something to give. */
export function withStreams(probe: Probe, gives: (name: string) => boolean): Probe {
  return async (uri, deadlineMs) => {
    const name = streamOf(uri);
    if (name === undefined) return probe(uri, deadlineMs);
    return gives(name) ? "answers" : "refused";
  };
}
