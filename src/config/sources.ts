/** `source:` — where the media of a stream comes from. */

import { z } from "zod";
import { address, name } from "./formats.js";
import { PATTERNS } from "./patterns.js";
import { anyText, choice, flag, wholeNumber } from "./scalar.js";
import { section, setting } from "./setting.js";
import { bitRate, duration, frameSize } from "./units.js";

const passwordFile = setting(anyText("path").optional(), {
  about: "File that holds the password; line breaks at its end do not count, and a change of the file is noticed.",
  applies: "ingest",
  example: "secrets/gate",
});

/** One set of credentials, written beside the address. */
const single = {
  user: setting(anyText("user name").optional(), {
    about: "User name for the camera; may also stand in the address.",
    applies: "ingest",
    example: "viewer",
  }),
  password: setting(anyText("password").optional(), {
    about: "Password for the camera; better kept out of this file, in the environment or in `passwordFile`.",
    applies: "ingest",
    example: `\${GATE_PASSWORD}`,
  }),
  passwordFile,
};

const credentialSet = section({
  user: setting(anyText("user name"), { about: "User name for the camera.", applies: "ingest", example: "viewer" }),
  password: single.password,
  passwordFile,
});

const credentials = setting(z.array(credentialSet).optional(), {
  about:
    "Several sets, instead of `user` and `password`; the next one is tried when the camera refuses one, and the one it accepts is kept.",
  applies: "ingest",
  example: "[{ user: viewer, passwordFile: secrets/new }, { user: viewer, passwordFile: secrets/old }]",
});

const tls = setting(
  section({
    ca: setting(anyText("path").optional(), {
      about: "File with the PEM certificates to trust, instead of the system's; a change of the file is noticed.",
      applies: "ingest",
      example: "secrets/cameras.pem",
    }),
    insecure: setting(flag().prefault(false), {
      about: "Accept any certificate. The connection is encrypted, but nobody knows with whom.",
      applies: "ingest",
      example: "true",
    }),
  }).optional(),
  {
    about: "How the camera of an rtsps:// address proves who it is.",
    applies: "ingest",
    example: "{ ca: secrets/cameras.pem }",
  },
);

/** How a test picture looks; simulated cameras are described in the same way. */
export function pictureSettings(defaultPattern: (typeof PATTERNS)[number], applies: "ingest" | "supervisor") {
  return {
    pattern: setting(choice(PATTERNS, "picture").prefault(defaultPattern), {
      about: "The test picture.",
      applies,
      example: "pinwheel",
    }),
    size: setting(frameSize().prefault("1280x720"), { about: "Width and height.", applies, example: "640x360" }),
    fps: setting(wholeNumber(1, 120).prefault(25), { about: "Frames per second.", applies, example: "10" }),
    bitrate: setting(bitRate({ least: "16kbit", most: "100Mbit" }).prefault("2Mbit"), {
      about: "Bit rate of the encoded picture.",
      applies,
      example: "500kbit",
    }),
  };
}

const rtsp = z.strictObject({
  type: z.literal("rtsp"),
  uri: setting(address(), {
    about: "Address of the camera; credentials in it are taken out and never shown.",
    applies: "ingest",
    example: "rtsp://192.168.1.20/stream1",
  }),
  transport: setting(choice(["tcp", "udp", "auto"]).prefault("tcp"), {
    about: "How the media travels; `auto` tries UDP first and then TCP.",
    applies: "ingest",
    example: "udp",
  }),
  latency: setting(duration({ least: "0ms", most: "10s" }).prefault("200ms"), {
    about: "How long packets may wait for late ones; more smooths a bad network and delays the picture.",
    applies: "ingest",
    example: "500ms",
  }),
  ...single,
  credentials,
  tls,
});

const file = z.strictObject({
  type: z.literal("file"),
  path: setting(anyText("path"), {
    about: "An MP4 or MKV file.",
    applies: "ingest",
    example: "media/lobby.mp4",
  }),
  loop: setting(flag().prefault(true), {
    about: "Begin again at the end of the file, without a seam.",
    applies: "ingest",
    example: "false",
  }),
  resume: setting(flag().prefault(false), {
    about: "Go on where it was when its process or dslrs itself is started anew, instead of at the beginning.",
    applies: "ingest",
    example: "true",
  }),
});

const test = z.strictObject({ type: z.literal("test"), ...pictureSettings("ball", "ingest") });

const pipeline = z.strictObject({
  type: z.literal("pipeline"),
  pipeline: setting(anyText("pipeline text"), {
    about: "Any GStreamer pipeline text that ends in encoded media.",
    applies: "ingest",
    example: '"videotestsrc is-live=true ! x264enc tune=zerolatency ! h264parse"',
  }),
});

const stream = z.strictObject({
  type: z.literal("stream"),
  from: setting(name("stream name"), {
    about: "Another stream of this config; its media is taken as it is, inside this machine.",
    applies: "ingest",
    example: "front-door",
  }),
});

export const sourceTypes = { rtsp, file, test, pipeline, stream };

export const source = z.discriminatedUnion("type", [rtsp, file, test, pipeline, stream]);

/** What `defaults:` may say about a source; a stream takes of it what its own type of source has. */
export const sourceDefaults = z
  .strictObject({
    ...test.omit({ type: true }).shape,
    ...file.omit({ type: true, path: true }).shape,
    ...rtsp.omit({ type: true, uri: true }).shape,
  })
  .partial();
