/**
 * What an instance is made of, in a form that can be written down and compared: every secret is replaced by a keyed fingerprint.
 * `plan.ts` compares two of these; `spec.json` in a bundle holds the one of a living worker.
 */

import { listenText } from "../config/formats.js";
import type {
  Config,
  Limits,
  MediaStream,
  OutputConfig,
  ReconnectLimit,
  RecordingsConfig,
  SimulatedCamera,
  SourceConfig,
  StreamConfig,
  Substream,
  Timeouts,
} from "../config/model.js";
import type { StreamPolicy } from "./states.js";

export interface StreamSpec {
  readonly name: string;
  readonly program: ProgramSpec;
  readonly outputs: readonly OutputSpec[];
  readonly limits: Limits;
  readonly policy: PolicySpec;
  /** Fingerprint of the commands that follow recordings and viewers; `null`: there are none. */
  readonly hook: string | null;
}

/**
 * `access`: fingerprint of who may watch what is served; left out, everybody may. `substream`: fingerprint of the smaller picture that is
 * served on weak lines.
 */
export type OutputSpec = OutputConfig & { readonly access?: string; readonly substream?: string };

/** What the supervisor goes by, and no worker needs to know. */
export type PolicySpec = Pick<StreamPolicy, "retry" | "timeouts">;

/** `fingerprint` covers all of the source, but for its substream, or of the command, secrets included. */
export type ProgramSpec =
  | { readonly kind: "worker"; readonly source: ShownSource; readonly fingerprint: string }
  | { readonly kind: "command"; readonly fingerprint: string };

/** A source as it may be shown. */
export interface ShownSource {
  readonly kind: SourceConfig["kind"];
  /** Where it comes from, without credentials. */
  readonly uri: string;
}

/** The simulated cameras of one port are one process. */
export interface CameraSpec {
  readonly port: number;
  readonly names: readonly string[];
  readonly fingerprint: string;
}

/** How much of all recordings stays. */
export type KeepingSpec = Pick<RecordingsConfig, "keepBytes" | "reserveBytes">;

/** What the router goes by, beside the mounts. */
export interface RouterSpec {
  readonly listen: readonly string[];
  /** Through TLS. */
  readonly tlsListen: readonly string[];
  /** Fingerprint of certificate and key; `null`: there is no TLS. */
  readonly certificate: string | null;
  readonly limits: RouterLimits;
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

export interface RouterLimits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly viewers?: number;
}

export interface InstanceSpec {
  readonly router: RouterSpec;
  readonly reconnects: ReconnectLimit;
  readonly keeping: KeepingSpec;
  readonly cameras: readonly CameraSpec[];
  readonly streams: readonly StreamSpec[];
}

/** Before there is a config. */
export const NOTHING: InstanceSpec = {
  router: {
    listen: [],
    tlsListen: [],
    certificate: null,
    limits: { connections: 0, connectionsPerAddress: 0 },
    allow: [],
    deny: [],
  },
  reconnects: { perSecond: 20, burst: 40 },
  keeping: { keepBytes: 0, reserveBytes: "auto" },
  cameras: [],
  streams: [],
};

/** Keyed, one way: equal texts have equal fingerprints, and nobody without the key can try passwords against one. */
export type Fingerprint = (text: string) => string;

/** Takes passwords out of a text that may hold a URI. */
export type Redact = (text: string) => string;

export function instanceSpec(config: Config, fingerprint: Fingerprint, redact: Redact): InstanceSpec {
  return {
    router: routerSpec(config, fingerprint),
    reconnects: config.reconnects,
    keeping: { keepBytes: config.recordings.keepBytes, reserveBytes: config.recordings.reserveBytes },
    cameras: [...camerasByPort(config)].map(([port, cameras]) => ({
      port,
      names: cameras.map((camera) => camera.name),
      fingerprint: fingerprint(JSON.stringify(cameras)),
    })),
    streams: config.streams.map((stream) => streamSpec(stream, fingerprint, redact)),
  };
}

export function streamSpec(stream: StreamConfig, fingerprint: Fingerprint, redact: Redact): StreamSpec {
  const { name, limits } = stream;
  const { retry, timeouts } = streamPolicy(stream);
  const policy = { retry, timeouts };
  if (stream.kind === "command") {
    const program = { kind: "command", fingerprint: fingerprint(JSON.stringify(stream.argv)) } as const;
    return { name, program, outputs: [], limits, policy, hook: null };
  }
  const { source, outputs, hooks } = stream;
  const shown = { kind: source.kind, uri: redact(sourceUri(source)) };
  return {
    name,
    program: { kind: "worker", source: shown, fingerprint: fingerprint(JSON.stringify(withoutSubstream(source))) },
    outputs: outputs.map((output) => outputSpec(output, stream, fingerprint)),
    limits,
    policy,
    hook: hooks === undefined ? null : fingerprint(JSON.stringify(hooks)),
  };
}

/** The ingest has nothing to do with it. */
export function withoutSubstream(source: SourceConfig): SourceConfig {
  if (source.kind !== "rtsp") return source;
  const { substream: _, ...rest } = source;
  return rest;
}

export function substreamOf(source: SourceConfig): Substream | undefined {
  return source.kind === "rtsp" ? source.substream : undefined;
}

function outputSpec(output: OutputConfig, stream: MediaStream, fingerprint: Fingerprint): OutputSpec {
  if (output.kind !== "rtsp") return output;
  const { access } = stream;
  const substream = substreamOf(stream.source);
  return {
    ...output,
    ...(access && { access: fingerprint(JSON.stringify(access)) }),
    ...(substream && { substream: fingerprint(JSON.stringify(substream)) }),
  };
}

/** A command decides for itself how long it waits for its source. */
const COMMAND_TIMEOUTS: Timeouts = { connectMs: 5_000, firstFrameMs: 15_000, stallMs: "auto" };

export function streamPolicy(stream: StreamConfig): StreamPolicy {
  const { retry } = stream;
  if (stream.kind === "command")
    return { retry, timeouts: COMMAND_TIMEOUTS, credentials: 0, canProbe: false, hasOrigin: false };
  const { source, timeouts } = stream;
  const credentials = source.kind === "rtsp" ? source.credentials.length : 0;
  const hasOrigin = source.kind === "stream";
  return { retry, timeouts, credentials, canProbe: hostUri(source) !== undefined, hasOrigin };
}

/** The address of a source that is elsewhere, and may be away; `undefined` of one that is not. */
export function hostUri(source: SourceConfig): string | undefined {
  return source.kind === "rtsp" || source.kind === "stream" ? sourceUri(source) : undefined;
}

export function sourceUri(source: SourceConfig): string {
  switch (source.kind) {
    case "rtsp":
      return source.uri;
    case "file":
      return source.path;
    case "test":
      return `test:${source.pattern}`;
    case "pipeline":
      return source.pipeline;
    case "stream":
      return streamUri(source.from);
  }
}

/** The address of a source that is another stream. */
export function streamUri(name: string): string {
  return `stream://${name}`;
}

export function camerasByPort(config: Config): Map<number, SimulatedCamera[]> {
  const byPort = new Map<number, SimulatedCamera[]>();
  for (const camera of config.cameras) byPort.set(camera.port, [...(byPort.get(camera.port) ?? []), camera]);
  return byPort;
}

/** Mount to stream name. */
export function mountsOf(streams: readonly StreamSpec[]): Map<string, string> {
  return new Map(
    streams.flatMap(({ name, outputs }) =>
      outputs.flatMap((output) => (output.kind === "rtsp" ? [[output.mount, name] as const] : [])),
    ),
  );
}

export function routerSpec({ rtsp, rtsps }: Pick<Config, "rtsp" | "rtsps">, fingerprint: Fingerprint): RouterSpec {
  const { listen, allow, deny, maxConnections, maxConnectionsPerAddress, maxViewers } = rtsp;
  return {
    listen: listen.map(listenText),
    tlsListen: rtsps?.listen.map(listenText) ?? [],
    certificate: rtsps ? fingerprint(rtsps.pem) : null,
    limits: {
      connections: maxConnections,
      connectionsPerAddress: maxConnectionsPerAddress,
      ...(maxViewers !== undefined && { viewers: maxViewers }),
    },
    allow,
    deny,
  };
}
