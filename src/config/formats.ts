/** Texts with a format of their own: names, addresses, mounts, command lines. */

import { isIP } from "node:net";
import { splitCommandLine } from "./command-line.js";
import { splitAddress } from "./credentials.js";
import type { ListenAddress } from "./model.js";
import { FROM_ENVIRONMENT, type Reading, scalar, text } from "./scalar.js";

export const NAME_PATTERN = "^[a-z0-9][a-z0-9_-]{0,63}$";
export const NAME_HINT = "a name has up to 64 of a–z, 0–9, - and _, and begins with a letter or a digit";

export function isName(written: string): boolean {
  return new RegExp(NAME_PATTERN).test(written);
}

/** The nearest name that would do, for the hint. */
export function nameLike(written: string): string | undefined {
  const candidate = written
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, "-")
    .replace(/^[-_]+|-+$/g, "")
    .slice(0, 64);
  return isName(candidate) ? candidate : undefined;
}

export function name(type: string) {
  return text({ type, jsonSchema: { type: "string", pattern: NAME_PATTERN } }, (written): Reading<string> => {
    return isName(written) ? { value: written } : { problem: `is no ${type}`, hint: NAME_HINT };
  });
}

/** The address of a camera, its credentials split off. */
export function address() {
  const jsonSchema = { type: "string", pattern: `^rtsps?://|^${FROM_ENVIRONMENT}` };
  return text({ type: "rtsp:// address", jsonSchema }, splitAddress);
}

/** Permission bits, with those in `needed`. In quotes, because YAML reads a bare 0640 as the number 640. */
export function fileMode(needed: number) {
  const pattern = `^0?[67][0-7]{2}$|${FROM_ENVIRONMENT}`;
  const jsonSchema = { type: "string", pattern, examples: ["0640", "0750"] };
  return text({ type: "mode", jsonSchema }, (written): Reading<number> => {
    const mode = /^0?[0-7]{3}$/.test(written) ? Number.parseInt(written, 8) : Number.NaN;
    if (Number.isNaN(mode)) return { problem: "is no mode", hint: 'write octal digits in quotes, as in "0640"' };
    if ((mode & needed) === needed) return { value: mode };
    return { problem: "keeps dslrs itself out", hint: `the least is "0${needed.toString(8)}"` };
  });
}

export function mountPath() {
  const jsonSchema = { type: "string", pattern: "^(/[A-Za-z0-9._~-]+)+$" };
  return text({ type: "path", jsonSchema }, (written): Reading<string> => {
    if (written.length <= 256 && /^(\/[A-Za-z0-9._~-]+)+$/.test(written)) return { value: written };
    return { problem: "is no path", hint: "begin with a slash, then letters, digits, . _ ~ -, as in /front-door" };
  });
}

/** The router keeps that many sockets of each kind. */
const MOST_ADDRESSES = 16;

/** Where to listen, at one address or at several. A port alone means this machine only. */
export function listenAddresses() {
  const one = { type: ["string", "integer"], examples: ["127.0.0.1:8554"] };
  const several = { type: "array", items: one, minItems: 1, maxItems: MOST_ADDRESSES };
  const notes = { type: "address:port, or a list", jsonSchema: { anyOf: [one, several] } };
  return scalar(notes, (written): Reading<readonly ListenAddress[]> => {
    const entries: readonly unknown[] = Array.isArray(written) ? written : [written];
    if (entries.length === 0 || entries.length > MOST_ADDRESSES) {
      return { problem: "is no list of addresses", hint: `write one to ${MOST_ADDRESSES} addresses` };
    }
    const readings = entries.map(readListenAddress);
    const wrong = readings.find((each) => "problem" in each);
    if (wrong) return wrong;
    const addresses = readings.flatMap((each) => ("value" in each ? [each.value] : []));
    const isTwice = new Set(addresses.map(listenText)).size < addresses.length;
    return isTwice ? { problem: "has an address twice", hint: "keep one of them" } : { value: addresses };
  });
}

export function listenText({ host, port }: ListenAddress): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function readListenAddress(written: unknown): Reading<ListenAddress> {
  const [, bracketed, bare, digits] = /^(?:(?:\[(.*)\]|([^:[\]]*)):)?(\d{1,5})$/.exec(String(written)) ?? [];
  const host = bracketed ?? (bare === undefined || bare === "" || bare === "localhost" ? "127.0.0.1" : bare);
  const port = Number(digits);
  const isAddress = isIP(host) === (bracketed === undefined ? 4 : 6) && !host.includes("%");
  if (isAddress && port >= 1 && port <= 65535) return { value: { host, port } };
  return {
    problem: "is no address to listen on",
    hint: 'write 8554, 127.0.0.1:8554, 0.0.0.0:8554 or "[::1]:8554"; a port alone listens on this machine only',
  };
}

/** An address, or a network such as 192.168.1.0/24. */
export function network() {
  const notes = { type: "address or network", jsonSchema: { type: "string", examples: ["192.168.1.0/24", "::1"] } };
  return text(notes, (written): Reading<string> => {
    const [address = "", prefix, ...more] = written.split("/");
    const family = address.includes("%") ? 0 : isIP(address);
    const most = family === 4 ? 32 : 128;
    const length = prefix === undefined ? most : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
    if (family === 0 || more.length > 0 || length < 0 || length > most) {
      const hint = "write an address, or a network as in 192.168.1.0/24 or 2001:db8::/32";
      return { problem: "is no address or network", hint };
    }
    return { value: written };
  });
}

const GROUP_HINT = "write one from 224.0.1.0 to 239.255.255.255; 239.0.0.0/8 is for private use";

/** A group that packets may be sent to: none of those that stay with the routers of a link (224.0.0.0/24). */
export function multicastGroup() {
  const notes = { type: "multicast address", jsonSchema: { type: "string", examples: ["239.1.2.3"] } };
  return text(notes, (written): Reading<string> => {
    if (isIP(written) !== 4) return { problem: "is no IPv4 address", hint: GROUP_HINT };
    const first = Number(written.split(".")[0]);
    const isGroup = first >= 224 && first <= 239 && !written.startsWith("224.0.0.");
    return isGroup ? { value: written } : { problem: "is no multicast address to send to", hint: GROUP_HINT };
  });
}

/** The first of the ports of a group; RTP takes an even one, RTCP the next. */
export function groupPort() {
  const jsonSchema = { anyOf: [{ type: "integer", minimum: 1024, maximum: 65532, multipleOf: 2 }, { type: "string" }] };
  return scalar({ type: "even number, 1024–65532", jsonSchema }, (written): Reading<number> => {
    const port = typeof written === "string" && /^\d{1,5}$/.test(written) ? Number(written) : written;
    if (typeof port !== "number" || !Number.isInteger(port) || port < 1024 || port > 65532)
      return { problem: "is no port in range", hint: "write an even number from 1024 to 65532" };
    return port % 2 === 0 ? { value: port } : { problem: "is odd", hint: `take ${port - 1}: RTP has even ports` };
  });
}

/** A literal command line, split into words. */
export function commandLine() {
  const notes = { type: "command line", jsonSchema: { type: "string", minLength: 1 } };
  return text(notes, (written): Reading<{ command: string; argv: readonly string[] }> => {
    const split = splitCommandLine(written);
    return "value" in split ? { value: { command: written, argv: split.value } } : split;
  });
}
