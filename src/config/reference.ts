/** docs/configuration.md: every setting, out of the schema. */

import { z } from "zod";
import { EFFECTS } from "./effects.js";
import { outputTypes } from "./outputs.js";
import { PATTERNS } from "./patterns.js";
import { schema, stream } from "./schema.js";
import { scalarNotes, settingNotes } from "./setting.js";
import { sourceTypes } from "./sources.js";
import { alternatives, defaultOf, follow, isOptional, settingsOf, typeOf } from "./walk.js";

type AnySchema = z.core.$ZodType;

export function configurationPage(): string {
  return `${[OPENING, effectsTable(), ...SECTIONS.map(sectionText), CLOSING].join("\n\n")}\n`;
}

interface Section {
  readonly title: string;
  readonly text?: string;
  /** Its settings make the table. */
  readonly schema: AnySchema | undefined;
}

const SECTIONS: readonly Section[] = [
  { title: "The file", text: "Paths are relative to the folder of the file. Every part may be left out.", schema },
  {
    title: "`rtsp:`",
    text: `An edit of the addresses closes and opens only those that change; viewers play on, also those that came through an address that
closes. The limits and lists count for whoever connects next. A router that was started again counts only those who came since.`,
    schema: at(schema, "rtsp"),
  },
  {
    title: "`rtsps:`",
    text: `Certificate and key are checked when either file changes. While they cannot be used, or do not belong together, viewers get the
last pair that could. Media travel inside the connection; UDP is refused (461).`,
    schema: at(schema, "rtsps"),
  },
  {
    title: "`users:`, one user",
    text: `The name is what the viewer logs in with: up to 64 of a–z, 0–9, \`-\` and \`_\`. \`dslrs passwd NAME --config FILE\` writes a user into
the config. What players need, and how they say what is wrong, is in [watching](watching.md).`,
    schema: at(schema, "users", "*"),
  },
  {
    title: "`recordings:`",
    text: `What happens with several \`roots\` and what \`pathTemplate\` may hold is in [recordings](recordings.md).

Only the folders of streams that are in the config are looked at, and in them only files that dslrs wrote and finished. A file with
a marker beside it stays whatever the limits say, and counts for none of them: \`touch FILE.keep\`. Links are never followed.

Where \`keep.size\` or \`reserve\` asks for room, files go that are the furthest towards the limits of their own output: of an output that
keeps 7 days a file of 6 days goes before one of 20 days of an output that keeps 30. An output without limits counts as one of 30 days.`,
    schema: at(schema, "recordings"),
  },
  { title: "`keep:` of all recordings", schema: at(schema, "recordings", "keep") },
  {
    title: "`reconnects:`",
    text: `They count for every attempt of every stream, also for the first one. Streams that had video lately go first, and none is left out.`,
    schema: at(schema, "reconnects"),
  },
  {
    title: "`simulate:`, one camera",
    text: "A camera that keeps to the defaults is written `yard: {}`.",
    schema: at(schema, "simulate", "*"),
  },
  {
    title: "`defaults:`",
    text: `Of \`source\`, every setting below but \`type\`, \`uri\`, \`path\`, \`pipeline\` and \`from\` may stand here. A stream with a password of its own
takes none from here. A stream that names a strategy in \`retry\` takes nothing of another strategy from here. A stream that runs a
\`command\` takes only \`limits\` and \`retry\`.`,
    schema: at(schema, "defaults"),
  },
  {
    title: "`streams:`, one stream",
    text: `A stream has either a \`source\` or a \`command\`. Its name has up to 64 of a–z, 0–9, \`-\` and \`_\`, and begins with a letter or a
digit.`,
    schema: at(schema, "streams", "*"),
  },
  {
    title: "`source:` of type `rtsp`",
    text: `Short: \`source: rtsp://192.168.1.20/stream1\`. Credentials in the address may be written as they are or with percent signs
(\`%40\` for @).`,
    schema: sourceTypes.rtsp,
  },
  {
    title: "`credentials:`, one set",
    text: `The sets are tried in order when the camera refuses one; the one it accepted goes first the next time. After three rounds they rest
for 10 minutes, because cameras lock accounts; an edit of them, or of a \`passwordFile\`, ends the rest at once.`,
    schema: at(sourceTypes.rtsp, "credentials", "*"),
  },
  { title: "`tls:`", schema: at(sourceTypes.rtsp, "tls") },
  {
    title: "`substream:`",
    text: "Short: `substream: rtsp://192.168.1.20/stream2`. What it does: [viewers](viewers.md#weak-lines).",
    schema: at(sourceTypes.rtsp, "substream"),
  },
  { title: "`source:` of type `file`", text: "Short: `source: media/lobby.mp4`.", schema: sourceTypes.file },
  { title: "`source:` of type `test`", schema: sourceTypes.test },
  { title: "`source:` of type `pipeline`", schema: sourceTypes.pipeline },
  {
    title: "`source:` of type `stream`",
    text: `All tracks of the other stream, as they are; nothing goes over the network, and the other stream needs no output for it. See
[taps and chains](taps.md#chaining).`,
    schema: sourceTypes.stream,
  },
  { title: "`outputs:`, one of type `rtsp`", schema: outputTypes.rtsp },
  {
    title: "`multicast:`",
    text: `Such an output serves multicast alone; another one of type \`rtsp\` serves the rest. What players need, and who can watch then, is in
[viewers](viewers.md#one-stream-to-many-at-once-multicast).`,
    schema: at(outputTypes.rtsp, "multicast"),
  },
  {
    title: "`outputs:`, one of type `record`",
    text: `Files are \`<root>/<stream>/<date>/<stream>_<start in UTC>.<format>\`, unless \`recordings.pathTemplate\` says otherwise; an output
whose id is not \`record\` has a folder of that name below \`<root>/<stream>\`. \`mode: event\` and \`dslrs record\` are explained in
[recordings](recordings.md).`,
    schema: outputTypes.record,
  },
  {
    title: "`rotate:`",
    text: `The next file begins where the last one ended; no frame is lost or doubled. A source that sends no keyframe is asked for one
when the limit has passed. At twice the limit the file ends all the same, and what comes before the next keyframe is lost (\`framesDropped\`
in \`status\`).

With \`align\` the first file and one after an outage are shorter. \`every\` then has to divide a day without a remainder.`,
    schema: at(outputTypes.record, "rotate"),
  },
  { title: "`keep:` of an output", schema: at(outputTypes.record, "keep") },
  {
    title: "`outputs:`, one of type `tap`",
    text: `The stream for other programs of this machine, in the GStreamer Data Protocol: how to read it is in [taps and chains](taps.md).
Missing folders above \`path\` are made.`,
    schema: outputTypes.tap,
  },
  {
    title: "`retry:`",
    text: `Short: \`retry: immediate\`. Refused credentials, and what only an edit can mend, have a pace of their own. The delays begin anew
when the source has had a minute of video.`,
    schema: at(stream, "retry"),
  },
  { title: "`timeouts:`", schema: at(stream, "timeouts") },
  { title: "`limits:`", schema: at(stream, "limits") },
];

const OPENING = `# Configuration

Written by \`npm run reference\` from \`src/config/schema.ts\`; edits belong there. [config.example.yaml](../config.example.yaml) shows
most of it at work. With \`# yaml-language-server: $schema=./config.schema.json\` as its first line, editors complete and check the file.

The file is YAML in UTF-8, at most 1 MiB. It is watched while \`dslrs up\` runs: a good save is applied at once, with the smallest
interruption; a bad one changes nothing, and \`dslrs status\` and the log say line and column. \`dslrs check\` says beforehand what a save
would do.

## What a change does`;

const CLOSING = `## Pictures

${PATTERNS.map(code).join(" ")}

## Units

| what | units |
|---|---|
| duration | \`ms\` \`s\` \`m\` \`h\` \`d\`, as in \`500ms\` |
| size | \`KB\` \`MB\` \`GB\` \`TB\` are powers of 1000; \`KiB\` \`MiB\` \`GiB\` \`TiB\` of 1024 |
| bit rate | \`bit\` \`kbit\` \`Mbit\` \`Gbit\`, per second |
| percentage | \`%\` |
| frame size | \`WIDTHxHEIGHT\`, both even |

A number without its unit is an error.

## Secrets

\`\${NAME}\` in any value stands for the environment variable of that name, as \`dslrs up\` sees it; a variable that is not set is an
error, and \`$\${\` writes a literal \`\${\`. Inside \`{ }\` and \`[ ]\` the value needs quotes: \`{ password: "\${GATE_PASSWORD}" }\`. A
\`passwordFile\` is read anew whenever it changes. Passwords are shown nowhere: not in the log, in \`status\`, in errors, or in the
arguments of a process.`;

function at(root: AnySchema, ...path: readonly string[]): AnySchema | undefined {
  return follow(root, path).flatMap(alternatives).at(0);
}

function effectsTable(): string {
  return table(
    ["applies", "what happens"],
    EFFECTS.map(({ name, about }) => [code(name), about]),
  );
}

function sectionText({ title, text, schema: section }: Section): string {
  const type = section === undefined ? undefined : typeOf(section);
  const settings =
    section === undefined ? [] : settingsOf(section).filter(([key]) => type === undefined || key !== "type");
  const rows = settings.map(([key, setting]) => settingRow(key, setting));
  const parts = [`## ${title}`, text, table(["setting", "type", "default", "applies", "meaning"], rows)];
  return parts.filter((part) => part !== undefined).join("\n\n");
}

function settingRow(key: string, setting: AnySchema): string[] {
  const notes = settingNotes.get(setting);
  if (notes === undefined) throw new Error(`the setting ${key} has no notes`);
  const example = notes.example === undefined ? "" : ` Example: ${code(`${key}: ${notes.example}`)}`;
  return [code(key), typeText(setting), defaultText(setting), notes.applies, notes.about + example];
}

function typeText(setting: AnySchema): string {
  const [inner] = alternatives(setting);
  const scalar = inner && scalarNotes.get(inner);
  if (scalar !== undefined) return scalar.type;
  return inner instanceof z.ZodArray ? listText(inner.element) : "map";
}

function listText(element: AnySchema): string {
  const scalar = scalarNotes.get(element);
  return scalar === undefined ? "list" : `list of ${scalar.type}s`;
}

function defaultText(setting: AnySchema): string {
  const value = defaultOf(setting);
  if (value === undefined) return isOptional(setting) ? "" : "required";
  if (typeof value !== "object") return code(String(value));
  return Array.isArray(value) ? code("[{ type: rtsp }]") : "";
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}

function code(text: string): string {
  return `\`${text}\``;
}
