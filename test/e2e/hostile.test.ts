/**
 * The router and a worker against clients that mean harm: sessions with broken, cut and repeated requests, and connections that say
 * nothing. Nothing crashes, leaks or keeps a viewer out. The seed is in the name of the failure; `DSLRS_SEED` repeats it.
 */

import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { childrenOf } from "../../bench/processes.js";
import { pick, type Random, seeded } from "../policy/random.js";
import type { TestInstance } from "../rig/instance.js";
import { until } from "../rig/until.js";
import { configOf, PATTERN, served, testRig } from "./rig.js";

const rig = testRig();

const SESSIONS = 400;
const AT_ONCE = 20;
/** A server that waits for the rest of a request is left at last. */
const LONGEST_MS = 300;

const seed = Number(process.env.DSLRS_SEED ?? Date.now() % 1_000_000);

const REQUESTS = [
  "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n",
  "OPTIONS rtsp://h/cam RTSP/1.0\r\nCSeq: 1\r\n\r\n",
  "DESCRIBE rtsp://h/cam RTSP/1.0\r\nCSeq: 2\r\nAccept: application/sdp\r\n\r\n",
  "SETUP rtsp://h/cam/stream=0 RTSP/1.0\r\nCSeq: 3\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n",
  "SETUP rtsp://h/cam/stream=0 RTSP/1.0\r\nCSeq: 3\r\nTransport: RTP/AVP;unicast;client_port=9-9\r\n\r\n",
  "PLAY rtsp://h/cam/ RTSP/1.0\r\nCSeq: 4\r\nSession: 0123456789\r\nRange: npt=0-\r\n\r\n",
  "PAUSE rtsp://h/cam/ RTSP/1.0\r\nCSeq: 5\r\nSession: 0123456789\r\n\r\n",
  "GET_PARAMETER rtsp://h/cam/ RTSP/1.0\r\nCSeq: 6\r\nContent-Length: 8\r\n\r\nposition",
  "TEARDOWN rtsp://h/cam/ RTSP/1.0\r\nCSeq: 7\r\nSession: 0123456789\r\n\r\n",
  "ANNOUNCE rtsp://h/cam RTSP/1.0\r\nCSeq: 8\r\nContent-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n",
  "GET /cam HTTP/1.0\r\nx-sessioncookie: abc\r\n\r\n",
  "POST /cam HTTP/1.0\r\nx-sessioncookie: abc\r\nContent-Length: 32767\r\n\r\nREVTQ1JJQkUgcnRzcDovL2gvY2FtIFJUU1AvMS4w",
  "$\x00\x00\x04abcd",
  "$\x01\xff\xff",
];

const SCRAPS = [
  "\r\n\r\n",
  "\0",
  "%00",
  "Content-Length: 1500000000\r\n",
  "Session: \r\n",
  "CSeq: -1\r\n",
  "\xff".repeat(99),
];

test(`mutated sessions, seed ${seed}`, async () => {
  const instance = await rig.instance((ports) => configOf(ports, { cam: served(PATTERN) }));
  await instance.up();
  await instance.running("cam");
  const watching = await rig.viewer(instance.rtspUrl("/cam"));
  await watching.frames(5);
  const random = seeded(seed);
  const before = await processes(instance);
  const descriptors = () => Object.values(before).map(countDescriptors);
  const usual = descriptors();

  const sessions = Array.from({ length: SESSIONS }, () => session(random));
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = sessions.pop(); next; next = sessions.pop()) await play(instance.rtspPort, next);
    }),
  );

  const late = await rig.viewer(instance.rtspUrl("/cam"));
  await late.frames(5);
  await late.close();
  await watching.moreFrames(5);
  expect(watching.tracks[0]?.lost).toBe(0);
  expect(await processes(instance)).toEqual(before);
  // Those whose request never ends are given up after 5 s.
  await until(() => descriptors().every((count, index) => count <= (usual[index] ?? 0) + 2));
});

test("clients that say nothing keep nobody out", async () => {
  const instance = await rig.instance((ports) => configOf(ports, { cam: served(PATTERN) }));
  await instance.up();
  await instance.running("cam");
  const idle = Array.from({ length: 2_000 }, (_, index) => {
    const localAddress = `127.0.2.${1 + (index % 40)}`;
    const socket = connect({ host: "127.0.0.1", port: instance.rtspPort, localAddress }, () => {
      if (index % 2 === 0) socket.write("DESCRIBE rtsp://h/cam RTSP/1.0\r\nCSeq: 1\r\n");
    });
    return socket.on("error", () => {});
  });
  const viewer = await rig.viewer(instance.rtspUrl("/cam"));
  await viewer.frames(5);
  for (const socket of idle) socket.destroy();
});

/** Bytes, in the pieces in which they are sent. */
function session(random: Random): readonly Buffer[] {
  const requests = Array.from({ length: 1 + Math.floor(random() * 6) }, () => pick(REQUESTS, random));
  const bytes = Buffer.from(requests.join(""), "latin1");
  const edits = Math.floor(random() * 5);
  const broken = Array.from({ length: edits }).reduce<Buffer>((text) => edit(random, text), bytes);
  const cut = Math.floor(random() * broken.length);
  return random() < 0.5 ? [broken] : [broken.subarray(0, cut), broken.subarray(cut)];
}

function edit(random: Random, bytes: Buffer): Buffer {
  const at = Math.floor(random() * (bytes.length + 1));
  const rest = bytes.subarray(at);
  const scrap = Buffer.from(pick(SCRAPS, random), "latin1");
  const length = Math.floor(random() * 20);
  const kinds = [
    () => Buffer.concat([bytes.subarray(0, at), scrap, rest]),
    () => Buffer.concat([bytes.subarray(0, at), rest.subarray(length)]),
    () => Buffer.concat([bytes.subarray(0, at), rest.subarray(0, length), rest]),
    () => Buffer.concat([bytes.subarray(0, at), Buffer.from([random() * 256]), rest.subarray(1)]),
  ];
  return pick(kinds, random)();
}

function play(port: number, pieces: readonly Buffer[]): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true }, () => {
      for (const piece of pieces) socket.write(piece);
    });
    const timer = setTimeout(() => socket.destroy(), LONGEST_MS);
    socket.on("error", () => {}).resume();
    socket.on("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

interface Processes {
  readonly router: number;
  readonly worker: number;
}

async function processes(instance: TestInstance): Promise<Processes> {
  const { supervisor } = await instance.status();
  return { router: childOf(supervisor.router.pid ?? 0), worker: instance.workerPid("cam") };
}

function childOf(pid: number): number {
  const [child] = childrenOf(pid);
  if (child === undefined) throw new Error(`process ${pid} has no child`);
  return child;
}

function countDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
