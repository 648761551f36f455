/** Ports for who is to listen on one later, or again. */

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";

const LOWEST = 10_000;
/** From there on, at the latest by default, the kernel gives ports to whoever connects or asks for any. */
const NO_HIGHER_THAN = 32_768;

const given = new Set<number>();

function ceiling(): number {
  const [lowestOfKernel = 0] = readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8").split(/\s+/).map(Number);
  return lowestOfKernel > LOWEST + 1_000 ? Math.min(lowestOfKernel, NO_HIGHER_THAN) : NO_HIGHER_THAN;
}

/** A TCP port of the loopback that nobody has, and that nobody is given by chance. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (ceiling() - LOWEST));
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    server.close();
    await once(server, "close");
    return true;
  } catch {
    return false;
  }
}
