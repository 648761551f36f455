/** The contract of `dslrs viewers --json` and GET /v1/viewers. */

import type { OutputStatus } from "./status.js";

export interface ViewersReport {
  /** By stream, oldest first. */
  readonly viewers: readonly ViewerStatus[];
  /** Streams whose viewers are not known, because their worker does not answer. */
  readonly unanswered: readonly { readonly stream: string; readonly reason: string }[];
}

export interface ViewerStatus {
  /** For `dslrs kick`: the stream, a slash and a number that no other viewer of the stream's worker had. */
  readonly id: string;
  readonly stream: string;
  /** The id of the output. */
  readonly output: string;
  readonly address: string;
  /** `null`: nobody was asked who they are. */
  readonly user: string | null;
  /** What the client calls itself. */
  readonly agent: string;
  /** `""`: not settled yet, as long as it joins. */
  readonly transport: string;
  /** `joining` `playing` `paused` `ending`; of one that is too slow for all of it what it gets: `substream` `reference` `keyframes` `skipping`. */
  readonly state: string;
  /** `null`: it has not joined yet. */
  readonly since: string | null;
  readonly framesSent: number;
  /** Those it should have had and did not get. */
  readonly framesDropped: number;
  /** Of media. */
  readonly bytesSent: number;
  /** What waits for it. */
  readonly waitingBytes: number;
  /** Part of the packets that was lost on the way lately, as the client says itself; 0 over TCP. */
  readonly loss: number;
}

/** None while there is room, or nobody was refused yet. */
export function fullTexts({ id, viewers = 0, maxViewers, viewersRefused = 0 }: OutputStatus): string[] {
  if (maxViewers === undefined || viewers < maxViewers || viewersRefused === 0) return [];
  return [`output ${id}: it has the ${maxViewers} viewers that it may have; ${viewersRefused} were refused so far.`];
}

export interface ViewerId {
  readonly stream: string;
  readonly viewer: number;
}

export function viewerId({ stream, viewer }: ViewerId): string {
  return `${stream}/${viewer}`;
}

/** `undefined`: it is none. */
export function readViewerId(text: string): ViewerId | undefined {
  const [, stream, viewer] = /^([a-z0-9][a-z0-9_-]{0,63})\/([1-9]\d{0,9})$/.exec(text) ?? [];
  return stream === undefined ? undefined : { stream, viewer: Number(viewer) };
}
