/** TCP servers that do one odd thing to everybody who connects. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

const fixture = (name: string) => readFileSync(new URL(`../worker/fixtures/${name}`, import.meta.url), "utf8");

/** Made for localhost and 127.0.0.1, signed by itself. */
export const CERTIFICATE = fixture("camera-cert.pem");
export const KEY = fixture("camera-key.pem");

export interface OddServer {
  readonly port: number;
  /** Resolves when every client has gone; so one that leaks its connection is noticed. */
  stop(): Promise<void>;
}

/** `behave` gets each connection, whose own errors are ignored. */
export function oddServer(behave: (socket: Socket) => void, host = "127.0.0.1"): Promise<OddServer> {
  return listening(createServer(tolerant(behave)), host);
}

export function oddTlsServer(behave: (socket: Socket) => void, host = "127.0.0.1"): Promise<OddServer> {
  const server = createTlsServer({ cert: CERTIFICATE, key: KEY }, tolerant(behave));
  return listening(
    server.on("tlsClientError", () => undefined),
    host,
  );
}

function tolerant(behave: (socket: Socket) => void): (socket: Socket) => void {
  return (socket) => behave(socket.on("error", () => undefined).resume());
}

async function listening(server: Server, host: string): Promise<OddServer> {
  server.listen(0, host);
  await once(server, "listening");
  return {
    port: portOf(server),
    async stop() {
      server.close();
      await once(server, "close");
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the server does not listen on a port");
  return address.port;
}

/** A port that was free a moment ago. */
export async function closedPort(): Promise<number> {
  const { port, stop } = await oddServer(() => undefined);
  await stop();
  return port;
}

/** Packets to it get no answer, as behind a firewall: the backlog of a process that never accepts is full. */
export async function blackHole(): Promise<OddServer> {
  const child = spawn(process.execPath, ["-e", NEVER_ACCEPTS], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(child.stdout, "data");
  const port = Number(String(line));
  // Linux takes one more than the backlog.
  const fill = [connect(port, "127.0.0.1"), connect(port, "127.0.0.1")];
  await Promise.all(fill.map((socket) => once(socket, "connect")));
  return { port, stop: () => close(child, fill) };
}

const NEVER_ACCEPTS = `
const server = require("node:net").createServer();
server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
  require("node:fs").writeSync(1, String(server.address().port));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});`;

async function close(child: ChildProcess, fill: readonly Socket[]): Promise<void> {
  for (const socket of fill) socket.on("error", () => undefined).destroy();
  child.kill("SIGKILL");
  await once(child, "exit");
}
