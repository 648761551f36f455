/**
 * `npm run bench -- [load] [--streams N --seconds S]`, `… recovery [--trials N --lanes N]`, `… recording [PART…] [--trials N --seconds S]`,
 * `… serving [PART…] [--trials N --seconds S --viewers N --many N]` or `… stalls [--minutes N]`: prints what it measured, and the same as JSON to build/bench-<what>.json.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { type LoadResult, runLoad } from "./load.js";
import { RECORDING_PARTS, runRecording } from "./recording.js";
import { runRecovery } from "./recovery.js";
import { runServing, SERVING_PARTS, servingTable } from "./serving.js";
import { runStalls } from "./stalls.js";

const MEBIBYTE = 1024 * 1024;

function table({ roles, streams, ...result }: LoadResult): string {
  const rows = roles.map(({ role, processes, cpuPercent, pssBytes, rssBytes }) => [
    role,
    String(processes),
    cpuPercent.toFixed(1),
    (pssBytes / MEBIBYTE).toFixed(1),
    (rssBytes / MEBIBYTE).toFixed(1),
  ]);
  const head = ["role", "processes", "CPU % of a core", "PSS MiB", "RSS MiB"];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ");
  return [
    line(head),
    ...rows.map(line),
    "",
    `a stream (worker and shim): ${result.perStream.cpuPercent.toFixed(2)} % of a core, ${(result.perStream.pssBytes / MEBIBYTE).toFixed(1)} MiB PSS`,
    `${streams} streams for ${result.seconds.toFixed(1)} s: ${result.framesSeen} frames seen by viewers, ${result.packetsLost} packets lost, ${result.framesNotRecorded} frames not recorded`,
    `connect to first packet: median ${result.firstPacketMs.median.toFixed(1)} ms, max ${result.firstPacketMs.max.toFixed(1)} ms`,
    `all streams running ${(result.allRunningAfterMs / 1000).toFixed(1)} s after the start`,
  ].join("\n");
}

function recoveryTable({ result, supervision }: Awaited<ReturnType<typeof runRecovery>>): string {
  const rows = Object.entries(result).map(([what, { trials, p50, p99, max }]) =>
    [what.padEnd(72), ...[trials, p50, p99, max].map((value) => String(value).padStart(6))].join(" "),
  );
  return [
    ["ms".padEnd(72), "trials", "   p50", "   p99", "   max"].join(" "),
    ...rows,
    "",
    `supervisor without streams ${supervision.idlePercent.toFixed(2)} % of a core, with 32 ${supervision.busyPercent.toFixed(2)} %`,
  ].join("\n");
}

function keep(name: string, result: unknown): void {
  mkdirSync("build", { recursive: true });
  writeFileSync(`build/bench-${name}.json`, `${JSON.stringify(result, null, 2)}\n`);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    streams: { type: "string", default: "32" },
    seconds: { type: "string", default: "20" },
    viewers: { type: "string", default: "50" },
    many: { type: "string", default: "200" },
    clip: { type: "string", default: "media/bench-1080p.mp4" },
    trials: { type: "string" },
    lanes: { type: "string", default: "5" },
    minutes: { type: "string", default: "30" },
  },
});
const [what = "load"] = positionals;
if (what === "recovery") {
  const options = { trials: Number(values.trials ?? 50), lanes: Number(values.lanes), awayMs: 10_000 };
  const result = await runRecovery(options, resolve("media/lobby.mp4"));
  keep(what, result);
  console.log(recoveryTable(result));
} else if (what === "stalls") {
  const result = await runStalls({ minutes: Number(values.minutes), streams: 8 });
  keep(what, result);
  console.log(JSON.stringify(result, null, 2));
} else if (what === "recording") {
  const trials = Number(values.trials ?? 200);
  const chosen = RECORDING_PARTS.filter((part) => positionals.includes(part));
  const result = await runRecording(
    { trials, seconds: Number(values.seconds), clip: resolve(values.clip) },
    chosen.length > 0 ? chosen : RECORDING_PARTS,
  );
  keep(what, result);
  console.log(JSON.stringify(result, null, 2));
} else if (what === "serving") {
  const chosen = SERVING_PARTS.filter((part) => positionals.includes(part));
  const result = await runServing(
    {
      trials: Number(values.trials ?? 200),
      seconds: Number(values.seconds),
      viewers: Number(values.viewers),
      many: Number(values.many),
      clip: resolve(values.clip),
    },
    chosen.length > 0 ? chosen : SERVING_PARTS,
  );
  keep(what, result);
  console.log(servingTable(result));
} else if (what === "load") {
  const options = { streams: Number(values.streams), seconds: Number(values.seconds), clip: resolve(values.clip) };
  const result = await runLoad(options);
  keep(what, result);
  console.log(table(result));
} else {
  throw new Error(`there is no benchmark "${what}": load, recovery, recording, serving or stalls`);
}
