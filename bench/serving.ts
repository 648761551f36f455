/**
 * `npm run bench -- serving [join] [latency] [cost] [many] [router] [leaks] [--trials N --seconds S --viewers N --many N]`: what viewers get, and
 * what they cost. Everything is on one machine: viewers and cameras take their share of its cores.
 */

import { existsSync } from "node:fs";
import { costPart, joinPart, latencyPart, leaksPart, manyPart, routerPart } from "./serving-parts.js";
import type { PartResult, Row, ServingOptions } from "./serving-rig.js";

const PARTS = {
  join: joinPart,
  latency: latencyPart,
  cost: costPart,
  many: manyPart,
  router: routerPart,
  leaks: leaksPart,
} as const;

export type ServingPart = keyof typeof PARTS;

export const SERVING_PARTS = Object.keys(PARTS) as readonly ServingPart[];

export type ServingResult = Readonly<Partial<Record<ServingPart, PartResult>>>;

export async function runServing(options: ServingOptions, parts: readonly ServingPart[]): Promise<ServingResult> {
  if (!existsSync(options.clip)) throw new Error(`${options.clip} is missing: run scripts/make-media --bench`);
  const result: Partial<Record<ServingPart, PartResult>> = {};
  for (const part of parts) result[part] = await PARTS[part](options);
  return result;
}

const WHAT_WIDTH = 46;

function line({ what, values, aim }: Row): string {
  const cells = Object.entries(values).map(([name, value]) => `${name} ${value}`);
  return `  ${what.padEnd(WHAT_WIDTH)} ${cells.join("  ")}${aim === undefined ? "" : `  (aim: ${aim})`}`;
}

export function servingTable(result: ServingResult): string {
  return Object.entries(result)
    .map(([part, { how, rows }]) => [`${part}: ${how}`, ...rows.map(line), ""].join("\n"))
    .join("\n");
}
