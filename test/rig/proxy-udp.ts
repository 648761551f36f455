/**
 * A bad network for RTP over UDP: an RTSP proxy that puts its own ports into SETUP and its answer, as a router that translates addresses
 * does, and loses and reorders the datagrams from the camera. The RTSP connection itself passes unharmed.
 */

import { createSocket, type Socket as Datagrams } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export interface DatagramFaults {
  /** Share of the datagrams from the camera that never arrive. */
  readonly loss: number;
  /** Share of them that arrives after the one that follows. */
  readonly reorder: number;
}

export interface UdpProxy {
  readonly port: number;
  uri(path: string): string;
  /** What is not named stays as it is. */
  set(faults: Partial<DatagramFaults>): void;
  behave(): void;
  stop(): Promise<void>;
}

export interface UdpProxyOptions {
  /** From 0 to 1; for a run that can be repeated. */
  readonly random?: () => number;
}

const NO_FAULTS: DatagramFaults = { loss: 0, reorder: 0 };
const HEAD_END = "\r\n\r\n";

/** First and second port of one side, for RTP and RTCP. */
type Pair = readonly [number, number];

/** The way of one track: a socket for RTP and one for RTCP, each for both sides. */
interface Relay {
  readonly ports: Pair;
  readonly client: Pair;
  setCamera(ports: Pair): void;
  close(): void;
}

/** Passes on what arrives, when it does. */
type Lose = (datagram: Buffer, pass: (datagram: Buffer) => void) => void;

export async function startUdpProxy(
  cameraPort: number,
  { random = Math.random }: UdpProxyOptions = {},
): Promise<UdpProxy> {
  const sockets = new Set<Socket>();
  let faults = NO_FAULTS;
  const server = createServer({ noDelay: true }, (client) => {
    const camera = connect({ port: cameraPort, host: "127.0.0.1", noDelay: true });
    const relays: Relay[] = [];
    for (const socket of [client, camera]) sockets.add(socket);
    for (const [socket, other] of [
      [client, camera],
      [camera, client],
    ] as const) {
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
        for (const relay of relays.splice(0)) relay.close();
      });
    }
    void rewriteHeads(client, camera, async (head) => {
      const wanted = portsIn(head, "client_port");
      if (wanted === undefined) return head;
      const relay = await createRelay(wanted, () => createLoser(() => faults, random));
      if (client.destroyed) relay.close();
      else relays.push(relay);
      return withPorts(head, "client_port", relay.ports);
    });
    void rewriteHeads(camera, client, async (head) => {
      const relay = relays.find(({ ports }) => portsIn(head, "client_port")?.[0] === ports[0]);
      const ports = portsIn(head, "server_port");
      if (relay === undefined || ports === undefined) return head;
      relay.setCamera(ports);
      return withPorts(withPorts(head, "client_port", relay.client), "server_port", relay.ports);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;

  return {
    port,
    uri: (path) => `rtsp://127.0.0.1:${port}${path}`,
    set(changed) {
      faults = { ...faults, ...changed };
    },
    behave() {
      faults = NO_FAULTS;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function portsIn(head: string, name: string): Pair | undefined {
  const [, first, second] = new RegExp(`\\b${name}=(\\d+)-(\\d+)`).exec(head) ?? [];
  return first === undefined || second === undefined ? undefined : [Number(first), Number(second)];
}

function withPorts(head: string, name: string, ports: Pair): string {
  return head.replace(new RegExp(`\\b${name}=\\d+-\\d+`), `${name}=${ports.join("-")}`);
}

/** Passes messages on with other heads; bodies and interleaved packets as they are. */
async function rewriteHeads(from: Socket, to: Socket, rewrite: (head: string) => Promise<string>): Promise<void> {
  let unread: Buffer = Buffer.alloc(0);
  let bodyBytes = 0;
  try {
    for await (const chunk of from) {
      unread = Buffer.concat([unread, chunk]);
      while (unread.length > 0) {
        if (bodyBytes === 0 && unread[0] === 0x24 && unread.length >= 4) bodyBytes = 4 + unread.readUInt16BE(2);
        if (bodyBytes > 0) {
          const part = unread.subarray(0, bodyBytes);
          to.write(part);
          bodyBytes -= part.length;
          unread = unread.subarray(part.length);
          continue;
        }
        const end = unread.indexOf(HEAD_END);
        if (end < 0) break;
        const head = unread.toString("latin1", 0, end + HEAD_END.length);
        unread = unread.subarray(head.length);
        bodyBytes = Number(/^Content-Length: *(\d+)/im.exec(head)?.[1] ?? 0);
        to.write(await rewrite(head), "latin1");
      }
    }
  } catch {
    // The connection broke; what follows from that is done where it closes.
  }
  to.end();
}

async function createRelay(client: Pair, newLoser: () => Lose): Promise<Relay> {
  const [rtp, rtcp] = await bindPair();
  const first = rtp.address().port;
  let camera: Pair | undefined;

  for (const [index, socket] of [rtp, rtcp].entries()) {
    const lose = newLoser();
    socket.on("error", () => {});
    socket.on("message", (datagram, { port }) => {
      const cameraPort = camera?.[index];
      if (cameraPort === undefined) return;
      if (port !== cameraPort) socket.send(datagram, cameraPort, "127.0.0.1");
      else lose(datagram, (passed) => socket.send(passed, client[index], "127.0.0.1"));
    });
  }
  return {
    ports: [first, first + 1],
    client,
    setCamera(ports) {
      camera = ports;
    },
    close() {
      rtp.close();
      rtcp.close();
    },
  };
}

/** RTP has an even port and RTCP the next one. */
export async function bindPair(): Promise<[Datagrams, Datagrams]> {
  for (;;) {
    const rtp = await bind(0);
    const port = rtp?.address().port ?? 1;
    const rtcp = port % 2 === 0 ? await bind(port + 1) : undefined;
    if (rtp !== undefined && rtcp !== undefined) return [rtp, rtcp];
    rtp?.close();
  }
}

async function bind(port: number): Promise<Datagrams | undefined> {
  const socket = createSocket("udp4");
  try {
    socket.bind(port, "127.0.0.1");
    await once(socket, "listening");
    return socket;
  } catch {
    socket.close();
    return undefined;
  }
}

function createLoser(faults: () => DatagramFaults, random: () => number): Lose {
  let late: Buffer | undefined;
  return (datagram, pass) => {
    const { loss, reorder } = faults();
    if (random() < loss) return;
    if (late === undefined && random() < reorder) {
      late = datagram;
      return;
    }
    pass(datagram);
    if (late !== undefined) pass(late);
    late = undefined;
  };
}
