/** What only shows when streams are seen together. */

import type { Problem } from "./error.js";
import type { StreamConfig } from "./model.js";
import { snippetOf, subject } from "./show.js";
import { nearest, type Tree } from "./tree.js";

interface Mounted {
  readonly mount: string;
  /** Where the file says so; the output or stream where it follows from a default. */
  readonly tree: Tree;
}

/** One mount belongs to one output. */
export function mountProblems(
  text: string,
  streams: readonly StreamConfig[],
  trees: ReadonlyMap<string, Tree>,
): Problem[] {
  const owners = new Map<string, Mounted>();
  return streams
    .flatMap((stream) => mountsOf(stream, trees.get(stream.name)))
    .flatMap((mounted): Problem[] => {
      const owner = owners.get(mounted.mount);
      if (owner !== undefined) return [conflict(text, mounted, owner)];
      owners.set(mounted.mount, mounted);
      return [];
    });
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

function mountsOf(stream: StreamConfig, tree: Tree | undefined): Mounted[] {
  if (stream.kind === "command" || tree === undefined) return [];
  return stream.outputs.flatMap((output, index) => {
    if (output.kind !== "rtsp") return [];
    const found = nearest(tree, ["outputs", index, "path"]).tree;
    // An output out of `defaults:` is shared by streams; the stream is what a person can change.
    return [{ mount: output.mount, tree: found.path[0] === "defaults" ? tree : found }];
  });
}

function conflict(text: string, { mount, tree }: Mounted, owner: Mounted): Problem {
  const line = text.slice(0, startOf(owner.tree)).split("\n").length;
  const message = `${subject(tree.path)}${mount} is already served by ${owner.tree.path.join(".")} in line ${line}`;
  const hint = "give one of them another `path:`";
  const start = startOf(tree);
  return { message, hint, snippet: mount, path: tree.path, range: { start, end: tree.range.end } };
}

function startOf(tree: Tree): number {
  return tree.kind === "scalar" ? tree.range.start : (tree.key ?? tree.range).start;
}
