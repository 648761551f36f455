/**
 * The config as the rest of the program sees it: defaults merged in, units parsed, paths absolute, secrets resolved.
 * `schema.ts` describes what the user writes and yields this.
 */

export interface Config {
  readonly instance: string;
  /** Absolute path of the file it came from. */
  readonly path: string;
  readonly rtsp: RtspConfig;
  /** `null`: nothing is served through TLS. */
  readonly rtsps: RtspsConfig | null;
  readonly users: readonly User[];
  readonly recordings: RecordingsConfig;
  readonly reconnects: ReconnectLimit;
  readonly cameras: readonly SimulatedCamera[];
  /** In the order of the file. */
  readonly streams: readonly StreamConfig[];
}

export interface User {
  readonly name: string;
  /** MD5 of `NAME:dslrs:PASSWORD` in hex: as good as the password. Where it is missing, nobody is let in by that name. */
  readonly hash?: string;
}

/** Where the files of a recorder go. */
export type RecordingsPlace = Pick<RecordingsConfig, "roots" | "pathTemplate" | "fileMode" | "directoryMode">;

export interface RecordingsConfig {
  /** Absolute paths, the preferred one first; at least one, and none in another. */
  readonly roots: readonly string[];
  /** As written. */
  readonly pathTemplate: string;
  /** Of all streams together; 0: no limit. */
  readonly keepBytes: number;
  /** Permission bits of the files and folders that are made. */
  readonly fileMode: number;
  readonly directoryMode: number;
  /** What stays free on the disk. */
  readonly reserveBytes: number | "auto";
}

/** Of the token bucket that every attempt of every stream passes. */
export interface ReconnectLimit {
  readonly perSecond: number;
  readonly burst: number;
}

export interface RtspConfig {
  /** At least one. */
  readonly listen: readonly ListenAddress[];
  /** Without users, everybody may watch. */
  readonly public: boolean;
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  /** Left out: as many as there are connections. */
  readonly maxViewers?: number;
  /** Addresses and networks; none: everyone. */
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

export interface RtspsConfig {
  /** At least one. */
  readonly listen: readonly ListenAddress[];
  /** Certificate, chain and private key. */
  readonly pem: string;
  /** Of the certificate: ms since 1970. */
  readonly validUntil: number;
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** One entry of `simulate:`; cameras of one port share a process. */
export interface SimulatedCamera {
  readonly name: string;
  readonly port: number;
  readonly pattern: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** bits per second */
  readonly bitrate: number;
  readonly audio: boolean;
  readonly user?: string;
  readonly password?: string;
}

export type StreamConfig = MediaStream | CommandStream;

export interface MediaStream {
  readonly kind: "media";
  readonly name: string;
  readonly source: SourceConfig;
  readonly outputs: readonly OutputConfig[];
  /** What records an event of a stream without an output for events, and only then. */
  readonly clip: RecordOutput;
  readonly hooks?: HookCommands;
  /** Who may watch; left out: everybody. */
  readonly access?: Access;
  readonly limits: Limits;
  readonly retry: RetryConfig;
  readonly timeouts: Timeouts;
}

/** A secret. */
export interface Access {
  /** Hashes by user; an empty one lets nobody in. */
  readonly users: Readonly<Record<string, string>>;
  /** Those of them who may watch; left out: all. */
  readonly viewers?: readonly string[];
}

/** What a command of the user's is run for: a finished recording, a viewer that comes or goes. */
export const HOOK_NAMES = ["onSegment", "onViewerJoin", "onViewerLeave"] as const;
export type HookName = (typeof HOOK_NAMES)[number];
export type HookCommands = Readonly<Partial<Record<HookName, HookCommand>>>;

export interface HookCommand {
  readonly argv: readonly string[];
  /** Absolute path of the folder it is run in: that of the config. */
  readonly directory: string;
}

/** When to try again after a failure that may pass by itself. */
export type RetryConfig = RetryStrategy & {
  /** Failed attempts of one outage after which only an edit or a user starts another. */
  readonly maxAttempts?: number;
};

export type RetryStrategy =
  | { readonly strategy: "immediate" }
  | { readonly strategy: "fixed"; readonly delayMs: number }
  /** Full jitter between `minMs` and a ceiling that doubles up to `maxMs`. */
  | { readonly strategy: "exponential"; readonly minMs: number; readonly maxMs: number }
  /** At least one; the last repeats. */
  | { readonly strategy: "custom"; readonly delaysMs: readonly number[] };

export interface Timeouts {
  /** From the beginning of an attempt to an answer of the source. */
  readonly connectMs: number;
  /** From the beginning of an attempt to the first keyframe. */
  readonly firstFrameMs: number;
  /** Silence that counts as an outage; `auto` goes by the frame rate and by what probes find. */
  readonly stallMs: number | "auto";
}

/** A literal gst-launch command line, supervised. */
export interface CommandStream {
  readonly kind: "command";
  readonly name: string;
  /** As written; split by the rules of a POSIX shell without expansions. */
  readonly command: string;
  readonly argv: readonly string[];
  readonly limits: Limits;
  readonly retry: RetryConfig;
}

export type SourceConfig =
  | {
      readonly kind: "rtsp";
      /** Without credentials. */
      readonly uri: string;
      readonly transport: Transport;
      readonly latencyMs: number;
      /** In the order in which they are tried; may be empty. */
      readonly credentials: readonly Credential[];
      readonly tls: Tls;
      readonly substream?: Substream;
      /** Why it cannot be connected to: a file with its password or its certificates is at fault. One sentence. */
      readonly unreadable?: string;
    }
  /** `resume`: a new worker goes on where the last one was. */
  | { readonly kind: "file"; readonly path: string; readonly loop: boolean; readonly resume: boolean }
  | {
      readonly kind: "test";
      readonly pattern: string;
      readonly width: number;
      readonly height: number;
      readonly fps: number;
      readonly bitrate: number;
    }
  | { readonly kind: "pipeline"; readonly pipeline: string }
  /** `from`: the name of another stream with a worker. */
  | { readonly kind: "stream"; readonly from: string };

export type Transport = "tcp" | "udp" | "auto";

/** A smaller picture for viewers whose line is weak; logged in to as the source is. */
export interface Substream {
  /** Without credentials. */
  readonly uri: string;
  readonly transport: Transport;
}

export interface Credential {
  readonly user: string;
  readonly password?: string;
}

/** For rtsps:// only. */
export interface Tls {
  /** Absolute path of PEM certificates that are trusted; without it the system's. */
  readonly caFile?: string;
  /** SHA-256 of what `caFile` holds: other certificates are another setting. */
  readonly caDigest?: string;
  /** Any certificate will do. */
  readonly insecure: boolean;
}

/** What viewers see while the source is away. */
export type Fallback = "none" | "lastFrame" | "slate";

export type OutputConfig = RtspOutput | RecordOutput | TapOutput;

export interface RtspOutput {
  readonly id: string;
  readonly kind: "rtsp";
  /** Begins with a slash. */
  readonly mount: string;
  readonly fallback: Fallback;
  /** Left out: as many as come. */
  readonly maxViewers?: number;
  /** A viewer who takes nothing for so long is disconnected. */
  readonly slowViewerMs: number;
  /** Left out: each viewer is sent to. */
  readonly multicast?: Multicast;
}

/** Each track takes two ports, from `port` on. */
export interface Multicast {
  readonly address: string;
  /** Even. */
  readonly port: number;
  readonly ttl: number;
}

export interface TapOutput {
  readonly id: string;
  readonly kind: "tap";
  /** Absolute; `null`: in the directory of the instance. */
  readonly path: string | null;
  /** Permission bits. */
  readonly mode: number;
  /** `null`: that of dslrs. */
  readonly group: string | null;
}

export interface RecordOutput {
  readonly id: string;
  readonly kind: "record";
  readonly format: "mkv" | "mp4";
  /** Those of `RecordingsConfig`. */
  readonly roots: readonly string[];
  /** Of a file below a root, without the extension; the placeholders of time are left in it. No other output has the same. */
  readonly path: string;
  /** 0: no limit. */
  readonly rotateEveryMs: number;
  readonly rotateBytes: number;
  /** Files begin at the multiples of `rotateEveryMs` on the wall clock, UTC. */
  readonly rotateAligned: boolean;
  /** Permission bits. */
  readonly fileMode: number;
  readonly directoryMode: number;
  /** 0: no limit. */
  readonly keepMs: number;
  readonly keepBytes: number;
  /** `null`: it records all the time. */
  readonly event: EventRecording | null;
}

/** Of an output that records only when it is told to. */
export interface EventRecording {
  readonly preMs: number;
  readonly postMs: number;
  readonly mostMs: number;
  /** Of memory for the pre-roll. */
  readonly preBytes: number;
  /** Only of an output that is there for one event: ms since 1970, the end of that. */
  readonly endsAt?: number;
}

export interface Limits {
  readonly memoryBytes?: number;
  /** 100 is one core. */
  readonly cpuPercent?: number;
}
