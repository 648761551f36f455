/** A port that takes connections, says nothing, and counts: what a host that is away to everybody sees of those who look for it. */

import { once } from "node:events";
import { createServer, type Socket } from "node:net";

export interface SilentPort {
  readonly port: number;
  /** So many came so far. */
  readonly connections: () => number;
  /** So many were open at the same time. */
  readonly mostAtOnce: () => number;
  stop(): Promise<void>;
}

/** `port` 0: any free one. */
export async function startSilentPort(port: number): Promise<SilentPort> {
  const open = new Set<Socket>();
  let connections = 0;
  let mostAtOnce = 0;
  const server = createServer((socket) => {
    connections += 1;
    open.add(socket);
    mostAtOnce = Math.max(mostAtOnce, open.size);
    socket.on("error", () => undefined).resume();
    socket.on("close", () => open.delete(socket));
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    connections: () => connections,
    mostAtOnce: () => mostAtOnce,
    async stop() {
      if (!server.listening) return;
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
