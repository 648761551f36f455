/** Adds and removes streams in the text of a config as a person would: nothing else moves, comments and order stay. */

import { type Document, isMap, isNode, isPair, isScalar, isSeq, type Node, type Pair, type YAMLMap } from "yaml";
import { type ConfigError, locate } from "./error.js";
import { blockEnd, cutBlock, hasGapAbove, lineEnd, lineEndingOf, lineStart } from "./lines.js";
import { type NewStream, streamSettings, writeStream } from "./write-stream.js";
import { composeYaml } from "./yaml.js";

export type { NewStream } from "./write-stream.js";

export type Edit =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly errors: readonly ConfigError[] };

type NodeMap = YAMLMap<Node, Node | null>;
type NodePair = Pair<Node, Node | null>;

export function addStream(text: string, name: string, stream: NewStream): Edit {
  return editStreams(text, (document, section) => {
    const map = section?.value;
    if (pairOf(map, name) !== undefined) {
      return refuse(text, `there is a stream "${name}" already`, "choose another name, or remove it first", map);
    }
    const isFilled = isMapOfNodes(map) && map.items.length > 0;
    if (isInBraces(document.contents) || (isFilled && isInBraces(map))) {
      document.setIn(["streams", name], document.createNode(streamSettings(stream), { flow: true }));
      return rewritten(document);
    }
    if (isFilled) return edited(appendStream(text, map, name, stream));
    const lines = writeStream(name, stream, 2, lineEndingOf(text));
    return edited(section === undefined ? appendSection(text, lines) : fillSection(text, section, lines));
  });
}

/** The comments directly above the stream go with it. */
export function removeStream(text: string, name: string): Edit {
  return editStreams(text, (document, section) => {
    const map = section?.value;
    const pair = pairOf(map, name);
    if (section === undefined || pair === undefined || !isMapOfNodes(map)) {
      return refuse(text, `there is no stream "${name}"`, "`dslrs status` shows the names", map);
    }
    if (isInBraces(document.contents) || isInBraces(map)) {
      document.deleteIn(["streams", name]);
      return rewritten(document);
    }
    const without = cutBlock(text, startOf(pair.key), endOf(pair));
    if (map.items.length > 1) return edited(without);
    const colon = text.indexOf(":", endOfNode(section.key)) + 1;
    return edited(`${without.slice(0, colon)} {}${without.slice(colon)}`);
  });
}

function editStreams(text: string, edit: (document: Document, section: NodePair | undefined) => Edit): Edit {
  const composed = composeYaml(text);
  if ("problems" in composed) return { ok: false, errors: locate(text, composed.problems) };
  const { document } = composed;
  const section = pairOf(document.contents, "streams");
  const isFillable = isMap(section?.value) || section?.value == null || isNothing(section.value);
  if (isFillable && (isMap(document.contents) || isNothing(document.contents))) return edit(document, section);
  return refuse(text, "`streams:` is no map of streams", "write it as in config.example.yaml", section?.key);
}

/** Behind the last stream, and with an empty line between if that is the style of the file. */
function appendStream(text: string, map: NodeMap, name: string, stream: NewStream): string {
  const last = map.items.at(-1) as NodePair;
  const indent = startOf(last.key) - lineStart(text, startOf(last.key));
  const ending = lineEndingOf(text);
  const isSpaced = map.items.length > 1 && hasGapAbove(text, startOf(last.key));
  const lines = (isSpaced ? ending : "") + writeStream(name, stream, indent, ending);
  return spliceLines(text, blockEnd(text, endOf(last), indent), lines);
}

/** `streams:` without a value, or with `{}`. */
function fillSection(text: string, section: NodePair, lines: string): string {
  const colon = text.indexOf(":", endOfNode(section.key)) + 1;
  const value = section.value?.range;
  const emptied = value && value[1] > value[0] ? text.slice(0, colon) + text.slice(value[1]) : text;
  return spliceLines(emptied, lineEnd(emptied, colon), lines);
}

function appendSection(text: string, lines: string): string {
  const ending = lineEndingOf(text);
  const gap = text.trim() === "" ? "" : ending;
  return spliceLines(text, text.length, `${gap}streams:${ending}${lines}`);
}

/** `at` is the end of a line, its line break included where it has one. */
function spliceLines(text: string, at: number, lines: string): string {
  const before = text.slice(0, at);
  const isWholeLine = before === "" || before.endsWith("\n");
  return before + (isWholeLine ? "" : lineEndingOf(text)) + lines + text.slice(at);
}

function edited(text: string): Edit {
  return { ok: true, text };
}

/** Maps in braces have no lines of their own; the library writes the file anew, comments included. */
function rewritten(document: Document): Edit {
  return edited(document.toString({ lineWidth: 0 }));
}

function refuse(text: string, message: string, hint: string, at: Node | null | undefined): Edit {
  const [start, end] = at?.range ?? [0, 0];
  return {
    ok: false,
    errors: locate(text, [{ message, hint, snippet: "", path: ["streams"], range: { start, end } }]),
  };
}

function pairOf(node: unknown, key: string): NodePair | undefined {
  return isMapOfNodes(node) ? node.items.find((pair) => isScalar(pair.key) && pair.key.value === key) : undefined;
}

function isMapOfNodes(node: unknown): node is NodeMap {
  return isMap(node);
}

function isInBraces(node: unknown): boolean {
  return isMap(node) && node.flow === true;
}

function isNothing(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

function endOfNode(node: Node): number {
  return node.range?.[1] ?? 0;
}

/** Where the last value in `pair` ends; the range of a block would take in the comments behind it. */
function endOf({ key, value }: NodePair): number {
  return value === null || value === undefined ? endOfNode(key) : endOfValue(value);
}

function endOfValue(value: Node): number {
  const isBlock = (isMapOfNodes(value) || isSeq(value)) && !value.flow;
  const last = isBlock ? value.items.at(-1) : undefined;
  if (isNode(last)) return endOfValue(last);
  return isPair(last) ? endOf(last as NodePair) : endOfNode(value);
}
