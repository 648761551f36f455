/** Brings every stream into its long form: short forms written out, `defaults:` merged in. Positions stay those of the file. */

import { splitAddress } from "./credentials.js";
import { STRATEGY_OF } from "./recovery.js";
import { sourceTypes } from "./sources.js";
import { childOf, type MapTree, type ScalarTree, type Tree } from "./tree.js";

/** What `stream` says, and below that what `defaults` says as far as it fits. */
export function expandStream(stream: Tree, defaults: Tree | undefined): Tree {
  if (stream.kind !== "map") return stream;
  const long = expanding(expanding(stream, "source", longestSource), "retry", longRetry);
  if (defaults?.kind !== "map") return long;
  return merge(fitting(defaults, long), long);
}

/** The whole file, with the short forms in `defaults:` written out. */
export function expandDefaults(root: Tree): Tree {
  if (root.kind !== "map") return root;
  return expanding(root, "defaults", (defaults) => {
    return defaults.kind === "map" ? expanding(defaults, "retry", longRetry) : defaults;
  });
}

function longestSource(source: Tree): Tree {
  const long = longSource(source);
  return long.kind === "map" ? expanding(long, "substream", longSubstream) : long;
}

/** `rtsp://…` and `./clip.mp4` stand for a source of that type. */
function longSource(source: Tree): Tree {
  if (source.kind !== "scalar" || typeof source.value !== "string" || source.value === "") return source;
  const isAddress = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(source.value);
  const { key: _, ...located } = source;
  const type: ScalarTree = { ...located, value: isAddress ? "rtsp" : "file" };
  const entries = new Map<string, Tree>([
    ["type", type],
    [isAddress ? "uri" : "path", located],
  ]);
  return { ...source, kind: "map", entries };
}

/** `rtsp://…` stands for a substream of that address. */
function longSubstream(substream: Tree): Tree {
  if (substream.kind !== "scalar" || substream.value === null) return substream;
  const { key: _, ...uri } = substream;
  return { ...substream, kind: "map", entries: new Map([["uri", uri]]) };
}

/** `immediate` stands for the strategy of that name. */
function longRetry(retry: Tree): Tree {
  if (retry.kind !== "scalar" || retry.value === null) return retry;
  const { key: _, ...strategy } = retry;
  return { ...retry, kind: "map", entries: new Map([["strategy", strategy]]) };
}

/** The part of `defaults` that a stream can have. */
function fitting(defaults: MapTree, stream: MapTree): MapTree {
  const source = stream.entries.get("source");
  const kept = [...defaults.entries].flatMap(([key, value]): [string, Tree][] => {
    if (key === "limits") return [[key, value]];
    if (key === "retry") return [[key, fittingRetry(value, stream.entries.get("retry"))]];
    if (source === undefined || stream.entries.has("command")) return [];
    return [[key, key === "source" ? fittingSource(value, source) : value]];
  });
  return { ...defaults, entries: new Map(kept) };
}

function fittingSource(defaults: Tree, source: Tree): Tree {
  const type = plainText(childOf(source, "type"));
  if (defaults.kind !== "map" || source.kind !== "map") return source;
  const known = Object.entries(sourceTypes).find(([name]) => name === type)?.[1].shape ?? {};
  const excluded = [...ownCredentials(source), ...(isPlain(source) ? ["tls"] : [])];
  const kept = [...defaults.entries].filter(([key]) => Object.hasOwn(known, key) && !excluded.includes(key));
  return { ...defaults, entries: new Map(kept) };
}

/** A stream that chooses its strategy takes none of the settings of another one. */
function fittingRetry(defaults: Tree, retry: Tree | undefined): Tree {
  const strategy = retry && plainText(childOf(retry, "strategy"));
  if (defaults.kind !== "map" || strategy === undefined) return defaults;
  const strategyOf = new Map<string, string>(Object.entries(STRATEGY_OF));
  const kept = [...defaults.entries].filter(([key]) => (strategyOf.get(key) ?? strategy) === strategy);
  return { ...defaults, entries: new Map(kept) };
}

const CREDENTIALS = ["user", "password", "passwordFile", "credentials"];

/** A stream that has a password of its own, in whichever way, must not get a second one. */
function ownCredentials(source: MapTree): readonly string[] {
  const address = splitAddress(plainText(source.entries.get("uri")) ?? "");
  const inAddress = "value" in address ? address.value : undefined;
  if (inAddress?.password !== undefined || source.entries.has("credentials")) return CREDENTIALS;
  const hasPassword = source.entries.has("password") || source.entries.has("passwordFile");
  const hasUser = inAddress?.user !== undefined;
  return [
    ...(hasPassword ? ["password", "passwordFile"] : []),
    ...(hasUser ? ["user"] : []),
    ...(hasPassword || hasUser || source.entries.has("user") ? ["credentials"] : []),
  ];
}

function isPlain(source: MapTree): boolean {
  return /^rtsp:/i.test(plainText(source.entries.get("uri")) ?? "");
}

function merge(below: Tree, above: Tree): Tree {
  if (above.kind === "scalar" && above.value === null && below.kind === "map") return { ...below, ...keyOf(above) };
  if (below.kind !== "map" || above.kind !== "map") return above;
  const entries = new Map(below.entries);
  for (const [key, value] of above.entries) {
    const inherited = below.entries.get(key);
    entries.set(key, inherited === undefined ? value : merge(inherited, value));
  }
  return { ...above, entries };
}

function keyOf(tree: Tree): { key?: NonNullable<Tree["key"]> } {
  return tree.key === undefined ? {} : { key: tree.key };
}

function expanding(map: MapTree, key: string, expand: (tree: Tree) => Tree): MapTree {
  const tree = map.entries.get(key);
  return tree === undefined ? map : { ...map, entries: new Map([...map.entries, [key, expand(tree)]]) };
}

function plainText(tree: Tree | undefined): string | undefined {
  return tree?.kind === "scalar" && typeof tree.value === "string" ? tree.value : undefined;
}
