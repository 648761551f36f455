/** How a change of a setting applies, by its path. */

import { schema } from "./schema.js";
import { type Effect, settingNotes } from "./setting.js";
import { follow } from "./walk.js";

export type { Effect } from "./setting.js";

export interface EffectNotes {
  readonly name: Effect;
  /** What a change of such a setting does. */
  readonly about: string;
}

/** From the smallest interruption to the largest. */
export const EFFECTS: readonly EffectNotes[] = [
  { name: "live", about: "Applies in place; nothing is interrupted." },
  { name: "output", about: "Ends and begins that output only: a recording begins a new file, a mount moves." },
  { name: "ingest", about: "Connects to the source anew; viewers stay connected and recorders armed." },
  { name: "worker", about: "Replaces the process of that stream; its files are finished, its viewers connect again." },
  { name: "supervisor", about: "Concerns the router or the simulated cameras; the processes of the streams go on." },
];

/**
 * The effect of a change at `path`, such as `streams.front-door.source.uri`, `streams.*.outputs.*.rotate` or
 * `streams.yard.outputs.0.format`; any name or index will do where the config has names or lists. A section's own effect is the
 * one of replacing it as a whole. Throws for a path that no config can have: that is a bug of the caller.
 */
export function effectOf(path: string): Effect {
  const segments = path.split(".");
  for (let length = segments.length; length > 0; length -= 1) {
    const reached = follow(schema, segments.slice(0, length));
    if (reached.length === 0) break;
    const notes = reached.map((each) => settingNotes.get(each)).find((each) => each !== undefined);
    if (notes !== undefined) return notes.applies;
  }
  throw new Error(`the schema has no setting ${path}`);
}
