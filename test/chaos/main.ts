/** `scripts/chaos [--minutes M] [--streams N] [--seed S]`: prints a report, writes it to build/chaos.json, ends with 1 if a promise was broken. */

import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { reportText } from "./report.js";
import { runChaos } from "./run.js";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "3" },
    streams: { type: "string", default: "8" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    quiet: { type: "boolean", default: false },
  },
});
const beganAt = Date.now();
const report = await runChaos({
  minutes: Number(values.minutes),
  streams: Number(values.streams),
  seed: Number(values.seed),
  say(line) {
    if (!values.quiet) console.error(`${((Date.now() - beganAt) / 1000).toFixed(1).padStart(7)} ${line}`);
  },
});
mkdirSync("build", { recursive: true });
writeFileSync("build/chaos.json", `${JSON.stringify(report, null, 2)}\n`);
console.log(reportText(report));
process.exitCode = report.violations.length === 0 ? 0 : 1;
