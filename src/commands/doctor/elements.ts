/** The GStreamer elements that dslrs uses and the Debian packages they come from. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface NeededElement {
  readonly name: string;
  readonly debianPackage: string;
  /** null: nothing works without it. */
  readonly onlyFor: string | null;
}

/** Used from the code of the workers, or by gst-rtsp-server; what `pipelines/*.launch` names is read from there. */
const FROM_CODE: readonly string[] = ["rtspsrc", "appsrc", "appsink", "capsfilter", "identity", "multiudpsink"];

/** Pass-through needs no encoder; a test pattern and a simulated camera do. */
const FOR_PATTERNS: readonly string[] = [
  ...["videotestsrc", "clockoverlay", "textoverlay", "x264enc", "audiotestsrc", "voaacenc"],
];
const PATTERN_PIPELINE = "source-test.launch";
/** Part of the worker: no package has them. */
const OUR_OWN = /^dslrs/;
/** A picture that takes the place of a source is encoded once. */
const SLATE_PIPELINE = /^slate-/;

const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  "libgstreamer1.0-0": ["filesrc", "filesink", "capsfilter", "identity", "queue", "tee", "fakesink"],
  "gstreamer1.0-x": ["clockoverlay", "textoverlay", "timeoverlay"],
  "gstreamer1.0-plugins-ugly": ["x264enc"],
  "gstreamer1.0-plugins-bad": [
    ...["h264parse", "h265parse", "jpegparse", "opusparse", "h264timestamper", "h265timestamper", "voaacenc"],
    "x265enc",
  ],
  "gstreamer1.0-plugins-base": ["appsrc", "appsink", "videotestsrc", "audiotestsrc", "audioconvert", "videoconvert"],
};

export function neededElements(pipelinesDirectory: string): NeededElement[] {
  const files = readdirSync(pipelinesDirectory).filter((file) => file.endsWith(".launch"));
  const elementsOf = (wanted: readonly string[]) =>
    wanted.flatMap((file) => elementsOfFile(join(pipelinesDirectory, file)));
  const ordinary = files.filter((file) => file !== PATTERN_PIPELINE && !SLATE_PIPELINE.test(file));
  const always = new Set([...FROM_CODE, ...elementsOf(ordinary)]);
  const forPatterns = new Set([...FOR_PATTERNS, ...elementsOf([PATTERN_PIPELINE])]);
  const forSlates = new Set(elementsOf(files.filter((file) => SLATE_PIPELINE.test(file))));
  const needed = (name: string, onlyFor: string | null) => ({ name, debianPackage: packageOf(name), onlyFor });
  return [
    ...[...always].map((name) => needed(name, null)),
    ...[...forPatterns]
      .filter((name) => !always.has(name))
      .map((name) => needed(name, "test patterns and simulated cameras")),
    ...[...forSlates]
      .filter((name) => !always.has(name) && !forPatterns.has(name))
      .map((name) => needed(name, "`fallback: slate`")),
  ];
}

/** The first word of each link of a gst-launch text, where it is an element and no caps. */
export function elementsOfLaunchText(text: string): string[] {
  const withoutComments = text.replace(/^\s*#.*$/gm, "");
  return withoutComments
    .split("!")
    .map((link) => link.trim().split(/\s+/)[0] ?? "")
    .filter((word) => /^[a-z][a-z0-9_-]*$/.test(word));
}

function elementsOfFile(path: string): string[] {
  return elementsOfLaunchText(readFileSync(path, "utf8")).filter((name) => !OUR_OWN.test(name));
}

/** Most come from plugins-good, so the others are listed. */
function packageOf(element: string): string {
  const [name] = Object.entries(PACKAGES).find(([, elements]) => elements.includes(element)) ?? [];
  return name ?? "gstreamer1.0-plugins-good";
}
