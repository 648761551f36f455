/**
 * A bad network between a worker and a camera, for everything that goes over TCP: a proxy on the loopback that delays, stalls, cuts,
 * starves and damages what passes. Faults concern the connections there are and those to come.
 */

import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

export type Direction = "toCamera" | "toClient";

export interface LinkFaults {
  readonly delayMs: number;
  /** Nothing passes that way, and nothing is lost: it comes when the stall is over. */
  readonly stalled: readonly Direction[];
  /** Towards the client, of each connection: the requests the other way are small, and gst-rtsp-server waits for ever on some in pieces. */
  readonly bytesPerSecond: number;
  /** Share of the bytes towards the client that get a wrong bit. */
  readonly corruptRate: number;
}

export interface FaultProxy {
  readonly port: number;
  uri(path: string): string;
  /** What is not named stays as it is. */
  set(faults: Partial<LinkFaults>): void;
  /** No faults; connections that were cut stay so. */
  behave(): void;
  /** Ends all connections in order (FIN), in both directions. */
  cut(): void;
  /** Ends one direction in order; the other goes on. */
  halfClose(direction: Direction): void;
  /** Ends all connections with a reset (RST). */
  reset(): void;
  /** Connections are refused; those there are go on. */
  close(): void;
  /** Takes connections again, on the same port. */
  open(): Promise<void>;
  stop(): Promise<void>;
}

export interface FaultProxyOptions {
  /** From 0 to 1; for a run that can be repeated. */
  readonly random?: () => number;
}

const NO_FAULTS: LinkFaults = { delayMs: 0, stalled: [], bytesPerSecond: Number.POSITIVE_INFINITY, corruptRate: 0 };

/** How finely a limited rate is dealt out. */
const PORTION_MS = 20;

/** What one direction of a connection holds before its sender has to wait. */
const MOST_QUEUED_BYTES = 1 << 20;

interface Pump {
  readonly direction: Direction;
  /** The faults changed. */
  wake(): void;
  end(): void;
}

export async function startProxy(
  cameraPort: number,
  { random = Math.random }: FaultProxyOptions = {},
): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  const pumps = new Set<Pump>();
  let faults = NO_FAULTS;
  let server = createListener(relay);
  const port = await listen(server, 0);

  function relay(client: Socket): void {
    const camera = connect({ port: cameraPort, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    for (const [socket, other] of [
      [client, camera],
      [camera, client],
    ] as const) {
      sockets.add(socket);
      // What ends one side with an error ends the other: a reset is passed on as one.
      socket.on("error", () => other.resetAndDestroy());
      socket.on("close", () => sockets.delete(socket));
    }
    addPump(client, camera, "toCamera");
    addPump(camera, client, "toClient");
  }

  function addPump(from: Socket, to: Socket, direction: Direction): void {
    const pump = createPump(from, to, direction, () => faults, random);
    pumps.add(pump);
    to.on("close", () => {
      pumps.delete(pump);
      from.destroy();
    });
  }

  function set(changed: Partial<LinkFaults>): void {
    faults = { ...faults, ...changed };
    for (const pump of pumps) pump.wake();
  }

  function end(wanted: (pump: Pump) => boolean): void {
    for (const pump of [...pumps].filter(wanted)) pump.end();
  }

  return {
    port,
    uri: (path) => `rtsp://127.0.0.1:${port}${path}`,
    set,
    behave: () => set(NO_FAULTS),
    cut: () => end(() => true),
    halfClose: (direction) => end((pump) => pump.direction === direction),
    reset() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    close() {
      server.close();
    },
    async open() {
      if (server.listening) return;
      server = createListener(relay);
      await listen(server, port);
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      if (!server.listening) return;
      server.close();
      await once(server, "close");
    },
  };
}

function createListener(onConnection: (client: Socket) => void): Server {
  return createServer({ allowHalfOpen: true, noDelay: true }, onConnection);
}

/** The port it got. */
async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

function createPump(
  from: Socket,
  to: Socket,
  direction: Direction,
  faults: () => LinkFaults,
  random: () => number,
): Pump {
  const queue: { bytes: Buffer; dueAt: number }[] = [];
  let queuedBytes = 0;
  let timer: NodeJS.Timeout | undefined;
  let hasEnded = false;

  from.on("data", (bytes: Buffer) => {
    if (hasEnded) return;
    const { delayMs, corruptRate } = faults();
    if (direction === "toClient") damage(bytes, corruptRate, random);
    queue.push({ bytes, dueAt: performance.now() + delayMs });
    queuedBytes += bytes.length;
    if (queuedBytes > MOST_QUEUED_BYTES) from.pause();
    if (queue.length === 1) wake();
  });
  from.on("end", () => {
    hasEnded = true;
    wake();
  });
  to.on("drain", wake);

  function wake(): void {
    clearTimeout(timer);
    if (to.destroyed || faults().stalled.includes(direction)) return;
    let head = queue[0];
    while (head !== undefined && head.dueAt <= performance.now() && !to.writableNeedDrain) {
      passPortion(head);
      head = queue[0];
    }
    if (queuedBytes <= MOST_QUEUED_BYTES) from.resume();
    if (head === undefined && hasEnded) to.end();
    else if (head !== undefined && !to.writableNeedDrain) timer = setTimeout(wake, head.dueAt - performance.now());
  }

  /** As much as a limited rate allows at once; the rest is due later. */
  function passPortion(head: { bytes: Buffer; dueAt: number }): void {
    const bytesPerSecond = direction === "toClient" ? faults().bytesPerSecond : Number.POSITIVE_INFINITY;
    const portion = head.bytes.subarray(0, Math.max(1, (bytesPerSecond * PORTION_MS) / 1000));
    to.write(portion);
    queuedBytes -= portion.length;
    head.bytes = head.bytes.subarray(portion.length);
    if (head.bytes.length === 0) queue.shift();
    const next = queue[0];
    if (next !== undefined && Number.isFinite(bytesPerSecond))
      next.dueAt = Math.max(next.dueAt, performance.now() + (portion.length * 1000) / bytesPerSecond);
  }

  return {
    direction,
    wake,
    end() {
      hasEnded = true;
      queue.length = 0;
      queuedBytes = 0;
      clearTimeout(timer);
      to.end();
    },
  };
}

function damage(bytes: Buffer, rate: number, random: () => number): void {
  if (rate === 0) return;
  for (let index = 0; index < bytes.length; index++)
    if (random() < rate) bytes.writeUInt8(bytes.readUInt8(index) ^ (1 << Math.floor(random() * 8)), index);
}
