/** From `source:` as written to the model: paths absolute, passwords read, every way to give credentials made one list. */

import type { Credential, SourceConfig, Tls } from "./model.js";
import { absolute, readCertificates, readPassword, type Surroundings } from "./named-files.js";
import type { Complain } from "./resolve.js";
import type { Reading } from "./scalar.js";
import type { WrittenStream } from "./schema.js";

type WrittenSource = NonNullable<WrittenStream["source"]>;
type RtspSource = Extract<WrittenSource, { type: "rtsp" }>;

/** `undefined` where something is wrong with it; `complain` takes paths that begin in the stream. */
export function resolveSource(
  source: WrittenSource,
  around: Surroundings,
  complain: Complain,
): SourceConfig | undefined {
  switch (source.type) {
    case "rtsp":
      return resolveRtsp(source, around, complain);
    case "file":
      return { kind: "file", path: absolute(source.path, around), loop: source.loop, resume: source.resume };
    case "test": {
      const { size, pattern, fps, bitrate } = source;
      return { kind: "test", pattern, ...size, fps, bitrate };
    }
    case "pipeline":
      return { kind: "pipeline", pipeline: source.pipeline };
    case "stream":
      return { kind: "stream", from: source.from };
  }
}

/** Where a file is at fault, the source is returned all the same, as one that cannot be connected to. */
function resolveRtsp(source: RtspSource, around: Surroundings, complainFurther: Complain): SourceConfig | undefined {
  let unreadable: string | undefined;
  const complain: Complain = (path, problem, hint, fault) => {
    if (fault === "file") unreadable ??= `Its ${path.at(-1)} ${problem}.`;
    complainFurther(path, problem, hint, fault);
  };
  const { transport, latency } = source;
  const { uri } = source.uri;
  const credentials = resolveCredentials(source, around, complain);
  const tls = resolveTls(source, around, complain);
  if (!credentials || !tls) return undefined;
  const resolved = { kind: "rtsp", uri, transport, latencyMs: latency, tls } as const;
  return unreadable === undefined ? { ...resolved, credentials } : { ...resolved, credentials: [], unreadable };
}

/** Credentials may stand in the address, in `user` and `password`, or in a list; in one place only. */
function resolveCredentials(
  source: RtspSource,
  around: Surroundings,
  complain: Complain,
): readonly Credential[] | undefined {
  const { credentials, uri } = source;
  if (credentials === undefined) return resolveSingle(source, around, complain);
  const others = [source.user, source.password, source.passwordFile, uri.user].filter((each) => each !== undefined);
  if (others.length > 0) {
    complain(["source", "credentials"], "is not the only place with credentials", "move them all into this list");
    return undefined;
  }
  const sets = credentials.map((set, index) => resolveSet(set, ["source", "credentials", index], around, complain));
  return sets.every((each) => each !== undefined) ? sets : undefined;
}

function resolveSingle(
  source: RtspSource,
  around: Surroundings,
  complain: Complain,
): readonly Credential[] | undefined {
  const { user: userInUri, password: passwordInUri } = source.uri;
  const passwords = [source.password, source.passwordFile, passwordInUri].filter((each) => each !== undefined);
  if (passwords.length > 1 || (source.user !== undefined && userInUri !== undefined)) {
    complain(["source"], "has its credentials in two places", "keep one: the address, `password` or `passwordFile`");
    return undefined;
  }
  const user = source.user ?? userInUri;
  if (user === undefined) {
    if (passwords.length === 0) return [];
    complain(["source"], "has a password without a user", "add `user:`");
    return undefined;
  }
  const { password = passwordInUri, passwordFile } = source;
  const set = resolveSet({ user, password, passwordFile }, ["source"], around, complain);
  return set && [set];
}

interface WrittenSet {
  readonly user: string;
  readonly password?: string | undefined;
  readonly passwordFile?: string | undefined;
}

function resolveSet(set: WrittenSet, at: Place, around: Surroundings, complain: Complain): Credential | undefined {
  const { user, password, passwordFile } = set;
  if (passwordFile === undefined) return { user, ...(password !== undefined && { password }) };
  if (password !== undefined) {
    complain(at, "has two passwords", "keep one: `password` or `passwordFile`");
    return undefined;
  }
  const read = readPassword(passwordFile, around);
  return accept(read, [...at, "passwordFile"], complain, (value) => ({ user, password: value })) ?? { user };
}

/** For a plain connection it would be a promise that is not kept. */
function resolveTls({ tls, uri }: RtspSource, around: Surroundings, complain: Complain): Tls | undefined {
  if (tls === undefined) return { insecure: false };
  if (!uri.uri.startsWith("rtsps://")) {
    complain(["source", "tls"], "is for rtsps:// addresses only", "remove it, or write rtsps:// if the camera has it");
    return undefined;
  }
  const { ca, insecure } = tls;
  if (ca === undefined) return { insecure };
  const read = readCertificates(ca, around);
  const trusting = accept(read, ["source", "tls", "ca"], complain, ({ file, digest }) => {
    return { caFile: file, caDigest: digest, insecure };
  });
  return trusting ?? { insecure: false };
}

type Place = Parameters<Complain>[0];

function accept<T, U>(reading: Reading<T>, at: Place, complain: Complain, use: (value: T) => U): U | undefined {
  if ("value" in reading) return use(reading.value);
  complain(at, reading.problem, reading.hint, "file");
  return undefined;
}
