/** The hosts of all sources, by address and port. One exists while a stream's source is on it. */

import { streamAddress } from "../report/host-name.js";
import {
  createHost,
  type Found,
  type Host,
  type HostListener,
  type HostParts,
  type HostView,
  type HostWatch,
} from "./host.js";
import { streamOf } from "./stream-probe.js";

export interface HostsParts extends Pick<HostParts, "clock" | "log" | "onChange"> {
  /** Asks the source of that address, without the worker. */
  readonly probe: (uri: string, deadlineMs: number) => Promise<Found>;
}

export interface Hosts {
  /** `undefined`: that address names no host. */
  watch(uri: string, listener: HostListener): HostWatch | undefined;
  /** The source at that address is back: those who wait for it need not look. */
  answered(uri: string): void;
  /** Those whose breaker is not closed. */
  away(): HostView[];
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { "rtsp:": "554", "rtsps:": "322" };

export function createHosts({ probe, ...parts }: HostsParts): Hosts {
  const hosts = new Map<string, Host>();
  return {
    watch(uri, listener) {
      const address = addressOf(uri);
      if (address === undefined) return undefined;
      const host = hosts.get(address) ?? createHost({ ...parts, address, probe: (ms) => probe(uri, ms) });
      hosts.set(address, host);
      const watch = host.join(listener);
      return {
        ...watch,
        leave() {
          watch.leave();
          if (host.streams() === 0 && hosts.get(address) === host) hosts.delete(address);
        },
      };
    },
    answered(uri) {
      hosts.get(addressOf(uri) ?? "")?.answered();
    },
    away: () => [...hosts.values()].map((host) => host.view()).filter(({ breaker }) => breaker !== "closed"),
  };
}

export function addressOf(uri: string): string | undefined {
  const stream = streamOf(uri);
  if (stream !== undefined) return streamAddress(stream);
  if (!URL.canParse(uri)) return undefined;
  const { protocol, hostname, port } = new URL(uri);
  return hostname === "" ? undefined : `${hostname.toLowerCase()}:${port || (DEFAULT_PORTS[protocol] ?? "")}`;
}
