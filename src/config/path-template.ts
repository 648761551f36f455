/** `recordings.pathTemplate`: where below a root the files of an output go. */

import { type Reading, text } from "./scalar.js";
import { closest } from "./suggest.js";

export const DEFAULT_TEMPLATE = "{stream}/{date}/{stream}_{time}";

/** Stream and output are known beforehand; the others are the moment of a file's first frame, and the worker's to fill in. */
const PLACEHOLDERS = ["stream", "output", "date", "year", "month", "day", "hour", "time"] as const;

/** Unfinished recordings without any media are put there; no output may have it as its folder. */
export const QUARANTINE = "quarantine";

/** The id of a first recorder; its files need no folder of their own. */
const PLAIN_ID = "record";

/** A name of 64 characters for each, and a time of 24. */
const LONGEST_VALUE = 64;
/** File systems take 255 bytes a name; `-123.mkv.part` comes behind the last one. */
const LONGEST_PART = 230;
const LONGEST_PATH = 1_024;

export function pathTemplate() {
  const jsonSchema = { type: "string", examples: [DEFAULT_TEMPLATE, "{year}/{month}/{day}/{stream}/{stream}_{time}"] };
  return text({ type: "path template", jsonSchema }, (written): Reading<string> => {
    const fault = placeholderFault(written) ?? partsFault(written.split("/"));
    return fault ?? { value: written };
  });
}

/** What is left are the placeholders of time. An id that the template does not place gets a folder of its own, and files of its name. */
export function expandTemplate(template: string, stream: string, output: string): string {
  const isPlaced = output === PLAIN_ID || template.includes("{output}");
  const full = isPlaced ? template : withOutput(template);
  return full.replaceAll("{stream}", stream).replaceAll("{output}", output);
}

/** Below the folder of the stream; where none is the stream's, above the files. */
function withOutput(template: string): string {
  const folders = template.split("/");
  const name = folders.pop() ?? "";
  const ofStream = folders.findIndex((folder) => folder.includes("{stream}"));
  if (ofStream === -1) return [...folders, "{output}", name].join("/");
  folders.splice(ofStream + 1, 0, "{output}");
  return [...folders, name.replaceAll("{stream}", "{output}")].join("/");
}

type Fault = { readonly problem: string; readonly hint: string };

function placeholderFault(template: string): Fault | undefined {
  const names = Array.from(template.matchAll(/\{([^{}/]*)\}/g), ([, name = ""]) => name);
  const unknown = names.find((name) => !PLACEHOLDERS.some((known) => known === name));
  if (unknown !== undefined) {
    const near = closest(unknown, PLACEHOLDERS);
    const all = `there are ${PLACEHOLDERS.map((name) => `{${name}}`).join(" ")}`;
    return {
      problem: `has an unknown placeholder {${unknown}}`,
      hint: near === undefined ? all : `did you mean {${near}}?`,
    };
  }
  if (/[{}]/.test(template.replaceAll(/\{[a-z]+\}/g, "")))
    return { problem: "has a brace without its partner", hint: "placeholders look like {stream}" };
  if (!names.includes("stream")) {
    return { problem: "lacks {stream}", hint: "the files of two streams would mix; write {stream} into it" };
  }
  const isTimed =
    names.filter((name) => name === "time").length === 1 && template.lastIndexOf("/") < template.indexOf("{time}");
  return isTimed
    ? undefined
    : { problem: "needs {time} once, in its last part", hint: "it makes the names of files unique" };
}

function partsFault(parts: readonly string[]): Fault | undefined {
  if (parts[0] === "")
    return { problem: "begins with a slash", hint: "it is a path below `root`; leave the slash out" };
  const hasControl = parts.some((part) => [...part].some((letter) => letter < " " || letter === "\u007f"));
  if (hasControl)
    return { problem: "holds a character that is none of a name", hint: "write letters, digits, - and _" };
  for (const part of parts) {
    if (part === "") return { problem: "has an empty part", hint: "one slash between two names is enough" };
    if (part.startsWith("."))
      return { problem: "has a part that begins with a dot", hint: "such names are for dslrs itself" };
    if (part === QUARANTINE)
      return { problem: `has a folder "${part}"`, hint: "that one is for unusable files; choose another name" };
  }
  const isLong = parts.some((part) => longest(part) > LONGEST_PART) || longest(parts.join("/")) > LONGEST_PATH;
  return isLong ? { problem: "can get too long", hint: "file systems take 255 bytes a name" } : undefined;
}

function longest(part: string): number {
  return Buffer.byteLength(
    part.replaceAll(/\{(stream|output)\}/g, "x".repeat(LONGEST_VALUE)).replaceAll("{time}", "x".repeat(24)),
  );
}
