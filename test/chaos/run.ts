/**
 * Chaos: streams of which a third is never touched, and faults of every kind on the others, on the router, on the supervisor and on the
 * config, by the dice of a seed.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { childrenOf, cpuSeconds, descendantsOf, rssBytes } from "../../bench/processes.js";
import { readProcessFile } from "../../src/worker/bundle.js";
import { pick, type Random, seeded } from "../policy/random.js";
import { startCamera, type TestCamera } from "../rig/camera.js";
import { createInstance, type TestInstance } from "../rig/instance.js";
import { makeClip } from "../rig/media.js";
import { signalIfThere } from "../rig/signal.js";
import { until } from "../rig/until.js";
import { type Fault, nextFault } from "./faults.js";
import { type CalmStream, openFiles, startGuards } from "./guards.js";
import { unreadableRecordings } from "./recordings.js";
import type { ChaosReport, Incident } from "./report.js";
import { targetOf } from "./target.js";

export interface ChaosOptions {
  readonly minutes: number;
  readonly streams: number;
  readonly seed: number;
  readonly say: (line: string) => void;
}

const FPS = 10;
const PATTERN = {
  kind: "pattern",
  pattern: "ball",
  width: 320,
  height: 240,
  fps: FPS,
  gop: FPS,
  bitrate: 200_000,
} as const;
const STEP = 90_000 / FPS;
const TEST = `{ type: test, pattern: ball, size: 320x240, fps: ${FPS}, bitrate: 200kbit }`;

/** Between the faults of one stream, and between those of all. */
const REST_MS = { shortest: 500, longest: 4_000 };
const GLOBAL_REST_MS = { shortest: 4_000, longest: 12_000 };

interface Cast {
  readonly sources: ReadonlyMap<string, string>;
  readonly cameras: ReadonlyMap<string, TestCamera>;
  readonly calm: readonly CalmStream[];
  readonly wild: readonly string[];
}

async function castOf(streams: number, clip: string): Promise<Cast> {
  const sources = new Map<string, string>();
  const cameras = new Map<string, TestCamera>();
  const calm: CalmStream[] = [];
  const wild: string[] = [];
  for (let index = 0; index < streams; index += 1) {
    const isCalm = index % 3 === 0;
    const name = `${isCalm ? "calm" : "wild"}-${index + 1}`;
    const kind = isCalm ? ["file", "camera", "camera"][(index / 3) % 3] : index % 6 === 5 ? "test" : "camera";
    if (kind === "camera") {
      const camera = await startCamera([{ path: `/${name}`, source: PATTERN }]);
      cameras.set(name, camera);
      sources.set(name, `{ type: rtsp, uri: "${camera.uri(`/${name}`)}" }`);
    } else {
      sources.set(name, kind === "file" ? `{ type: file, path: "${clip}" }` : TEST);
    }
    if (isCalm) calm.push({ name, step: STEP });
    else wild.push(name);
  }
  return { sources, cameras, calm, wild };
}

/** Faults follow one another quickly here, and would otherwise climb the ladder of back-off. */
const RECOVERY = "retry: { max: 2s }, timeouts: { firstFrame: 5s }";

function configText(port: number, sources: ReadonlyMap<string, string>, rotate = "10s"): string {
  const outputs = `[ { type: rtsp }, { type: record, rotate: { every: ${rotate} } } ]`;
  const streams = [...sources].map(([name, source]) => {
    const own = name.startsWith("calm") ? outputs.replace(rotate, "10s") : outputs;
    return `  ${name}: { source: ${source}, ${RECOVERY}, outputs: ${own} }`;
  });
  return [`rtsp: { listen: "127.0.0.1:${port}" }`, "streams:", ...streams, ""].join("\n");
}

function between(random: Random, { shortest, longest }: typeof REST_MS): number {
  return shortest + random() * (longest - shortest);
}

export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, minutes, say } = options;
  const media = mkdtempSync(join(tmpdir(), "chaos-"));
  const clip = join(media, "clip.mp4");
  await makeClip(clip);
  const cast = await castOf(options.streams, clip);
  const instance = await createInstance(({ rtsp }) => configText(rtsp, cast.sources));
  const incidents: Incident[] = [];
  const violations = new Set<string>();
  /** Nothing is asked of a supervisor that is about to be killed. */
  let supervisorGate: Promise<void> = Promise.resolve();
  let isOver = false;

  const broken = (what: string) => {
    violations.add(what);
    say(`VIOLATED ${what}`);
  };

  async function stateOf(name: string): Promise<string | undefined> {
    await supervisorGate;
    const report = await instance.status().catch(() => undefined);
    return report?.streams.find((stream) => stream.name === name)?.state;
  }

  /** `former`: the worker that must not be the one that runs. */
  async function runs(name: string, former: number | undefined): Promise<boolean> {
    const report = await instance.status().catch(() => undefined);
    const stream = report?.streams.find((candidate) => candidate.name === name);
    const isFresh = (stream?.source.lastFrameAgeMs ?? Number.POSITIVE_INFINITY) < 1_000;
    return stream?.state === "running" && isFresh && stream.worker?.pid !== former;
  }

  async function recovered(name: string, { name: fault, boundMs }: Fault, former: number | undefined): Promise<void> {
    const endedAt = performance.now();
    while (!(await runs(name, former))) {
      await wait(20);
      if (performance.now() - endedAt < boundMs) continue;
      broken(`${name} was ${await stateOf(name)} ${boundMs} ms after ${fault}`);
      await until(async () => isOver || (await runs(name, former)));
      return;
    }
    incidents.push({ fault, stream: name, recoveredMs: performance.now() - endedAt });
  }

  async function torment(name: string, random: Random): Promise<void> {
    const camera = cast.cameras.get(name);
    const target = targetOf(instance, name, camera);
    while (!isOver) {
      const fault = nextFault(random, camera !== undefined);
      say(`${name}: ${fault.detail}, ${fault.lastsMs} ms`);
      await supervisorGate;
      const former = fault.replacesWorker ? instance.workerPid(name) : undefined;
      await fault.begin(target);
      await wait(fault.lastsMs);
      await supervisorGate;
      await fault.end(target);
      // What was killed a moment ago may still be told of as running.
      await wait(200);
      await recovered(name, fault, former);
      await wait(between(random, REST_MS));
    }
  }

  async function restartSupervisor(): Promise<void> {
    await instance.kill();
    await instance.up();
  }

  function killRouter(whole: boolean): void {
    const keeper = readProcessFile(`${instance.instanceDirectory}/router`)?.command.pid ?? 0;
    const [child] = childrenOf(keeper);
    signalIfThere(whole ? keeper : child, "SIGKILL");
  }

  const extra = "wild-extra";
  const edits: Readonly<Record<string, () => void>> = {
    "edit: another rotation": () => instance.writeConfig(configText(instance.rtspPort, cast.sources, "7s")),
    "edit: back again": () => instance.writeConfig(configText(instance.rtspPort, cast.sources)),
    "edit: one stream more": () =>
      instance.writeConfig(configText(instance.rtspPort, new Map([...cast.sources, [extra, TEST]]))),
    "edit: no YAML": () => instance.writeConfig("streams: { wild-1: ["),
    "edit: not valid": () => instance.writeConfig(`${configText(instance.rtspPort, cast.sources)}  x: { source: 7 }\n`),
    "edit: empty": () => instance.writeConfig(""),
  };

  async function tormentAll(random: Random): Promise<void> {
    while (!isOver) {
      await wait(between(random, GLOBAL_REST_MS));
      const deed = pick(["supervisor", "router", "router process", ...Object.keys(edits)], random);
      say(`all: ${deed}`);
      if (deed === "supervisor") {
        supervisorGate = restartSupervisor();
        await supervisorGate;
      } else if (deed.startsWith("router")) killRouter(deed === "router");
      else edits[deed]?.();
    }
  }

  try {
    await instance.up();
    await instance.running(...cast.sources.keys());
    const guards = await startGuards(instance, cast.calm);
    const watchdog = (async () => {
      while (!isOver) {
        await supervisorGate;
        const child = instance.supervisor();
        if (child.exitCode !== null) broken(`the supervisor ended with ${child.exitCode}`);
        const report = await instance.status().catch(() => undefined);
        if (report) guards.check(report);
        await wait(1000);
      }
    })();
    const processesBefore = processesOf(instance, [...cast.sources.keys()]);
    const calmFiles = () => cast.calm.map(({ name }) => openFiles(instance.workerPid(name)));
    const filesBefore = calmFiles();
    const torments = [
      ...cast.wild.map((name, index) => torment(name, seeded(seed * 1000 + index))),
      tormentAll(seeded(seed * 1000 + 999)),
    ];
    const failure = await Promise.race([wait(minutes * 60_000), Promise.all(torments).then(() => undefined)]).catch(
      (error: unknown) => error,
    );
    isOver = true;
    if (failure) broken(`the run itself failed: ${failure}`);
    await Promise.allSettled(torments);
    await watchdog;
    edits["edit: back again"]?.();
    await instance.running(...cast.sources.keys());
    await instance.statusUntil(({ streams }) => streams.length === cast.sources.size);
    for (const violation of guards.violations) broken(violation);
    const pid = instance.supervisor().pid ?? 0;
    const processes = await settled(() => processesOf(instance, [...cast.sources.keys()]), processesBefore);
    if (processes !== processesBefore) broken(`${processes} processes, ${processesBefore} at the beginning`);
    const files = await settled(() => calmFiles().join(), filesBefore.join());
    if (files !== filesBefore.join()) broken(`open files of untouched workers: ${files}, before ${filesBefore}`);
    const measured = {
      "frames seen by viewers of untouched streams": guards.finish(),
      "supervisor: resident MB": Math.round(rssBytes(pid) / 1e6),
      "supervisor: open files": openFiles(pid),
      "supervisor: CPU seconds since its last start": Math.round(cpuSeconds(pid)),
    };
    const { code } = await instance.run("down");
    if (code !== 0) broken(`dslrs down ended with ${code}`);
    for (const problem of await unreadableRecordings(instance.recordings)) broken(problem);
    return { seed, minutes, streams: options.streams, incidents, violations: [...violations], measured };
  } finally {
    isOver = true;
    await instance.clean();
    await Promise.all([...cast.cameras.values()].map((camera) => camera.stop()));
    rmSync(media, { recursive: true, force: true });
  }
}

/** Shims, workers, router and what they started. */
function processesOf(instance: TestInstance, streams: readonly string[]): number {
  const bundles = [...streams.map((name) => instance.bundle(name)), `${instance.instanceDirectory}/router`];
  return bundles.reduce((sum, bundle) => {
    const shim = readProcessFile(bundle)?.shim.pid;
    return sum + (shim === undefined ? 0 : descendantsOf(shim).length);
  }, 0);
}

/** What ends takes a moment to be gone. */
async function settled<Value>(look: () => Value, wanted: Value): Promise<Value> {
  const deadline = performance.now() + 10_000;
  while (look() !== wanted && performance.now() < deadline) await wait(100);
  return look();
}
