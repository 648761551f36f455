/**
 * From what runs to what is wanted, in the steps that disturb least. Pure. `dslrs check` prints the sentences, the supervisor carries
 * the steps out, and an adopted worker is brought up to date with the steps of its stream alone.
 */

import { type CameraSpec, type InstanceSpec, mountsOf, type OutputSpec, type StreamSpec } from "./spec.js";

export type StreamStep = { readonly stream: string; readonly sentence: string } & (
  | {
      readonly step:
        | "startStream"
        | "stopStream"
        | "restartWorker"
        | "restartIngest"
        | "setLimits"
        | "setPolicy"
        | "setHook";
    }
  | { readonly step: "addOutput" | "changeOutput" | "removeOutput"; readonly output: string }
);

export type InstanceStep = { readonly sentence: string } & (
  | { readonly step: "startCamera" | "restartCamera" | "stopCamera"; readonly port: number }
  | { readonly step: "setRoutes" | "setListen" | "setAccess" | "setCertificate" | "setReconnects" | "setKeeping" }
);

export type PlanStep = StreamStep | InstanceStep;

/** In the order in which they are to be done: what goes makes room for what comes. */
export function plan(running: InstanceSpec, wanted: InstanceSpec): PlanStep[] {
  const before = new Map(running.streams.map((spec) => [spec.name, spec]));
  const after = new Set(wanted.streams.map((spec) => spec.name));
  const gone = running.streams.filter((spec) => !after.has(spec.name));
  return [
    ...gone.map(({ name }) => streamStep(name, "stopStream", "stops; it is no longer in the config")),
    ...planCameras(running.cameras, wanted.cameras),
    ...planRouter(running, wanted),
    ...planReconnects(running, wanted),
    ...planKeeping(running, wanted),
    ...wanted.streams.flatMap((spec) => {
      const current = before.get(spec.name);
      return current ? planStream(current, spec) : [streamStep(spec.name, "startStream", "starts")];
    }),
  ];
}

/** From what a worker does to what its stream wants. */
export function planStream(running: StreamSpec, wanted: StreamSpec): StreamStep[] {
  const { name } = wanted;
  const policy = [...planPolicy(running, wanted), ...planHook(running, wanted)];
  const cause = needsNewWorker(running, wanted);
  if (cause) return [...policy, streamStep(name, "restartWorker", `gets a new worker: ${cause}`)];
  const source: StreamStep[] =
    running.program.fingerprint === wanted.program.fingerprint
      ? []
      : [streamStep(name, "restartIngest", "connects again: the source changed; outputs and viewers stay")];
  const limits: StreamStep[] = isSame(running.limits, wanted.limits)
    ? []
    : [streamStep(name, "setLimits", "gets new limits; where no control group holds them, with a new worker")];
  return [...policy, ...limits, ...source, ...planOutputs(running, wanted)];
}

function planPolicy(running: StreamSpec, wanted: StreamSpec): StreamStep[] {
  if (isSame(running.policy, wanted.policy)) return [];
  return [streamStep(wanted.name, "setPolicy", "goes on: its retries and timeouts apply from now on")];
}

function planHook(running: StreamSpec, wanted: StreamSpec): StreamStep[] {
  if (running.hook === wanted.hook) return [];
  return [streamStep(wanted.name, "setHook", "goes on: other commands follow its recordings and viewers from now on")];
}

function needsNewWorker(running: StreamSpec, wanted: StreamSpec): string | undefined {
  if (running.program.kind !== wanted.program.kind) return "worker and command are different programs";
  if (wanted.program.kind === "command" && running.program.fingerprint !== wanted.program.fingerprint) {
    return "the command changed";
  }
  return undefined;
}

function planOutputs(running: StreamSpec, wanted: StreamSpec): StreamStep[] {
  const { name } = wanted;
  const before = new Map(running.outputs.map((output) => [output.id, output]));
  const after = new Map(wanted.outputs.map((output) => [output.id, output]));
  const removed = running.outputs.filter((output) => !after.has(output.id));
  return [
    ...removed.map((output) => outputStep(name, "removeOutput", output, "ends")),
    ...wanted.outputs.flatMap((output) => {
      const current = before.get(output.id);
      return current ? planOutput(name, current, output) : [outputStep(name, "addOutput", output, "begins")];
    }),
  ];
}

function planOutput(stream: string, running: OutputSpec, wanted: OutputSpec): StreamStep[] {
  if (isSame(running, wanted)) return [];
  return [outputStep(stream, "changeOutput", wanted, changeText(running, wanted))];
}

function changeText(running: OutputSpec, wanted: OutputSpec): string {
  if (running.kind !== wanted.kind) return `becomes ${wanted.kind}`;
  if (wanted.kind === "rtsp" && running.kind === "rtsp" && running.mount !== wanted.mount)
    return `moves to ${wanted.mount}`;
  return `changes in place: ${changedSettings(running, wanted)}`;
}

function changedSettings(running: OutputSpec, wanted: OutputSpec): string {
  const before = new Map<string, unknown>(Object.entries(running));
  const after = new Map<string, unknown>(Object.entries(wanted));
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((setting) => !isSame(before.get(setting), after.get(setting)))
    .map((setting) => settingNames.get(setting) ?? setting)
    .join(", ");
}

/** As the config spells them, where that is another name than here. */
const settingNames: ReadonlyMap<string, string> = new Map([
  ["roots", "recordings.roots"],
  ["path", "recordings.pathTemplate"],
  ["fileMode", "recordings.mode"],
  ["directoryMode", "recordings.directoryMode"],
  ["rotateEveryMs", "rotate.every"],
  ["rotateBytes", "rotate.size"],
  ["rotateAligned", "rotate.align"],
  ["keepMs", "keep.days"],
  ["keepBytes", "keep.size"],
  ["event", "mode, or what belongs to it"],
  ["access", "who may watch"],
]);

function planCameras(running: readonly CameraSpec[], wanted: readonly CameraSpec[]): InstanceStep[] {
  const before = new Map(running.map((camera) => [camera.port, camera]));
  const after = new Set(wanted.map((camera) => camera.port));
  const step = (kind: "startCamera" | "restartCamera" | "stopCamera", camera: CameraSpec, does: string) =>
    ({
      step: kind,
      port: camera.port,
      sentence: `simulated camera on port ${camera.port} (${camera.names.join(", ")}) ${does}`,
    }) as const;
  return [
    ...running.filter(({ port }) => !after.has(port)).map((camera) => step("stopCamera", camera, "stops")),
    ...wanted.flatMap((camera) => {
      const current = before.get(camera.port);
      if (!current) return [step("startCamera", camera, "starts")];
      return current.fingerprint === camera.fingerprint ? [] : [step("restartCamera", camera, "restarts: it changed")];
    }),
  ];
}

function planRouter(running: InstanceSpec, wanted: InstanceSpec): InstanceStep[] {
  const before = running.router;
  const after = wanted.router;
  const isAccessSame = isSame([before.limits, before.allow, before.deny], [after.limits, after.allow, after.deny]);
  const isRouted = isSame([...mountsOf(running.streams)].sort(), [...mountsOf(wanted.streams)].sort());
  const isNew = before.certificate !== after.certificate && before.certificate !== null && after.certificate !== null;
  return [
    ...planListen(before.listen, after.listen, "RTSP port"),
    ...planListen(before.tlsListen, after.tlsListen, "RTSPS port"),
    ...(isNew ? [{ step: "setCertificate", sentence: "new clients of RTSPS get the new certificate" } as const] : []),
    ...(isAccessSame
      ? []
      : [{ step: "setAccess", sentence: "the limits and lists of who may connect apply from now on" } as const]),
    ...(isRouted ? [] : [{ step: "setRoutes", sentence: "the router learns the new mounts" } as const]),
  ];
}

function planListen(running: readonly string[], wanted: readonly string[], what: string): InstanceStep[] {
  const gone = running.filter((address) => !wanted.includes(address)).join(", ");
  const fresh = wanted.filter((address) => !running.includes(address)).join(", ");
  if (gone === "" && fresh === "") return [];
  if (gone === "") return [{ step: "setListen", sentence: `the ${what} opens at ${fresh}` }];
  if (fresh === "") return [{ step: "setListen", sentence: `the ${what} at ${gone} closes; viewers play on` }];
  return [{ step: "setListen", sentence: `the ${what} moves from ${gone} to ${fresh}; viewers play on` }];
}

function planReconnects(running: InstanceSpec, wanted: InstanceSpec): InstanceStep[] {
  if (isSame(running.reconnects, wanted.reconnects)) return [];
  const { perSecond, burst } = wanted.reconnects;
  const sentence = `reconnects are limited to ${perSecond} a second from now on, ${burst} at once`;
  return [{ step: "setReconnects", sentence }];
}

function planKeeping(running: InstanceSpec, wanted: InstanceSpec): InstanceStep[] {
  if (isSame(running.keeping, wanted.keeping)) return [];
  return [{ step: "setKeeping", sentence: "the limits of all recordings together apply from now on" }];
}

function streamStep(
  stream: string,
  step: Exclude<StreamStep["step"], "addOutput" | "changeOutput" | "removeOutput">,
  does: string,
): StreamStep {
  return { step, stream, sentence: `${stream} ${does}` };
}

function outputStep(
  stream: string,
  step: "addOutput" | "changeOutput" | "removeOutput",
  output: OutputSpec,
  does: string,
): StreamStep {
  return { step, stream, output: output.id, sentence: `${stream}: output ${output.id} ${does}` };
}

/** Order of members does not matter: one side may come from a file. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  const entries = Object.entries(a);
  const other = new Map<string, unknown>(Object.entries(b));
  return entries.length === other.size && entries.every(([key, value]) => isSame(value, other.get(key)));
}
