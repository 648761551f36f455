/** A config file as a tree of values that know where they stand; what is no plain YAML is reported and left out. */

import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from "yaml";
import type { Problem, Range } from "./error.js";
import { composeYaml } from "./yaml.js";

export type Path = readonly (string | number)[];

interface Located {
  /** As written, also after `defaults:` were merged. */
  readonly path: Path;
  readonly range: Range;
  /** Where its key stands; entries of lists have none. */
  readonly key?: Range;
}

export interface ScalarTree extends Located {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
}

export interface ListTree extends Located {
  readonly kind: "list";
  readonly items: readonly Tree[];
}

export interface MapTree extends Located {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, Tree>;
}

export type Tree = ScalarTree | ListTree | MapTree;

/** Above this, aliases have multiplied a small file into a large config. */
const MOST_VALUES = 100_000;

export function readTree(text: string): { readonly tree: Tree } | { readonly problems: readonly Problem[] } {
  const composed = composeYaml(text);
  if ("problems" in composed) return composed;
  const { document } = composed;
  const walk: Walk = { text, problems: [], anchors: new Map() };
  const root = document.contents;
  if (root === null || (isScalar(root) && root.value === null)) return { problems: [emptyFile(document)] };
  const { tree } = walkNode(walk, root as Node, [], undefined);
  return walk.problems.length === 0 ? { tree } : { problems: walk.problems };
}

/** The plain value, as a JSON parser would give it. */
export function toPlain(tree: Tree): unknown {
  switch (tree.kind) {
    case "scalar":
      return tree.value;
    case "list":
      return tree.items.map(toPlain);
    case "map":
      return Object.fromEntries(Array.from(tree.entries, ([key, value]) => [key, toPlain(value)]));
  }
}

/** The tree at `path`, or the deepest one on the way to it. */
export function nearest(tree: Tree, path: readonly PropertyKey[]): { readonly tree: Tree; readonly isExact: boolean } {
  const [segment, ...rest] = path;
  if (segment === undefined) return { tree, isExact: true };
  const child = childOf(tree, segment);
  return child === undefined ? { tree, isExact: false } : nearest(child, rest);
}

export function childOf(tree: Tree, segment: PropertyKey): Tree | undefined {
  if (tree.kind === "map") return tree.entries.get(String(segment));
  return tree.kind === "list" ? tree.items[Number(segment)] : undefined;
}

/** Entries of the map at `key`; none where there is no such map. */
export function entriesOf(tree: Tree, key: string): readonly (readonly [string, Tree])[] {
  const child = childOf(tree, key);
  return child?.kind === "map" ? [...child.entries] : [];
}

interface Walk {
  readonly text: string;
  readonly problems: Problem[];
  /** Trees that aliases may stand for; a tree is shared, so an alias costs no memory. */
  readonly anchors: Map<string, Sized>;
}

/** `size` counts values with all aliases written out. */
interface Sized {
  readonly tree: Tree;
  readonly size: number;
}

function walkNode(walk: Walk, node: Node | null, path: Path, key: Range | undefined): Sized {
  if (isAlias(node)) return walkAlias(walk, node.source, rangeOf(node, key), path, key);
  const located = { path, range: rangeOf(node, key), ...(key && { key }) };
  const sized = walkPlain(walk, node, located);
  const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
  if (anchor !== undefined) walk.anchors.set(anchor, sized);
  return sized;
}

function walkPlain(walk: Walk, node: Node | null, located: Located): Sized {
  if (isMap(node)) return walkMap(walk, node, located);
  if (!isSeq(node)) return { tree: { ...located, kind: "scalar", value: scalarValue(node) }, size: 1 };
  const items = node.items.map((item, index) => walkNode(walk, item as Node, [...located.path, index], undefined));
  return { tree: { ...located, kind: "list", items: items.map(({ tree }) => tree) }, size: 1 + total(items) };
}

function walkMap(walk: Walk, node: YAMLMap, located: Located): Sized {
  const entries = new Map<string, Sized>();
  for (const pair of node.items as Pair<Node, Node | null>[]) {
    const key = rangeOf(pair.key, located.range);
    const name = isScalar(pair.key) && typeof pair.key.value === "string" ? pair.key.value : undefined;
    if (name === undefined) {
      problem(walk, key, located.path, "a key is missing or is no text", "write `name: value`");
      continue;
    }
    const earlier = entries.get(name)?.tree;
    if (earlier !== undefined) {
      const line = lineOf(walk.text, (earlier.key ?? earlier.range).start);
      const hint = "keep one of the two; they would overwrite each other";
      problem(walk, key, [...located.path, name], `"${name}" is given twice: here and in line ${line}`, hint, name);
      continue;
    }
    entries.set(name, walkNode(walk, pair.value, [...located.path, name], key));
  }
  const size = 1 + total([...entries.values()]);
  const plain = new Map(Array.from(entries, ([name, { tree }]) => [name, tree]));
  return { tree: { ...located, kind: "map", entries: plain }, size };
}

function walkAlias(walk: Walk, name: string, range: Range, path: Path, key: Range | undefined): Sized {
  const target = walk.anchors.get(name);
  if (target !== undefined && target.size <= MOST_VALUES) {
    return { tree: { ...target.tree, ...(key && { key }) }, size: target.size };
  }
  if (target === undefined) {
    const hint = "a text that begins with * needs quotes; an alias needs its anchor before it";
    problem(walk, range, path, "this alias has no anchor", hint);
  } else {
    const message = `aliases multiply the file to more than ${MOST_VALUES} values`;
    const isFirst = walk.problems.every((other) => other.message !== message);
    if (isFirst) problem(walk, range, path, message, "write the values out, or use `defaults:`");
  }
  return { tree: { kind: "scalar", value: null, path, range, ...(key && { key }) }, size: 1 };
}

function scalarValue(node: Node | null): ScalarTree["value"] {
  const value = isScalar(node) ? node.value : null;
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
}

function total(sized: readonly Sized[]): number {
  return sized.reduce((sum, { size }) => sum + size, 0);
}

function rangeOf(node: Node | null | undefined, fallback: Range | undefined): Range {
  if (node?.range) return { start: node.range[0], end: node.range[1] };
  const at = fallback?.end ?? 0;
  return { start: at, end: at };
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

function problem(walk: Walk, range: Range, path: Path, message: string, hint: string, snippet = ""): void {
  walk.problems.push({ range, path, message, hint, snippet });
}

function emptyFile(document: Document): Problem {
  const start = document.range?.[0] ?? 0;
  const hint = "the least that runs is `streams: { name: { source: rtsp://… } }`";
  return { range: { start, end: start }, path: [], message: "the file holds no settings", hint, snippet: "" };
}
