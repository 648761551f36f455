/** Takes credentials out of addresses, and out of any text that is to be shown. */

import type { Reading } from "./scalar.js";

export interface SplitAddress {
  /** Without credentials. */
  readonly uri: string;
  readonly user?: string;
  readonly password?: string;
}

const SCHEMES = new Set(["rtsp", "rtsps"]);

/** People write passwords as they are, so `@ : / # %` in them are understood where the result is not ambiguous. */
export function splitAddress(written: string): Reading<SplitAddress> {
  const [, scheme, rest] = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(.*)$/s.exec(written) ?? [];
  if (scheme === undefined || rest === undefined || !SCHEMES.has(scheme.toLowerCase())) {
    return { problem: "is no rtsp:// address", hint: "write rtsp://host/path or rtsps://host/path" };
  }
  if (hasControlOrSpace(rest)) return { problem: "has a space in it", hint: "write %20 for a space in an address" };
  const at = endOfCredentials(rest);
  if (at === "ambiguous") {
    return { problem: "can be read in two ways", hint: "put user and password into `user:` and `password:`" };
  }
  const location = rest.slice(at + 1);
  if (!startsWithHost(location)) {
    return { problem: "has no valid host", hint: "write rtsp://host/path or rtsp://host:port/path" };
  }
  const uri = `${scheme.toLowerCase()}://${location}`;
  return { value: at < 0 ? { uri } : { uri, ...readCredentials(rest.slice(0, at)) } };
}

/**
 * For excerpts of a config: whatever looks like a secret becomes `***`. It masks more than `redact` of the reports, which must not take an
 * address with an `@` in its path, or "password:" in a sentence, for one.
 */
export function maskSecrets(text: string): string {
  return text
    .replace(/(:\/\/)\S*@/g, "$1***@")
    .replace(/((?:pass(?:word|wd)?|pwd|pw|secret|token)["']?\s*[=:]\s*)("[^"]*"?|'[^']*'?|[^\s&,}]+)/gi, "$1***");
}

/** Index of the `@` that ends the credentials, -1 where there are none. */
function endOfCredentials(rest: string): number | "ambiguous" {
  const slash = rest.indexOf("/");
  const authority = slash < 0 ? rest : rest.slice(0, slash);
  const inAuthority = authority.lastIndexOf("@");
  if (inAuthority >= 0 && startsWithHost(rest.slice(inAuthority + 1))) return inAuthority;
  // A later `@` belongs to the path, unless `authority` is `user:begin-of-a-password-with-a-slash`.
  const later = rest.lastIndexOf("@");
  if (later === inAuthority || !/^[^[\]:]*:./.test(authority)) return inAuthority;
  return startsWithHost(authority) ? "ambiguous" : later;
}

function startsWithHost(location: string): boolean {
  const [, host, port] = /^(\[[0-9A-Fa-f:.%]+\]|[^:/?#[\]@]+)(?::(\d{1,5}))?(?:[/?#]|$)/.exec(location) ?? [];
  return host !== undefined && (port === undefined || (Number(port) >= 1 && Number(port) <= 65535));
}

function readCredentials(written: string): { user: string; password?: string } {
  const colon = written.indexOf(":");
  if (colon < 0) return { user: decode(written) };
  return { user: decode(written.slice(0, colon)), password: decode(written.slice(colon + 1)) };
}

/** A `%` that begins no escape stands for itself. */
function decode(written: string): string {
  try {
    return decodeURIComponent(written);
  } catch {
    return written;
  }
}

function hasControlOrSpace(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return /[\u0000-\u0020\u007f]/.test(text);
}
