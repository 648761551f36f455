/** What the recordings of an instance are to be kept to, by root, from its config and from what its streams bring in now. */

import type { Config, RecordOutput, StreamConfig } from "../config/model.js";
import type { Keeping, KeptOutput, Placed } from "../recordings/retention.js";
import type { StreamView } from "./stream.js";

type View = Pick<StreamView, "wanted" | "picture">;

/** Roots that nothing is recorded to are left out; `used`: something was, by order at least. */
export function keepingsOf(
  { recordings, streams }: Pick<Config, "recordings" | "streams">,
  views: readonly View[],
  used: ReadonlySet<string>,
): ReadonlyMap<string, Keeping> {
  const recorded = streams.flatMap((stream) => recordOutputs(stream).map((output) => ({ stream, output })));
  const bitrates = new Map(views.map(({ wanted, picture }) => [wanted.config.name, picture.bitrateBps ?? 0]));
  const bitrate = recorded.reduce((sum, { stream }) => sum + (bitrates.get(stream.name) ?? 0), 0);
  const keepings = new Map<string, Keeping>();
  const ordered = streams.flatMap(clipRoots).filter((root) => used.has(root));
  for (const root of new Set([...recorded.flatMap(({ output }) => output.roots), ...ordered])) {
    const here = recorded.filter(({ output }) => output.roots.includes(root));
    keepings.set(root, {
      root,
      keepBytes: recordings.keepBytes,
      reserveBytes: recordings.reserveBytes,
      outputs: here.map(({ stream, output }) => keptOutput(stream.name, output)),
      others: streams.flatMap((stream) => clipOf(stream, root)),
      bytesPerSecond: bitrate / 8,
    });
  }
  return keepings;
}

export function isBelow(root: string, path: string): boolean {
  return path.startsWith(root.endsWith("/") ? root : `${root}/`);
}

function recordOutputs(stream: StreamConfig): RecordOutput[] {
  if (stream.kind === "command") return [];
  return stream.outputs.flatMap((output) => (output.kind === "record" ? [output] : []));
}

export function clipRoots(stream: StreamConfig): readonly string[] {
  return stream.kind === "command" ? [] : stream.clip.roots;
}

/** What may have been recorded by order. */
function clipOf(stream: StreamConfig, root: string): Placed[] {
  if (stream.kind === "command" || !stream.clip.roots.includes(root)) return [];
  return [{ stream: stream.name, output: stream.clip.id, template: stream.clip.path }];
}

function keptOutput(stream: string, { id, path, keepMs, keepBytes, event }: RecordOutput): KeptOutput {
  return { stream, output: id, template: path, isContinuous: event === null, keepMs, keepBytes };
}
