/**
 * Imports point down: main → commands → supervisor → worker, policy, config, recordings, report → failure.
 * Types may be imported from anywhere, since they leave no trace in the running program.
 */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const LAYERS = [
  ["main"],
  ["commands"],
  ["supervisor"],
  ["worker", "policy", "config", "recordings", "report"],
  ["failure"],
];
/** Decisions: no clock, no files, no processes. */
const PURE = ["policy"];
const IMPORT = /^\s*(?:import|export)\s+(?!type\b)[^;]*?from\s+"([^"]+)"|\bimport\("([^"]+)"\)/gm;

/** Every import below `source` that is not allowed, as a sentence. */
export function wrongImports(source) {
  const files = readdirSync(source, { recursive: true }).filter((file) => file.endsWith(".ts"));
  return files.flatMap((file) =>
    importsOf(join(source, file)).flatMap((target) => problemOf(source, file, target) ?? []),
  );
}

function importsOf(file) {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(IMPORT)].map((match) => match[1] ?? match[2]);
}

function problemOf(source, file, target) {
  const from = partOf(file);
  if (!target.startsWith("."))
    return PURE.includes(from) ? `src/${file} imports ${target}, but is to be pure` : undefined;
  const to = partOf(relative(source, resolve(source, dirname(file), target)));
  const [fromLayer, toLayer] = [layerOf(from), layerOf(to)];
  if (fromLayer < 0 || toLayer < 0) return `src/${file}: ${fromLayer < 0 ? from : to} belongs to no layer`;
  return toLayer < fromLayer ? `src/${file} imports from ${to}, which stands above ${from}` : undefined;
}

function partOf(file) {
  return file.split("/")[0].replace(/\.(ts|js)$/, "");
}

function layerOf(part) {
  return LAYERS.findIndex((layer) => layer.includes(part));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = wrongImports(process.argv[2] ?? join(import.meta.dirname, "../src"));
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
