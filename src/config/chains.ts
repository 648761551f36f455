/** Streams that take another stream as their source: that one must be there, have a worker, and not depend on them. */

import type { Problem } from "./error.js";
import type { StreamConfig } from "./model.js";
import { named, snippetOf, subject } from "./show.js";
import { closest } from "./suggest.js";
import { nearest, type Tree } from "./tree.js";

/** `trees`: of all streams that the file has, also of those with mistakes. */
export function chainProblems(
  text: string,
  streams: readonly StreamConfig[],
  trees: ReadonlyMap<string, Tree>,
): Problem[] {
  const origins = new Map(streams.flatMap((stream) => (originOf(stream) ? [[stream.name, originOf(stream)]] : [])));
  const commands = new Set(streams.filter(({ kind }) => kind === "command").map(({ name }) => name));
  const told = new Set<string>();
  return [...origins].flatMap(([name, origin = ""]): Problem[] => {
    const tree = trees.get(name);
    if (tree === undefined) return [];
    const complain = (problem: string, hint: string) => [problemAt(text, tree, problem, hint)];
    if (!trees.has(origin)) return complain("is no stream of this config", hintFor(origin, name, trees));
    if (commands.has(origin)) {
      return complain("is a command", "its media stays its own; take a stream with a `source`");
    }
    const circle = circleFrom(name, origins);
    if (circle === undefined || circle.some((each) => told.has(each))) return [];
    for (const each of circle) told.add(each);
    return complain(`leads back to itself: ${[...circle, name].join(" <- ")}`, "give one of them another source");
  });
}

function originOf(stream: StreamConfig): string | undefined {
  return stream.kind === "media" && stream.source.kind === "stream" ? stream.source.from : undefined;
}

function hintFor(origin: string, name: string, trees: ReadonlyMap<string, Tree>): string {
  const others = [...trees.keys()].filter((each) => each !== name);
  const near = closest(origin, others);
  if (near !== undefined) return `did you mean "${near}"?`;
  return others.length === 0 ? "add that stream first" : `there are ${others.join(", ")}`;
}

/** The streams from `name` on that lead back to it; `undefined` where they lead elsewhere. */
function circleFrom(name: string, origins: ReadonlyMap<string, string | undefined>): string[] | undefined {
  const passed = [name];
  for (let next = origins.get(name); next !== undefined; next = origins.get(next)) {
    if (next === name) return passed;
    if (passed.includes(next)) return undefined;
    passed.push(next);
  }
  return undefined;
}

function problemAt(text: string, stream: Tree, problem: string, hint: string): Problem {
  const { tree } = nearest(stream, ["source", "from"]);
  const snippet = snippetOf(text, tree);
  return {
    message: subject(tree.path) + `${named(snippet, tree)} ${problem}`,
    hint,
    snippet,
    path: tree.path,
    range: tree.range,
  };
}
