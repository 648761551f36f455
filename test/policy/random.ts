/** Random that can be played again. */

export type Random = () => number;

/** mulberry32 */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pick<T>(all: readonly T[], random: Random): T {
  const chosen = all[Math.floor(random() * all.length)];
  if (chosen === undefined) throw new Error("nothing to pick from");
  return chosen;
}

/** DSLRS_SEED=… plays one again, DSLRS_SEEDS=… plays as many. */
export function seeds(count: number): number[] {
  if (process.env.DSLRS_SEED) return [Number(process.env.DSLRS_SEED)];
  return Array.from({ length: Number(process.env.DSLRS_SEEDS ?? count) }, (_, index) => index + 1);
}

/** What goes wrong says with which seed. */
export function named<T>(seed: number, run: (random: Random) => T): T {
  try {
    return run(seeded(seed));
  } catch (error) {
    throw new Error(`DSLRS_SEED=${seed}: ${(error as Error).message}`);
  }
}
