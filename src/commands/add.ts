/** `dslrs add NAME --source URI`: writes a stream into the config, and waits for what comes of it. */

import { dirname, isAbsolute, relative, resolve } from "node:path";
import { addStream, type NewStream } from "../config/edit.js";
import type { StatusReport, StreamStatus } from "../report/status.js";
import type { CommandContext, ExitCode } from "./context.js";
import { fail } from "./context.js";
import { awaitOutcome, type EditingOptions, editFile, findTarget } from "./editing.js";
import { nameProblem } from "./names.js";

export interface AddOptions extends EditingOptions, NewStream {
  readonly rtsp: boolean;
}

export async function add(context: CommandContext, name: string, options: AddOptions): Promise<ExitCode> {
  const problem = nameProblem(name);
  if (problem !== undefined) return fail(context, problem, null, 2);
  const target = await findTarget(context, options);
  if (typeof target === "number") return target;
  const stream = { ...pick(options), source: sourceFor(target.path, options.source) };
  const code = await editFile(context, target, (text) => addStream(text, name, stream));
  if (code !== 0) return code;
  context.stdout.write(`${name} is written to ${target.path}.\n`);
  return target.isRunning ? awaitOutcome(context, target, (report) => outcomeOf(report, name)) : 0;
}

function pick({ source, transport, record, rtsp }: AddOptions): NewStream {
  return { source, rtsp, ...(transport && { transport }), ...(record && { record }) };
}

/** A path was meant from the folder of the user; in the config it counts from the folder of the config. */
function sourceFor(configPath: string, source: string): string {
  if (source.includes("://")) return source;
  const absolute = resolve(source);
  const below = relative(dirname(configPath), absolute);
  return below.startsWith("..") || isAbsolute(below) ? absolute : `./${below}`;
}

function outcomeOf(report: StatusReport, name: string): string | undefined {
  const stream = report.streams.find((each) => each.name === name);
  return stream === undefined || stream.state === "starting" ? undefined : sentenceFor(stream);
}

function sentenceFor(stream: StreamStatus): string {
  const url = stream.outputs.find((output) => output.url !== undefined)?.url;
  if (stream.state === "running") return `${stream.name} runs${url === undefined ? "." : `: ${url}`}`;
  return `${stream.name} is ${stream.state}: ${stream.reason ?? stream.failure?.message ?? "see `dslrs status`"}`;
}
