/** What comes over a control socket, checked: docs/worker-protocol.md. What does not fit is a value, never an exception. */

import { z } from "zod";

const count = z.number();

export const wireFailure = z.object({
  reason: z.string(),
  domain: z.string().exactOptional(),
  code: z.number().exactOptional(),
  element: z.string().exactOptional(),
  message: z.string().exactOptional(),
  debug: z.string().exactOptional(),
});
export type WireFailure = z.infer<typeof wireFailure>;

const track = z.object({
  index: z.number(),
  media: z.enum(["video", "audio"]),
  encoding: z.string(),
  width: z.number().exactOptional(),
  height: z.number().exactOptional(),
  fps: z.number().exactOptional(),
  rate: z.number().exactOptional(),
  channels: z.number().exactOptional(),
});
const tracks = z.array(track);

const ingestState = z.enum(["idle", "starting", "up", "down"]);

const ingestPicture = z.object({
  state: ingestState,
  life: z.number().default(0),
  tracks: tracks.default([]),
  failure: wireFailure.exactOptional(),
});

/** Every kind of output adds its own figures. */
const outputPicture = z.looseObject({
  id: z.string(),
  kind: z.enum(["rtsp", "record", "tap"]),
  state: z.enum(["up", "waiting", "degraded", "down"]),
  failure: wireFailure.exactOptional(),
  sinceMs: z.number().exactOptional(),
});

const hello = z.object({ type: z.literal("hello"), protocol: z.number() });
const ready = z.object({
  type: z.literal("ready"),
  ingest: ingestPicture.default({ state: "idle", life: 0, tracks: [] }),
  outputs: z.array(outputPicture).default([]),
});
const refused = z.object({ type: z.literal("refused"), reason: z.string() });
const reply = z.object({
  type: z.literal("reply"),
  seq: z.number(),
  ok: z.boolean(),
  message: z.string().exactOptional(),
});

const ingestUp = z.object({ type: z.literal("ingestUp"), life: z.number(), tracks });
const tracksChanged = z.object({ type: z.literal("tracks"), life: z.number(), tracks });
const ingestDown = z.object({ type: z.literal("ingestDown"), life: z.number(), failure: wireFailure });
const silence = { life: z.number(), track: z.number(), silentMs: count };
const suspect = z.object({ type: z.literal("suspect"), ...silence, intervalMs: count.default(0) });
const suspectCleared = z.object({ type: z.literal("suspectCleared"), ...silence });
const outputUp = z.object({ type: z.literal("outputUp"), id: z.string(), kind: z.string() });
const outputDown = z.object({
  type: z.literal("outputDown"),
  id: z.string(),
  kind: z.string(),
  failure: wireFailure,
});
const outputDegraded = outputDown.extend({ type: z.literal("outputDegraded") });
const segmentOpened = z.object({
  type: z.literal("segmentOpened"),
  id: z.string(),
  path: z.string(),
  startedAt: z.number(),
  encodings: z.array(z.string()).default([]),
  continues: z.boolean().default(false),
});
const segmentClosed = z.object({
  type: z.literal("segmentClosed"),
  id: z.string(),
  path: z.string(),
  startedAt: z.number(),
  endedAt: z.number(),
  frames: count,
  keyframes: count.default(0),
  bytes: count,
  durationMs: count,
  encodings: z.array(z.string()).default([]),
  whole: z.boolean().default(false),
  reason: z.string(),
});
const viewerIdentity = {
  viewer: z.number(),
  address: z.string().default(""),
  user: z.string().default(""),
  transport: z.string().default(""),
  agent: z.string().default(""),
};
const viewerJoined = z.object({ type: z.literal("viewerJoined"), id: z.string(), ...viewerIdentity });
const viewerLeft = z.object({
  type: z.literal("viewerLeft"),
  id: z.string(),
  ...viewerIdentity,
  framesSent: count,
  framesDropped: count,
  seconds: count,
});
const viewers = z.object({
  type: z.literal("viewers"),
  id: z.string(),
  viewers: z.array(
    z.object({
      ...viewerIdentity,
      state: z.string(),
      since: z.number(),
      framesSent: count,
      framesDropped: count,
      bytesSent: count,
      waitingBytes: count,
      loss: z.number(),
    }),
  ),
});
const loginRefused = z.object({
  type: z.literal("loginRefused"),
  address: z.string(),
  user: z.string(),
  why: z.enum(["password", "user", "viewer"]),
  waitMs: count.default(0),
});
const stats = z.object({
  type: z.literal("stats"),
  ingest: z.object({
    state: ingestState,
    life: z.number(),
    tracks: z.array(
      z.object({
        index: z.number(),
        frames: count,
        keyframes: count,
        bytes: count,
        lastFrameAgeMs: z.number().nullable().default(null),
      }),
    ),
  }),
  outputs: z.array(outputPicture),
  hub: z.object({ bytes: count }),
});
const log = z.object({
  type: z.literal("log"),
  level: z.enum(["debug", "info", "warn", "error"]),
  at: z.number(),
  source: z.string(),
  message: z.string(),
});

const wireMessage = z.discriminatedUnion("type", [
  hello,
  ready,
  refused,
  reply,
  ingestUp,
  tracksChanged,
  ingestDown,
  suspect,
  suspectCleared,
  outputUp,
  outputDown,
  outputDegraded,
  segmentOpened,
  segmentClosed,
  viewerJoined,
  viewerLeft,
  viewers,
  loginRefused,
  stats,
  log,
]);
export type WireMessage = z.infer<typeof wireMessage>;
export type WireReady = z.infer<typeof ready>;
export type WireViewers = z.infer<typeof viewers>;
export type WireReport = Exclude<WireMessage, { type: "hello" | "ready" | "refused" | "reply" }>;

const KNOWN_TYPES: ReadonlySet<string> = new Set(wireMessage.options.map((option) => option.shape.type.value));

export type Reading =
  | { readonly is: "message"; readonly message: WireMessage }
  /** A worker of a newer version may say more than this supervisor understands. */
  | { readonly is: "unknown"; readonly type: string }
  | { readonly is: "malformed"; readonly problem: string };

export function readWireLine(line: string): Reading {
  const value = parseJson(line);
  const type = typeOf(value);
  if (type === undefined) return { is: "malformed", problem: "not a JSON object with a type" };
  if (!KNOWN_TYPES.has(type)) return { is: "unknown", type: type.slice(0, 64) };
  const result = wireMessage.safeParse(value);
  if (result.success) return { is: "message", message: result.data };
  const issue = result.error.issues[0];
  return { is: "malformed", problem: `${type}: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}` };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function typeOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || !("type" in value)) return undefined;
  return typeof value.type === "string" ? value.type : undefined;
}
