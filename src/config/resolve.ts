/** From validated settings to the values the program works with: paths absolute, secrets read, ids and mounts given. */

import { dirname } from "node:path";
import { listenText } from "./formats.js";
import { readKeyPair } from "./key-pair.js";
import {
  type Config,
  HOOK_NAMES,
  type HookCommands,
  type Limits,
  type RecordingsPlace,
  type RtspConfig,
  type RtspsConfig,
  type SimulatedCamera,
  type StreamConfig,
} from "./model.js";
import type { Surroundings } from "./named-files.js";
import { resolveOutputs } from "./resolve-outputs.js";
import { resolveRecordings } from "./resolve-recordings.js";
import { resolveRetry, resolveTimeouts } from "./resolve-retry.js";
import { resolveSource } from "./resolve-source.js";
import type { WrittenCamera, WrittenInstance, WrittenStream } from "./schema.js";

/** A place in the config and what is wrong there. */
export type Complain = (path: readonly (string | number)[], problem: string, hint: string, fault?: Fault) => void;

/** What is wrong: the config itself, if nothing else is said, or what a file holds that it names. */
export type Fault = "config" | "file";

/** `complain` takes paths that begin in this stream. Nothing is returned where something is wrong. */
export function resolveStream(
  name: string,
  written: WrittenStream,
  recordings: RecordingsPlace,
  around: Surroundings,
  complain: Complain,
): StreamConfig | undefined {
  const limits = resolveLimits(written.limits);
  const retry = resolveRetry(written.retry, complain);
  const { command, source } = written;
  if (command !== undefined) return retry && { kind: "command", name, ...command, limits, retry };
  if (source === undefined) {
    complain([], "has neither a source nor a command", "add `source: rtsp://…`");
    return undefined;
  }
  const resolved = resolveSource(source, around, complain);
  const outputs = resolveOutputs(name, written, recordings, around, complain);
  const timeouts = resolveTimeouts(written.timeouts);
  if (!resolved || !retry) return undefined;
  return {
    kind: "media",
    name,
    source: resolved,
    ...outputs,
    ...resolveHooks(written, dirname(around.path)),
    limits,
    retry,
    timeouts,
  };
}

function resolveHooks(written: WrittenStream, directory: string): { readonly hooks?: HookCommands } {
  const given = HOOK_NAMES.flatMap((name) => {
    const argv = written[name]?.argv;
    return argv === undefined ? [] : [[name, { argv, directory }]];
  });
  return given.length === 0 ? {} : { hooks: Object.fromEntries(given) };
}

export function resolveCamera(name: string, written: WrittenCamera, complain: Complain): SimulatedCamera {
  const { size, user, password, ...camera } = written;
  if ((user === undefined) !== (password === undefined)) {
    complain([], "has only one of user and password", "give both, or neither for a camera that asks for none");
  }
  return { name, ...camera, ...size, ...(user !== undefined && { user }), ...(password !== undefined && { password }) };
}

export function resolveInstance(
  written: WrittenInstance,
  around: Surroundings,
  complain: Complain,
): Pick<Config, "instance" | "path" | "rtsp" | "rtsps" | "recordings" | "reconnects"> {
  const { instance, rtsp, recordings, reconnects } = written;
  const { path } = around;
  return {
    instance,
    path,
    rtsp: resolveRtsp(rtsp),
    rtsps: resolveRtsps(written, around, complain),
    recordings: resolveRecordings(recordings, dirname(path), complain),
    reconnects,
  };
}

function resolveRtsp({ maxViewers, allow = [], deny = [], ...rtsp }: WrittenInstance["rtsp"]): RtspConfig {
  return { ...rtsp, allow, deny, ...(maxViewers !== undefined && { maxViewers }) };
}

/** Without a certificate that can be used there is none: all else goes on. */
function resolveRtsps({ rtsp, rtsps }: WrittenInstance, around: Surroundings, complain: Complain): RtspsConfig | null {
  if (!rtsps) return null;
  const plain = new Set(rtsp.listen.map(listenText));
  const twice = rtsps.listen.map(listenText).find((address) => plain.has(address));
  if (twice !== undefined) complain(["rtsps", "listen"], "is an address of `rtsp.listen`", "give it another port");
  const read = readKeyPair(rtsps.certificate, rtsps.key, around);
  if ("value" in read) return { listen: rtsps.listen, ...read.value };
  complain(["rtsps", read.of], read.problem, read.hint, "file");
  return null;
}

function resolveLimits({ memory, cpu }: WrittenStream["limits"]): Limits {
  return { ...(memory !== undefined && { memoryBytes: memory }), ...(cpu !== undefined && { cpuPercent: cpu }) };
}
