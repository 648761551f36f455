/** Adds and removes streams and users in the text of a config as a person would: nothing else moves, comments and order stay. */

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
  return editSection(text, "streams", (document, section) => {
    const map = section?.value;
    if (pairOf(map, name) !== undefined) {
      return refuse(text, `there is a stream "${name}" already`, "choose another name, or remove it first", map);
    }
    const write: Entry["write"] = (indent, ending) => writeStream(name, stream, indent, ending);
    return addEntry(text, document, section, { place: ["streams", name], settings: streamSettings(stream), write });
  });
}

/** Adds the user, or gives the one of that name another hash. */
export function setUser(text: string, name: string, hash: string): Edit {
  return editSection(text, "users", (document, section) => {
    const user = pairOf(section?.value, name)?.value;
    const former = pairOf(user, "hash")?.value;
    if (isScalar(former) && former.range) {
      return edited(`${text.slice(0, former.range[0])}"${hash}"${text.slice(former.range[1])}`);
    }
    if (pairOf(user, "hashFile") !== undefined) {
      return refuse(
        text,
        `the hash of "${name}" is in a file`,
        "without --config it is printed, to be put there",
        user,
      );
    }
    if (pairOf(section?.value, name) !== undefined) {
      document.setIn(["users", name], document.createNode({ hash }, { flow: true }));
      return rewritten(document);
    }
    const write: Entry["write"] = (indent, ending) => `${" ".repeat(indent)}${name}: { hash: "${hash}" }${ending}`;
    return addEntry(text, document, section, { place: ["users", name], settings: { hash }, write });
  });
}

interface Entry {
  /** Section and name. */
  readonly place: readonly [section: string, name: string];
  readonly settings: Record<string, unknown>;
  /** Whole lines. */
  readonly write: (indent: number, lineEnding: string) => string;
}

function addEntry(text: string, document: Document, section: NodePair | undefined, entry: Entry): Edit {
  const map = section?.value;
  const isFilled = isMapOfNodes(map) && map.items.length > 0;
  if (isInBraces(document.contents) || (isFilled && isInBraces(map))) {
    document.setIn(entry.place, document.createNode(entry.settings, { flow: true }));
    return rewritten(document);
  }
  if (isFilled) return edited(appendEntry(text, map, entry));
  const lines = entry.write(2, lineEndingOf(text));
  return edited(section === undefined ? appendSection(text, entry.place[0], lines) : fillSection(text, section, lines));
}

/** The comments directly above the stream go with it. */
export function removeStream(text: string, name: string): Edit {
  return editSection(text, "streams", (document, section) => {
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

function editSection(
  text: string,
  key: string,
  edit: (document: Document, section: NodePair | undefined) => Edit,
): Edit {
  const composed = composeYaml(text);
  if ("problems" in composed) return { ok: false, errors: locate(text, composed.problems) };
  const { document } = composed;
  const section = pairOf(document.contents, key);
  const isFillable = isMap(section?.value) || section?.value == null || isNothing(section.value);
  if (isFillable && (isMap(document.contents) || isNothing(document.contents))) return edit(document, section);
  return refuse(text, `\`${key}:\` is no map of ${key}`, "write it as in config.example.yaml", section?.key);
}

/** Behind the last entry, and with an empty line between if that is the style of the file. */
function appendEntry(text: string, map: NodeMap, { write }: Entry): string {
  const last = map.items.at(-1) as NodePair;
  const indent = startOf(last.key) - lineStart(text, startOf(last.key));
  const ending = lineEndingOf(text);
  const isSpaced = map.items.length > 1 && hasGapAbove(text, startOf(last.key));
  const lines = (isSpaced ? ending : "") + write(indent, ending);
  return spliceLines(text, blockEnd(text, endOf(last), indent), lines);
}

/** One without a value, or with `{}`. */
function fillSection(text: string, section: NodePair, lines: string): string {
  const colon = text.indexOf(":", endOfNode(section.key)) + 1;
  const value = section.value?.range;
  const emptied = value && value[1] > value[0] ? text.slice(0, colon) + text.slice(value[1]) : text;
  return spliceLines(emptied, lineEnd(emptied, colon), lines);
}

function appendSection(text: string, key: string, lines: string): string {
  const ending = lineEndingOf(text);
  const gap = text.trim() === "" ? "" : ending;
  return spliceLines(text, text.length, `${gap}${key}:${ending}${lines}`);
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
