/**
 * A limit counts for the recordings of all roots together, but each root is kept by itself: what one may hold is what the others leave of
 * it. The root with the oldest recording makes the room. Pure.
 */

import type { Keeping } from "./retention.js";

/** What one root holds of one output, as of its last look. */
export interface Held {
  readonly stream: string;
  readonly output: string;
  readonly bytes: number;
  /** When the oldest file began that may be removed; `null`: there is none. */
  readonly oldestAt: number | null;
}

interface Pile {
  readonly root: string;
  readonly bytes: number;
  readonly oldestAt: number;
}

export function shareLimits(
  keepings: ReadonlyMap<string, Keeping>,
  heldIn: (root: string) => readonly Held[],
): ReadonlyMap<string, Keeping> {
  const roots = [...keepings.keys()];
  const pilesOf = (counts: (held: Held) => boolean) => roots.map((root) => pileOf(root, heldIn(root).filter(counts)));
  const all = pilesOf(() => true);
  const shared = [...keepings].map(([root, keeping]) => {
    const outputs = keeping.outputs.map((output) => {
      const piles = pilesOf((held) => held.stream === output.stream && held.output === output.output);
      return { ...output, keepBytes: shareOf(output.keepBytes, piles, root) };
    });
    return [root, { ...keeping, outputs, keepBytes: shareOf(keeping.keepBytes, all, root) }] as const;
  });
  return new Map(shared);
}

function pileOf(root: string, held: readonly Held[]): Pile {
  return {
    root,
    bytes: held.reduce((sum, { bytes }) => sum + bytes, 0),
    oldestAt: Math.min(...held.map(({ oldestAt }) => oldestAt ?? Number.POSITIVE_INFINITY)),
  };
}

/** 0 is no limit, so that the least one is a byte. */
function shareOf(limit: number, piles: readonly Pile[], root: string): number {
  const oldestAt = Math.min(...piles.map((pile) => pile.oldestAt));
  const giving = piles.find((pile) => pile.oldestAt === oldestAt && oldestAt !== Number.POSITIVE_INFINITY);
  if (limit === 0 || giving?.root !== root) return limit;
  const elsewhere = piles.filter((pile) => pile !== giving).reduce((sum, { bytes }) => sum + bytes, 0);
  return Math.max(1, limit - elsewhere);
}
