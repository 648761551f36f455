/** `outputs:` — what becomes of the media of a stream. */

import { z } from "zod";
import { fileMode, groupPort, mountPath, multicastGroup, name } from "./formats.js";
import { keep } from "./keeping.js";
import { anyText, choice, flag, wholeNumber } from "./scalar.js";
import { section, setting } from "./setting.js";
import { duration, durationOrOff, size, sizeOrOff } from "./units.js";

const id = setting(name("output id").optional(), {
  about:
    "Name of the output in `status` and in the log; without one it is the type, and for a second of that type `record-2` and so on.",
  applies: "output",
  example: "archive",
});

const multicast = section({
  address: setting(multicastGroup(), {
    about: "The IPv4 group that packets are sent to.",
    applies: "output",
    example: "239.1.2.3",
  }),
  port: setting(groupPort().prefault(5004), {
    about: "First port: the video has it and the next one, the sound the two after that.",
    applies: "output",
    example: "5010",
  }),
  ttl: setting(wholeNumber(1, 255).prefault(1), {
    about: "How many routers the packets may pass, and one: 1 keeps them on the network that this machine is in.",
    applies: "output",
    example: "8",
  }),
});

const rtsp = z.strictObject({
  type: z.literal("rtsp"),
  id,
  path: setting(mountPath().optional(), {
    about: "Where viewers find it: `rtsp://host:port<path>`; without one it is a slash and the name of the stream.",
    applies: "output",
    example: "/lobby",
  }),
  maxViewers: setting(wholeNumber(1, 10_000).optional(), {
    about:
      "How many may watch at once; another one is answered 453. Without it as many as come. With fewer than watch already nobody is ended.",
    applies: "live",
    example: "20",
  }),
  slowViewerTimeout: setting(duration({ least: "1s", most: "1h" }).prefault("10s"), {
    about:
      "How long a viewer may take nothing of what is there for it before it is disconnected; one that is only slow gets fewer frames, and all again by itself.",
    applies: "live",
    example: "30s",
  }),
  multicast: setting(multicast.optional(), {
    about:
      "Sends to a group instead of to each viewer, while one plays; whoever can join the group on the network sees it, with a password or without.",
    applies: "output",
    example: "{ address: 239.1.2.3 }",
  }),
});

/** The settings of `mode: event`. They have no default here: with another mode they may not stand. */
export const EVENT_SETTINGS = ["preRoll", "postRoll", "max", "preRollSize"] as const;

const record = z.strictObject({
  type: z.literal("record"),
  id,
  format: setting(choice(["mkv", "mp4"]).prefault("mkv"), {
    about: "Container of the files; a process that is killed loses no frame of an MKV, and at most one of an MP4.",
    applies: "output",
    example: "mp4",
  }),
  mode: setting(choice(["continuous", "event"]).prefault("continuous"), {
    about: "`continuous` records all the time, `event` only when `dslrs record` or the API says so.",
    applies: "output",
    example: "event",
  }),
  preRoll: setting(duration({ least: "0ms", most: "10m" }).optional(), {
    about: "Of `event`: how long before an event its recording begins; `10s` if it is left out. It is kept in memory.",
    applies: "live",
    example: "30s",
  }),
  postRoll: setting(duration({ least: "0ms", most: "1h" }).optional(), {
    about: "Of `event`: how long a recording goes on after its event; `10s` if it is left out.",
    applies: "live",
    example: "20s",
  }),
  max: setting(duration({ least: "1s", most: "1d" }).optional(), {
    about: "Of `event`: longest recording, however many events follow each other; `10m` if it is left out.",
    applies: "live",
    example: "1h",
  }),
  preRollSize: setting(size({ least: "1MB", most: "1GB" }).optional(), {
    about:
      "Of `event`: most memory for the pre-roll, which is shorter where that is not enough; `32MB` if it is left out.",
    applies: "live",
    example: "64MB",
  }),
  rotate: setting(
    section({
      every: setting(durationOrOff({ least: "1s", most: "7d" }).prefault("10m"), {
        about: "Longest time in one file; the cut is at the next keyframe, or at twice the time where none comes.",
        applies: "live",
        example: "1h",
      }),
      size: setting(sizeOrOff({ least: "100KB", most: "1TB" }).prefault("off"), {
        about: "Largest size of one file; the cut is at the next keyframe, or at twice the size where none comes.",
        applies: "live",
        example: "1GB",
      }),
      align: setting(flag().prefault(false), {
        about:
          "Files begin by the clock (UTC): with `every: 10m` at :00, :10, :20; each at the first keyframe from then on.",
        applies: "live",
        example: "true",
      }),
    }).prefault({}),
    { about: "When a new file begins.", applies: "live", example: "{ every: 10m, size: 1GB }" },
  ),
  keep,
});

const tap = z.strictObject({
  type: z.literal("tap"),
  id,
  path: setting(anyText("path").optional(), {
    about:
      "The socket with the picture; the sound is at the same path with `.audio` behind it. Without one it is `taps/<stream>` in the directory of the instance.",
    applies: "output",
    example: "/run/cameras/front-door",
  }),
  mode: setting(fileMode(0o600).prefault("0600"), {
    about: "Who may connect: the mode of the sockets.",
    applies: "output",
    example: '"0660"',
  }),
  group: setting(anyText("group").optional(), {
    about: "Group of the sockets; that of dslrs if it is left out.",
    applies: "output",
    example: "video",
  }),
});

export const outputTypes = { rtsp, record, tap };

export const output = z.discriminatedUnion("type", [rtsp, record, tap]);
