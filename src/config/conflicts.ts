/** What only shows when streams are seen together. */

import type { Problem } from "./error.js";
import type { OutputConfig, StreamConfig, TapOutput } from "./model.js";
import { snippetOf, subject } from "./show.js";
import { TAP_AUDIO_SUFFIX, tapPath } from "./tap-paths.js";
import { nearest, type Tree } from "./tree.js";

/** Something that one output alone can have. */
interface Claim {
  readonly name: string;
  /** Where the file says so; the output or stream where it follows from a default. */
  readonly tree: Tree;
}

/** One mount belongs to one output. */
export function mountProblems(
  text: string,
  streams: readonly StreamConfig[],
  trees: ReadonlyMap<string, Tree>,
): Problem[] {
  const mounts = streams.flatMap((stream) => {
    return claimsOf(stream, trees, (output) => (output.kind === "rtsp" ? [output.mount] : []));
  });
  return clashes(text, mounts, "is already served by");
}

/** So does the path of a socket. */
export function socketProblems(
  text: string,
  streams: readonly StreamConfig[],
  trees: ReadonlyMap<string, Tree>,
): Problem[] {
  const sockets = streams.flatMap((stream) => {
    return claimsOf(stream, trees, (output) => (output.kind === "tap" ? tapPaths(stream.name, output) : []));
  });
  return clashes(text, sockets, "is already a socket of");
}

/** So do the ports of a group: two for the video, two for the sound. */
export function groupProblems(
  text: string,
  streams: readonly StreamConfig[],
  trees: ReadonlyMap<string, Tree>,
): Problem[] {
  const ports = streams.flatMap((stream) => claimsOf(stream, trees, groupPorts, "multicast"));
  return clashes(text, ports, "is already sent to by", "give one of them another `address:` or `port:`");
}

function groupPorts(output: OutputConfig): string[] {
  if (output.kind !== "rtsp" || output.multicast === undefined) return [];
  const { address, port } = output.multicast;
  return [`${address}:${port}`, `${address}:${port + 2}`];
}

/** Where `{stream}` and `{output}` adjoin, those of two outputs can make the same name. */
export function pathProblems(
  text: string,
  streams: readonly StreamConfig[],
  trees: ReadonlyMap<string, Tree>,
): Problem[] {
  const owners = new Map<string, string>();
  return streams.flatMap((stream): Problem[] => {
    const tree = trees.get(stream.name);
    if (stream.kind === "command" || tree === undefined) return [];
    const paths = [...stream.outputs, stream.clip].flatMap((output) => (output.kind === "record" ? [output.path] : []));
    const owner = paths.map((path) => owners.get(path)).find((other) => other !== undefined);
    for (const path of paths) owners.set(path, stream.name);
    if (owner === undefined) return [];
    const message = `${subject(tree.path)}its recordings would have the names of those of ${owner}`;
    const hint = "put a slash between {stream} and {output} in `recordings.pathTemplate`";
    const start = startOf(tree);
    return [{ message, hint, snippet: snippetOf(text, tree), path: tree.path, range: { start, end: tree.range.end } }];
  });
}

function claimsOf(
  stream: StreamConfig,
  trees: ReadonlyMap<string, Tree>,
  namesOf: (output: OutputConfig) => readonly string[],
  key = "path",
): Claim[] {
  const tree = trees.get(stream.name);
  if (stream.kind === "command" || tree === undefined) return [];
  return stream.outputs.flatMap((output, index) => {
    const found = nearest(tree, ["outputs", index, key]).tree;
    // An output out of `defaults:` is shared by streams; the stream is what a person can change.
    const shown = found.path[0] === "defaults" ? tree : found;
    return namesOf(output).map((name) => ({ name, tree: shown }));
  });
}

function tapPaths(stream: string, tap: TapOutput): string[] {
  const path = tapPath(stream, tap);
  return [path, path + TAP_AUDIO_SUFFIX];
}

/** At most one of an output. */
function clashes(
  text: string,
  claims: readonly Claim[],
  does: string,
  hint = "give one of them another `path:`",
): Problem[] {
  const owners = new Map<string, Claim>();
  const complained = new Set<Tree>();
  return claims.flatMap((claim): Problem[] => {
    const owner = owners.get(claim.name);
    if (owner === undefined) owners.set(claim.name, claim);
    if (owner === undefined || complained.has(claim.tree)) return [];
    complained.add(claim.tree);
    return [clash(text, claim, owner, does, hint)];
  });
}

function clash(text: string, { name, tree }: Claim, owner: Claim, does: string, hint: string): Problem {
  const line = text.slice(0, startOf(owner.tree)).split("\n").length;
  const message = `${subject(tree.path)}${name} ${does} ${owner.tree.path.join(".")} in line ${line}`;
  const start = startOf(tree);
  return { message, hint, snippet: name, path: tree.path, range: { start, end: tree.range.end } };
}

function startOf(tree: Tree): number {
  return tree.kind === "scalar" ? tree.range.start : (tree.key ?? tree.range).start;
}
