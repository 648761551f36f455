/**
 * A small RTSP viewer over TCP for tests and benchmarks: it takes every track of a mount and counts, without decoding. What it checks is what
 * a viewer would miss: lost RTP packets, timestamps that stand still or leap, the connection's end.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

export interface TrackCount {
  /** Control attribute of the SDP. */
  readonly control: string;
  readonly media: string;
  packets: number;
  /** Distinct RTP timestamps in a row: access units for video. */
  frames: number;
  /** Gaps in the RTP sequence numbers, in packets. */
  lost: number;
  bytes: number;
  sequence: number | null;
  timestamp: number | null;
  firstFrameAt: number | null;
  /** Smallest and largest step between two timestamps, in RTP clock units. */
  smallestStep: number;
  largestStep: number;
}

export interface RtspViewer {
  readonly sdp: string;
  readonly tracks: readonly TrackCount[];
  /** Milliseconds from the TCP connect to the first RTP packet. */
  firstPacketAfterMs(): number | null;
  /** Resolves when the first video track (else the first track) has so many frames; rejects when the connection ends before. */
  frames(count: number): Promise<void>;
  /** So many more than there are now. */
  moreFrames(count: number): Promise<void>;
  /** Goes on without taking anything from the connection, as a client that hangs. */
  stopReading(): void;
  /** Resolves when the server or the network ends the connection. */
  readonly closed: Promise<void>;
  readonly isClosed: () => boolean;
  /** TEARDOWN and close. */
  close(): Promise<void>;
  /** Closes without a word, as a client that was killed. */
  drop(): void;
}

export class RtspRefused extends Error {
  constructor(
    readonly status: number,
    readonly statusLine: string,
  ) {
    super(statusLine);
  }
}

interface Answer {
  readonly status: number;
  readonly statusLine: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

interface Connection {
  request(method: string, uri: string, headers?: Record<string, string>): Promise<Answer>;
  readonly socket: Socket;
}

const HEAD_END = Buffer.from("\r\n\r\n");

function parseHead(head: string): { statusLine: string; headers: Map<string, string> } {
  const [statusLine = "", ...lines] = head.split("\r\n");
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  return { statusLine, headers };
}

/** Splits the bytes of a connection into answers and interleaved packets (RFC 2326, 10.12). */
function createSplitter(onAnswer: (answer: Answer) => void, onPacket: (channel: number, packet: Buffer) => void) {
  let rest: Buffer = Buffer.alloc(0);

  const takePacket = (): boolean => {
    if (rest.length < 4) return false;
    const length = rest.readUInt16BE(2);
    if (rest.length < 4 + length) return false;
    onPacket(rest.readUInt8(1), rest.subarray(4, 4 + length));
    rest = rest.subarray(4 + length);
    return true;
  };
  const takeAnswer = (): boolean => {
    const end = rest.indexOf(HEAD_END);
    if (end < 0) return false;
    const { statusLine, headers } = parseHead(rest.toString("latin1", 0, end));
    const length = Number(headers.get("content-length") ?? 0);
    const begin = end + HEAD_END.length;
    if (rest.length < begin + length) return false;
    const body = rest.toString("latin1", begin, begin + length);
    rest = rest.subarray(begin + length);
    onAnswer({ status: Number(statusLine.split(" ")[1]), statusLine, headers, body });
    return true;
  };
  return (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length > 0 && (rest[0] === 0x24 ? takePacket() : takeAnswer()));
  };
}

export function createConnection(socket: Socket, onPacket: (channel: number, packet: Buffer) => void): Connection {
  const waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void }[] = [];
  const split = createSplitter((answer) => waiting.shift()?.resolve(answer), onPacket);
  let sequence = 0;

  socket.on("data", split);
  socket.on("close", () => {
    for (const one of waiting.splice(0)) one.reject(new Error("the RTSP connection was closed"));
  });
  return {
    socket,
    request: (method, uri, headers = {}) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) {
          reject(new Error("the RTSP connection is closed"));
          return;
        }
        waiting.push({ resolve, reject });
        sequence += 1;
        const lines = Object.entries({ CSeq: String(sequence), "User-Agent": "dslrs-test", ...headers });
        socket.write(`${method} ${uri} RTSP/1.0\r\n${lines.map(([k, v]) => `${k}: ${v}\r\n`).join("")}\r\n`);
      }),
  };
}

export function tracksOf(sdp: string): TrackCount[] {
  return sdp
    .split(/^(?=m=)/m)
    .filter((section) => section.startsWith("m="))
    .map((section) => ({
      media: /^m=(\w+)/.exec(section)?.[1] ?? "",
      control: /^a=control:(.*)$/m.exec(section)?.[1]?.trim() ?? "",
      packets: 0,
      frames: 0,
      lost: 0,
      bytes: 0,
      sequence: null,
      timestamp: null,
      firstFrameAt: null,
      smallestStep: Number.POSITIVE_INFINITY,
      largestStep: 0,
    }));
}

export function count(track: TrackCount, packet: Buffer, now: number): boolean {
  const sequence = packet.readUInt16BE(2);
  const timestamp = packet.readUInt32BE(4);
  track.packets += 1;
  track.bytes += packet.length;
  if (track.sequence !== null) track.lost += (sequence - track.sequence - 1) & 0xffff;
  track.sequence = sequence;
  if (track.timestamp === timestamp) return false;
  if (track.timestamp !== null) {
    const step = (timestamp - track.timestamp) | 0;
    track.smallestStep = Math.min(track.smallestStep, step);
    track.largestStep = Math.max(track.largestStep, step);
  }
  track.timestamp = timestamp;
  track.firstFrameAt ??= now;
  track.frames += 1;
  return true;
}

/** Answers a challenge with the user and password of the address, as RFC 2069 has it. */
function withDigest(connection: Connection, { username, password }: URL): Connection {
  const md5 = (text: string) => createHash("md5").update(text).digest("hex");
  let challenge: { readonly realm: string; readonly nonce: string } | undefined;

  function authorization(method: string, uri: string): Record<string, string> {
    if (challenge === undefined) return {};
    const { realm, nonce } = challenge;
    const secret = md5(`${username}:${realm}:${decodeURIComponent(password)}`);
    const response = md5(`${secret}:${nonce}:${md5(`${method}:${uri}`)}`);
    const members = { username, realm, nonce, uri, response };
    const text = Object.entries(members).map(([name, value]) => `${name}="${value}"`);
    return { Authorization: `Digest ${text.join(", ")}` };
  }

  return {
    ...connection,
    async request(method, uri, headers) {
      const answer = await connection.request(method, uri, { ...headers, ...authorization(method, uri) });
      const asked = answer.headers.get("www-authenticate") ?? "";
      const [, realm = "", nonce = ""] = /^Digest realm="([^"]*)", nonce="([^"]*)"/.exec(asked) ?? [];
      if (answer.status !== 401 || username === "" || (challenge && !asked.includes("stale=true"))) return answer;
      challenge = { realm, nonce };
      return connection.request(method, uri, { ...headers, ...authorization(method, uri) });
    },
  };
}

export async function demand(connection: Connection, method: string, uri: string, headers?: Record<string, string>) {
  const answer = await connection.request(method, uri, headers);
  if (answer.status !== 200) throw new RtspRefused(answer.status, answer.statusLine);
  return answer;
}

/**
 * Plays `address`, rtsp://[user:password@]host:port/path, or rtsps:// with any certificate; rejects with RtspRefused where the server
 * answers with anything but 200.
 */
export async function playRtsp(address: string): Promise<RtspViewer> {
  const parsed = new URL(address);
  const { hostname, port, protocol } = parsed;
  const url = address.replace(/\/\/[^/]*@/, "//");
  const beganAt = performance.now();
  const to = { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 554) };
  const isSecure = protocol === "rtsps:";
  const socket = isSecure ? connectTls({ ...to, rejectUnauthorized: false }) : connect({ ...to, noDelay: true });
  const waiting: { count: number; resolve: () => void; reject: (error: Error) => void }[] = [];
  let tracks: TrackCount[] = [];
  let firstPacketAt: number | null = null;

  const main = () => tracks.find((track) => track.media === "video") ?? tracks[0];
  const wake = () => {
    const frames = main()?.frames ?? 0;
    for (const one of waiting.filter(({ count: wanted }) => frames >= wanted)) {
      waiting.splice(waiting.indexOf(one), 1);
      one.resolve();
    }
  };
  const plain = createConnection(socket, (channel, packet) => {
    const track = tracks[channel >> 1];
    if (channel % 2 === 1 || track === undefined || packet.length < 12) return;
    const now = performance.now();
    firstPacketAt ??= now - beganAt;
    if (count(track, packet, now)) wake();
  });
  const connection = withDigest(plain, parsed);

  await once(socket, isSecure ? "secureConnect" : "connect");
  socket.on("error", () => {});
  const closed = new Promise<void>((resolve) => {
    socket.on("close", () => {
      for (const one of waiting.splice(0)) one.reject(new Error("the RTSP connection ended"));
      resolve();
    });
  });
  try {
    await demand(connection, "OPTIONS", url);
    const described = await demand(connection, "DESCRIBE", url, { Accept: "application/sdp" });
    const base = (described.headers.get("content-base") ?? `${url}/`).replace(/\/$/, "");
    tracks = tracksOf(described.body);
    let session = "";
    for (const [index, track] of tracks.entries()) {
      const uri = track.control.startsWith("rtsp://") ? track.control : `${base}/${track.control}`;
      const channels = `${2 * index}-${2 * index + 1}`;
      const setup = await demand(connection, "SETUP", uri, {
        Transport: `RTP/AVP/TCP;unicast;interleaved=${channels}`,
        ...(session === "" ? {} : { Session: session }),
      });
      session = setup.headers.get("session")?.split(";")[0] ?? "";
    }
    await demand(connection, "PLAY", base, { Session: session, Range: "npt=0.000-" });
    const keepAlive = setInterval(() => {
      connection.request("GET_PARAMETER", base, { Session: session }).catch(() => {});
    }, 20_000);
    socket.on("close", () => clearInterval(keepAlive));

    const frames = (wanted: number) =>
      new Promise<void>((resolve, reject) => {
        if ((main()?.frames ?? 0) >= wanted) resolve();
        else if (socket.destroyed) reject(new Error("the RTSP connection ended"));
        else waiting.push({ count: wanted, resolve, reject });
      });

    return {
      sdp: described.body,
      tracks,
      firstPacketAfterMs: () => firstPacketAt,
      frames,
      moreFrames: (wanted) => frames((main()?.frames ?? 0) + wanted),
      stopReading: () => {
        socket.pause();
      },
      closed,
      isClosed: () => socket.destroyed,
      close: async () => {
        if (!socket.destroyed) await connection.request("TEARDOWN", base, { Session: session }).catch(() => {});
        socket.destroy();
        await closed;
      },
      drop: () => socket.destroy(),
    };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
