/**
 * Host names to addresses, by the system's own rules. The system cannot be told to give up, and while a name server is away each
 * question holds one of the four threads that also serve every file of the process: so equal questions share one, and two are the most.
 */

import { promises as dns, type LookupAddress } from "node:dns";

export type Lookup = (host: string) => Promise<readonly LookupAddress[]>;

const MOST_AT_ONCE = 2;

/** Rejects with the system's error. */
export function createLookup(ask: Lookup = (host) => dns.lookup(host, { all: true })): Lookup {
  const open = new Map<string, Promise<readonly LookupAddress[]>>();
  const waiting: (() => void)[] = [];
  let asked = 0;

  async function inTurn(host: string) {
    if (asked >= MOST_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
    else asked += 1;
    try {
      return await ask(host);
    } finally {
      open.delete(host);
      const next = waiting.shift();
      // The next one takes over this place.
      if (next) next();
      else asked -= 1;
    }
  }

  return (host) => {
    const found = open.get(host) ?? inTurn(host);
    open.set(host, found);
    return found;
  };
}
