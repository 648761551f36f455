/** Where recordings go and how long they stay: `keep:` of an output, and for all of them `recordings:`. */

import { z } from "zod";
import { fileMode } from "./formats.js";
import { DEFAULT_TEMPLATE, pathTemplate } from "./path-template.js";
import { anyText, wholeNumber } from "./scalar.js";
import { section, setting } from "./setting.js";
import { size, sizeAutoOrOff } from "./units.js";

const keptSize = (about: string) =>
  setting(size({ least: "100KB", most: "10000TB" }).optional(), { about, applies: "live", example: "200GB" });

export const keep = setting(
  section({
    days: setting(wholeNumber(1, 36_500).optional(), {
      about: "A file is removed so many days after it began.",
      applies: "live",
      example: "30",
    }),
    size: keptSize(
      "Most that the files may take in all `roots`, the one being written included; the oldest are removed first.",
    ),
  }).prefault({}),
  {
    about: "How much of the recordings stays; nothing given means as much as the disk holds.",
    applies: "live",
    example: "{ days: 30, size: 200GB }",
  },
);

export const recordings = setting(
  section({
    root: setting(anyText("path").optional(), {
      about:
        "Folder of all recordings; `./recordings` if neither it nor `roots` is given. It is made where it is missing.",
      applies: "live",
      example: "/srv/recordings",
    }),
    roots: setting(z.array(anyText("path")).optional(), {
      about:
        "Several folders instead of `root`, the preferred one first; the next one takes over while one cannot be written to.",
      applies: "live",
      example: "[/mnt/disk1/recordings, /mnt/disk2/recordings]",
    }),
    pathTemplate: setting(pathTemplate().prefault(DEFAULT_TEMPLATE), {
      about:
        "Path of a file below its root, without the extension; from `{stream}`, `{output}`, and of its first frame, in UTC, `{date}` `{year}` `{month}` `{day}` `{hour}` `{time}`.",
      applies: "live",
      example: '"{year}/{month}/{day}/{stream}/{stream}_{time}"',
    }),
    mode: setting(fileMode(0o600).prefault("0640"), {
      about: "Permissions of the files begun from then on, finished or not; the owner is who runs dslrs.",
      applies: "live",
      example: '"0644"',
    }),
    directoryMode: setting(fileMode(0o700).prefault("0750"), {
      about: "Permissions of the folders that are made for them; those that are there stay as they are.",
      applies: "live",
      example: '"0755"',
    }),
    keep: setting(
      section({
        size: keptSize("Most that the recordings of all streams may take together, in all `roots`."),
      }).prefault({}),
      {
        about: "How much of all recordings stays; nothing given means as much as the disk holds.",
        applies: "live",
        example: "{ size: 2TB }",
      },
    ),
    reserve: setting(sizeAutoOrOff({ least: "1MB", most: "10000TB" }).prefault("auto"), {
      about:
        "Space that stays free on the disk: the oldest recordings make room. `auto` is 2 GiB or what an hour records, whichever is more, but at most a tenth of the disk; a size counts up to half of the disk.",
      applies: "live",
      example: "50GB",
    }),
  }).prefault({}),
  {
    about: "Where recordings go, and how much of them stays.",
    applies: "live",
    example: "{ root: /srv/recordings }",
  },
);
