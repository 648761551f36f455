/**
 * The config as the user writes it: every setting once, with its default, one sentence, and how a change of it applies.
 * Validation, the reference, the JSON Schema for editors and `effectOf` all come from here; `resolve.ts` makes a `Config` of it.
 */

import { z } from "zod";
import { commandLine, name } from "./formats.js";
import { recordings } from "./keeping.js";
import { output } from "./outputs.js";
import { fallback, reconnects, retry, timeouts } from "./recovery.js";
import { anyText, flag, wholeNumber } from "./scalar.js";
import { rtsp, rtsps } from "./serving.js";
import { named, section, setting, withoutDefault } from "./setting.js";
import { pictureSettings, source, sourceDefaults } from "./sources.js";
import { percentage, size } from "./units.js";
import { users, viewers } from "./users.js";

/** The settings of `limits:`. */
const limits = setting(
  section({
    memory: setting(size({ least: "16MB", most: "64GB" }).optional(), {
      about: "Most memory of the stream's process; one that needs more is ended and started anew.",
      applies: "worker",
      example: "256MB",
    }),
    cpu: setting(percentage({ least: "1%", most: "6400%" }).optional(), {
      about: "Most CPU time of the stream's process; 100% is one core.",
      applies: "worker",
      example: "50%",
    }),
  }).prefault({}),
  {
    about: "What the stream's process may use; nothing given means no limit.",
    applies: "worker",
    example: "{ memory: 256MB, cpu: 50% }",
  },
);

const outputs = setting(z.array(output).prefault([{ type: "rtsp" }]), {
  about: "What becomes of the media; a stream that names none is served by RTSP.",
  applies: "output",
  example: "[{ type: rtsp }, { type: record }]",
});

const onSegment = setting(commandLine().optional(), {
  about:
    "Command line that is run after each finished recording, without a shell; what it gets to know is in [recordings](recordings.md#hooks).",
  applies: "live",
  example: '"/usr/local/bin/archive --to tape"',
});

const onViewerJoin = setting(commandLine().optional(), {
  about:
    "Command line that is run when a viewer begins to watch, without a shell; what it gets to know is in [viewers](viewers.md#hooks).",
  applies: "live",
  example: '"./tell.sh joined"',
});

const onViewerLeave = setting(commandLine().optional(), {
  about: "The same when a viewer is gone.",
  applies: "live",
  example: '"./tell.sh left"',
});

const hooks = { onSegment, onViewerJoin, onViewerLeave };

export const stream = z.strictObject({
  source: setting(source.optional(), {
    about: "Where the media comes from.",
    applies: "ingest",
    example: "rtsp://192.168.1.20/stream1",
    shortForm: {
      about: "An rtsp:// address, or the path of an MP4 or MKV file",
      jsonSchema: { type: "string", minLength: 1 },
    },
  }),
  outputs,
  viewers,
  retry,
  timeouts,
  fallback,
  ...hooks,
  limits,
  command: setting(commandLine().optional(), {
    about: "A literal command line to supervise, instead of `source` and `outputs`; quotes count, no shell runs it.",
    applies: "worker",
    example: '"gst-launch-1.0 -e videotestsrc is-live=true ! fakesink"',
  }),
});

export const camera = section({
  port: setting(wholeNumber(1, 65535).prefault(8654), {
    about: "Port of the camera on 127.0.0.1; cameras may share one.",
    applies: "supervisor",
    example: "8655",
  }),
  ...pictureSettings("smpte", "supervisor"),
  audio: setting(flag().prefault(false), {
    about: "Add a tone, encoded as AAC.",
    applies: "supervisor",
    example: "true",
  }),
  user: setting(anyText("user name").optional(), {
    about: "User name the camera asks for.",
    applies: "supervisor",
    example: "viewer",
  }),
  password: setting(anyText("password").optional(), {
    about: "Password the camera asks for.",
    applies: "supervisor",
    example: "demo",
  }),
});

export const schema = z.strictObject({
  instance: setting(name("instance name").prefault("default"), {
    about: "Name of this supervisor, where several run on one machine; a new name counts from the next `dslrs up`.",
    applies: "supervisor",
    example: "site-a",
  }),
  rtsp,
  rtsps,
  users,
  recordings,
  reconnects,
  simulate: setting(named(camera).prefault({}), {
    about: "Simulated RTSP cameras by name, at `rtsp://127.0.0.1:<port>/<name>`, to try things without hardware.",
    applies: "supervisor",
    example: "{ yard: { port: 8654, pattern: ball } }",
  }),
  defaults: setting(
    section({
      source: setting(z.preprocess((written) => written ?? {}, sourceDefaults).optional(), {
        about: "Settings of sources; a stream takes those that its type of source has.",
        applies: "ingest",
        example: "{ transport: udp }",
      }),
      outputs: withoutDefault(outputs),
      viewers,
      retry: withoutDefault(retry),
      timeouts: withoutDefault(timeouts),
      fallback: withoutDefault(fallback),
      ...hooks,
      limits: withoutDefault(limits),
    }).prefault({}),
    {
      about: "Settings for every stream. Maps are merged, lists are replaced, and what a stream says itself wins.",
      applies: "worker",
      example: "{ limits: { memory: 256MB } }",
    },
  ),
  streams: setting(named(stream).prefault({}), {
    about: "The streams by name, each in a process of its own.",
    applies: "worker",
    example: "{ yard: { source: rtsp://192.168.1.20/stream1 } }",
  }),
});

export type WrittenStream = z.output<typeof stream>;
export type WrittenCamera = z.output<typeof camera>;
export type WrittenInstance = z.output<typeof schema>;
