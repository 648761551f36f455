/** Reads a tap as a program would that knows only the GStreamer Data Protocol: counts frames, and keeps their hashes and times. */

import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";

export interface TapFrame {
  readonly hash: string;
  /** Nanoseconds. */
  readonly pts: bigint;
  readonly isKeyframe: boolean;
}

export interface TapReader {
  readonly caps: () => string;
  /** Resolves when there are so many in all; rejects when the connection ends before. */
  frames(count: number): Promise<readonly TapFrame[]>;
  /** Takes nothing any more. */
  stopReading(): void;
  /** The other side ended it. */
  readonly closed: Promise<void>;
  drop(): void;
}

const HEADER_BYTES = 62;
const TYPE_AT = 4;
const SIZE_AT = 6;
const PTS_AT = 10;
const FLAGS_AT = 42;
const BUFFER = 1;
const CAPS = 2;
const DELTA_UNIT = 1 << 13;

/** Rejects where nobody listens. */
export async function readTap(path: string): Promise<TapReader> {
  const socket = connect(path);
  const frames: TapFrame[] = [];
  let caps = "";
  let waiting = Buffer.alloc(0);
  let wake = () => {};
  let isClosed = false;
  await once(socket, "connect");

  function take(header: Buffer, payload: Buffer): void {
    const type = header.readUInt16BE(TYPE_AT);
    if (type === CAPS) caps = payload.toString().replace("\0", "");
    if (type !== BUFFER) return;
    frames.push({
      hash: createHash("md5").update(payload).digest("hex"),
      pts: header.readBigUInt64BE(PTS_AT),
      isKeyframe: (header.readUInt16BE(FLAGS_AT) & DELTA_UNIT) === 0,
    });
  }

  socket.on("data", (chunk) => {
    waiting = Buffer.concat([waiting, chunk]);
    while (waiting.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + waiting.readUInt32BE(SIZE_AT);
      if (waiting.length < end) break;
      take(waiting.subarray(0, HEADER_BYTES), waiting.subarray(HEADER_BYTES, end));
      waiting = waiting.subarray(end);
    }
    wake();
  });
  const closed = new Promise<void>((resolve) => {
    socket.on("error", () => undefined); // `close` follows
    socket.once("close", () => {
      isClosed = true;
      wake();
      resolve();
    });
  });
  return {
    caps: () => caps,
    async frames(count) {
      while (frames.length < count) {
        if (isClosed) throw new Error(`the tap closed after ${frames.length} frames`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return frames;
    },
    stopReading: () => socket.pause(),
    closed,
    drop: () => socket.destroy(),
  };
}
