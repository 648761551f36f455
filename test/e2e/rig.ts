/** What the end-to-end tests begin with. What a test started ends with it, also when it fails. */

import type { OutputStatus } from "../../src/report/status.js";
import { type CameraMount, startCamera, type TestCamera } from "../rig/camera.js";
import { createInstance, type Ports, type TestInstance } from "../rig/instance.js";
import { playRtsp, type RtspViewer } from "../rig/rtsp-viewer.js";

/** Whatever ends with the test. */
interface Part {
  stop(): Promise<void>;
}

export interface Rig {
  /** `config` returns the text of config.yaml. */
  instance(config: (ports: Ports) => string): Promise<TestInstance>;
  /** One that is up, with these streams and `neighbour`, to which nothing happens. Resolves when it and all of `awaited` run. */
  start(streams: Streams, options?: StartOptions): Promise<Neighbourhood>;
  viewer(url: string): Promise<RtspViewer>;
  camera(mounts: readonly CameraMount[], port?: number): Promise<TestCamera>;
  use<Used extends Part>(starting: Promise<Used>): Promise<Used>;
}

/** YAML by the name of the stream. */
export type Streams = Readonly<Record<string, string>>;

export interface StartOptions {
  /** Lines of the config above its streams. */
  readonly more?: readonly string[];
  /** Those that are to run before the test goes on; all, where nothing is said. */
  readonly awaited?: readonly string[];
}

export interface Neighbourhood {
  readonly instance: TestInstance;
  /** Writes the config with these streams, beside `neighbour`. */
  save(streams: Streams, more?: readonly string[]): void;
  /** Fails when `neighbour` lost a frame or its process since the start, or does not go on. */
  expectUndisturbed(): Promise<void>;
}

/** Real processes on a machine with little to spare. */
export const TEST_TIMEOUT_MS = 60_000;

/** Small enough for a dozen at once. */
export const PATTERN = "{ type: test, pattern: ball, size: 320x240, fps: 10, bitrate: 200kbit }";

/** RTP ticks from frame to frame of PATTERN. */
export const PATTERN_STEP = 9000;

/** RTP ticks of video in a second. */
export const SECOND = 90_000;

/** What nothing happens to. */
const NEIGHBOUR = { neighbour: recorded(PATTERN) };

/**
 * Call it where the tests are declared. What was started ends with each test; with `afterAll` when all of them are done: a world that
 * they share.
 */
export function testRig(whenOver: typeof afterEach = afterEach): Rig {
  const instances: TestInstance[] = [];
  const viewers: RtspViewer[] = [];
  const parts: Part[] = [];

  whenOver(async () => {
    for (const viewer of viewers.splice(0)) viewer.drop();
    await Promise.all(instances.splice(0).map((instance) => instance.clean()));
    await Promise.all(parts.splice(0).map((part) => part.stop()));
  }, TEST_TIMEOUT_MS);

  async function use<Used extends Part>(starting: Promise<Used>): Promise<Used> {
    const part = await starting;
    parts.push(part);
    return part;
  }

  async function startInstance(config: (ports: Ports) => string): Promise<TestInstance> {
    const instance = await createInstance(config);
    instances.push(instance);
    return instance;
  }

  async function play(url: string): Promise<RtspViewer> {
    const viewer = await playRtsp(url);
    viewers.push(viewer);
    return viewer;
  }

  return {
    instance: startInstance,
    async start(streams, { more = [], awaited = Object.keys(streams) } = {}) {
      const instance = await startInstance((ports) => configOf(ports, { ...NEIGHBOUR, ...streams }, more));
      await instance.up();
      await instance.running("neighbour", ...awaited);
      const viewer = await play(instance.rtspUrl("/neighbour"));
      const pid = instance.workerPid("neighbour");
      const ports: Ports = { rtsp: instance.rtspPort, cameras: instance.cameraPorts };
      return {
        instance,
        save: (changed, others = more) => instance.writeConfig(configOf(ports, { ...NEIGHBOUR, ...changed }, others)),
        async expectUndisturbed() {
          await viewer.moreFrames(5);
          expect(viewer.tracks[0]).toMatchObject({ lost: 0, smallestStep: PATTERN_STEP, largestStep: PATTERN_STEP });
          expect(instance.workerPid("neighbour")).toBe(pid);
        },
      };
    },
    viewer: play,
    camera: (mounts, port) => use(startCamera(mounts, port)),
    use,
  };
}

/** A small picture with a keyframe every 400 ms. */
export function cameraMount(path: string, source: object = {}, access: Omit<CameraMount, "path" | "source"> = {}) {
  const picture = { width: 320, height: 240, fps: 25, gop: 10, bitrate: 300_000 };
  return { path, ...access, source: { kind: "pattern", ...picture, ...source } } satisfies CameraMount;
}

/** A config of streams that are named by their keys; every one is a YAML flow map or the lines of a block. */
export function configOf({ rtsp }: Ports, streams: Streams, more: readonly string[] = []): string {
  const lines = Object.entries(streams).map(([name, text]) => `  ${name}: ${text}`);
  return [`rtsp: { listen: "127.0.0.1:${rtsp}" }`, ...more, "streams:", ...lines, ""].join("\n");
}

/** `settings`: more of the stream's, each with its name. */
export function served(source: string, ...settings: readonly string[]): string {
  return `{ ${[`source: ${source}`, ...settings].join(", ")} }`;
}

export function recorded(source: string, format = "mkv", ...settings: readonly string[]): string {
  return served(source, `outputs: [{ type: rtsp }, { type: record, format: ${format} }]`, ...settings);
}

/** The pids of the workers, by stream: equal before and after where nothing was touched. */
export async function workerPids(instance: TestInstance): Promise<Record<string, number | undefined>> {
  const { streams } = await instance.status();
  return Object.fromEntries(streams.map(({ name, worker }) => [name, worker?.pid]));
}

/** Resolves with the path of a stream's recording when its first frames are in it. */
export async function recordingOf(instance: TestInstance, name: string): Promise<string> {
  const isRecording = ({ kind, frames }: OutputStatus) => kind === "record" && Number(frames) > 0;
  const { outputs } = await instance.streamUntil(name, (stream) => stream.outputs.some(isRecording));
  return outputs.find(isRecording)?.path ?? "";
}
