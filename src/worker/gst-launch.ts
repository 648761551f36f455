/** Reads what gst-launch-1.0 prints (any of -e -m -v -q) as what happens in its pipeline. One reader for one process. */

import type { WireFailure } from "./wire.js";

export type LaunchNews =
  | { readonly type: "playing" }
  | { readonly type: "endOfStream" }
  | { readonly type: "failed"; readonly failure: WireFailure }
  | { readonly type: "warned"; readonly message: string };

export interface LaunchReader {
  /** What the line completes; mostly nothing. */
  read(line: string): LaunchNews[];
  /** No line follows. */
  end(): LaunchNews[];
}

export function isGstLaunch(argv: readonly string[]): boolean {
  return argv.some((word) => /(^|\/)gst-launch(-1\.0)?$/.test(word));
}

/** `-q` leaves out all but errors. */
export function tellsWhenItPlays(argv: readonly string[]): boolean {
  return isGstLaunch(argv) && !argv.some((word) => /^(-[a-zA-Z]*q[a-zA-Z]*|--quiet)$/.test(word));
}

/** An error or warning comes in several lines: what happened, where in the code, and details. */
interface Bulletin {
  readonly severity: "ERROR" | "WARNING";
  readonly element: string;
  readonly message: string;
  readonly debug: string[];
}

const BULLETIN = /^(ERROR|WARNING): from element (\S+): (.*)$/;
const UNUSABLE = /^WARNING: erroneous pipeline: (.*)$|^ERROR: pipeline could not be constructed: (.*?)\.?$/;
const PLAYING = /^Setting pipeline to PLAYING|\(state-changed\):.*new-state=\(GstState\)playing/;
const END_OF_STREAM = /^Got EOS from element/;
/** Lines that gst-launch writes itself: a bulletin before them is complete. */
const OWN_WORDS =
  /^(ERROR|WARNING|INFO): |^(Setting pipeline|Pipeline is|Execution ended|Freeing pipeline|Got message|Got EOS|EOS received|Failed to set|New clock|Redistribute latency|Progress:|Prerolled,|handling interrupt|Interrupt:)/;

export function createLaunchReader(): LaunchReader {
  let bulletin: Bulletin | undefined;

  function complete(): LaunchNews[] {
    const news = bulletin ? [newsOf(bulletin)] : [];
    bulletin = undefined;
    return news;
  }

  return {
    read(line) {
      if (bulletin && !OWN_WORDS.test(line)) {
        if (line !== "Additional debug info:") bulletin.debug.push(line);
        return [];
      }
      const news = complete();
      bulletin = bulletinOf(line);
      return bulletin ? news : [...news, ...newsInLine(line)];
    },
    end: complete,
  };
}

function bulletinOf(line: string): Bulletin | undefined {
  const [, severity, element = "", message = ""] = BULLETIN.exec(line) ?? [];
  if (severity !== "ERROR" && severity !== "WARNING") return undefined;
  return { severity, element: element.slice(element.lastIndexOf(":") + 1), message, debug: [] };
}

function newsInLine(line: string): LaunchNews[] {
  const unusable = UNUSABLE.exec(line);
  if (unusable) return [{ type: "failed", failure: unusablePipeline(unusable[1] ?? unusable[2] ?? "") }];
  if (PLAYING.test(line)) return [{ type: "playing" }];
  return END_OF_STREAM.test(line) ? [{ type: "endOfStream" }] : [];
}

function unusablePipeline(problem: string): WireFailure {
  return { reason: "pipelineInvalid", message: `The pipeline text is not valid: ${problem}` };
}

function newsOf({ severity, element, message, debug }: Bulletin): LaunchNews {
  if (severity === "WARNING")
    return { type: "warned", message: [`${element}: ${message}`, ...debug.slice(-1)].join(" ") };
  const kind = KINDS.find(([words]) => words.test(message));
  const [, domain, code] = kind ?? [undefined, "gst-stream-error-quark", 1];
  return { type: "failed", failure: { reason: "error", domain, code, element, message, debug: debug.join("\n") } };
}

/** gst-launch prints no error codes, but most elements use GStreamer's own words for them (gsterror.c), in the language set by us. */
const KINDS: readonly (readonly [RegExp, string, number])[] = [
  [/^(Resource not found|Not found)/, "gst-resource-error-quark", 3],
  [/^Resource busy/, "gst-resource-error-quark", 4],
  [/^Could not open resource for reading\./, "gst-resource-error-quark", 5],
  [/^Could not open resource for writing\./, "gst-resource-error-quark", 6],
  [/^Could not open resource for reading and writing\./, "gst-resource-error-quark", 7],
  [/^Could not read from resource\./, "gst-resource-error-quark", 9],
  [/^Could not write to resource\./, "gst-resource-error-quark", 10],
  [/settings from\/on resource\./, "gst-resource-error-quark", 13],
  [/^No space left on the resource\./, "gst-resource-error-quark", 14],
  [/^Unauthorized/, "gst-resource-error-quark", 15],
  [/^No decoder available|^No supported stream/, "gst-stream-error-quark", 6],
  [/^Your GStreamer installation is missing a plug-in\./, "gst-core-error-quark", 12],
  [/^GStreamer error: negotiation problem\./, "gst-core-error-quark", 7],
  [/^GStreamer error: /, "gst-core-error-quark", 1],
];
