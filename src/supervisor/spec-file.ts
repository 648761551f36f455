/** `spec.json` of a stream's bundle: what its worker does at this moment, for the supervisor that adopts it. */

import { join } from "node:path";
import type { StreamSpec } from "../policy/spec.js";
import { readJsonObject } from "./files.js";

const VERSION = 1;

export function specPath(bundle: string): string {
  return join(bundle, "spec.json");
}

export function specText(spec: StreamSpec): string {
  return `${JSON.stringify({ version: VERSION, ...spec }, null, 2)}\n`;
}

/** `undefined`: nothing is known of what the worker of this bundle does. */
export function readSpec(bundle: string): StreamSpec | undefined {
  const value = readJsonObject(specPath(bundle));
  return value?.version === VERSION && isSpec(value) ? value : undefined;
}

/** Written by us into a directory that is ours alone: a check of the shape against older versions, no defence. */
function isSpec(value: object): value is StreamSpec {
  return (
    "name" in value &&
    "limits" in value &&
    "program" in value &&
    typeof value.program === "object" &&
    "outputs" in value &&
    Array.isArray(value.outputs)
  );
}
