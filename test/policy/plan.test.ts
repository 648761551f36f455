import { effectOf } from "../../src/config/effects.js";
import type {
  Config,
  MediaStream,
  OutputConfig,
  RecordingsConfig,
  RecordOutput,
  RtspConfig,
  RtspsConfig,
  SourceConfig,
} from "../../src/config/model.js";
import { type PlanStep, plan } from "../../src/policy/plan.js";
import { instanceSpec } from "../../src/policy/spec.js";
import { pick, seeded } from "./random.js";
import { POLICY } from "./stream-world.js";

const { retry, timeouts } = POLICY;
const recorder: RecordOutput = {
  id: "record",
  kind: "record",
  format: "mkv",
  roots: ["/recordings"],
  path: "a/{date}/a_{time}",
  rotateEveryMs: 600_000,
  rotateBytes: 0,
  rotateAligned: false,
  fileMode: 0o640,
  directoryMode: 0o750,
  keepMs: 0,
  keepBytes: 0,
  event: null,
};
const event = { preMs: 10_000, postMs: 10_000, mostMs: 600_000, preBytes: 32e6 };
const camera: Extract<SourceConfig, { kind: "rtsp" }> = {
  kind: "rtsp",
  uri: "rtsp://cam/1",
  transport: "tcp",
  latencyMs: 200,
  credentials: [{ user: "u", password: "p" }],
  tls: { insecure: false },
};

function served(mount: string, fallback: "none" | "slate" = "none"): OutputConfig {
  return { id: "rtsp", kind: "rtsp", mount, fallback, slowViewerMs: 10_000 };
}

const withSubstream: SourceConfig = { ...camera, substream: { uri: "rtsp://cam/2?key=former", transport: "tcp" } };
const otherPassword: SourceConfig = { ...camera, credentials: [{ user: "u", password: "hunter2" }] };

function stream(name: string, change: Partial<MediaStream> = {}): MediaStream {
  const outputs: OutputConfig[] = [served(`/${name}`), recorder];
  const clip = { ...recorder, id: "clip", event };
  return { kind: "media", name, source: camera, outputs, clip, limits: {}, retry, timeouts, ...change };
}

const recordings: RecordingsConfig = {
  roots: ["/recordings"],
  pathTemplate: "{stream}/{date}/{stream}_{time}",
  fileMode: 0o640,
  directoryMode: 0o750,
  keepBytes: 0,
  reserveBytes: "auto",
};

const rtsp: RtspConfig = {
  listen: [{ host: "127.0.0.1", port: 8554 }],
  public: false,
  maxConnections: 1024,
  maxConnectionsPerAddress: 256,
  allow: [],
  deny: [],
};

const rtsps: RtspsConfig = { listen: [{ host: "127.0.0.1", port: 8322 }], pem: "pem", validUntil: 0 };

function config(change: Partial<Config> = {}): Config {
  return {
    instance: "default",
    path: "/config.yaml",
    rtsp,
    rtsps: null,
    users: [],
    recordings,
    reconnects: { perSecond: 20, burst: 40 },
    cameras: [],
    streams: [stream("a"), stream("b")],
    ...change,
  };
}

function specOf(of: Config) {
  return instanceSpec(
    of,
    (text) => `#${text.length}:${text}`,
    (text) => text,
  );
}

function stepsTo(wanted: Partial<Config>): string[] {
  return plan(specOf(config()), specOf(config(wanted))).map(shortly);
}

function shortly(step: PlanStep): string {
  const where = "stream" in step ? ` ${step.stream}` : "port" in step ? ` ${step.port}` : "";
  return `${step.step}${where}${"output" in step ? ` ${step.output}` : ""}`;
}

const editOf = (change: Partial<MediaStream>) => stepsTo({ streams: [stream("a", change), stream("b")] });

test("a config that says what runs asks for nothing", () => {
  expect(stepsTo({})).toEqual([]);
  expect(stepsTo({ streams: [stream("b"), stream("a")] })).toEqual([]);
});

test.each([
  ["another camera", { source: { ...camera, uri: "rtsp://cam/2" } }, ["restartIngest a"]],
  ["another password", { source: otherPassword }, ["restartIngest a"]],
  [
    "one more set of credentials",
    { source: { ...camera, credentials: [...camera.credentials, { user: "v" }] } },
    ["restartIngest a"],
  ],
  ["another certificate", { source: { ...camera, tls: { insecure: true } } }, ["restartIngest a"]],
  ["other retries", { retry: { strategy: "immediate" } }, ["setPolicy a"]],
  ["other timeouts", { timeouts: { ...timeouts, stallMs: 5_000 } }, ["setPolicy a"]],
  ["another picture while the source is away", { outputs: [served("/a", "slate"), recorder] }, ["changeOutput a rtsp"]],
  [
    "less patience",
    { outputs: [{ ...served("/a"), slowViewerMs: 1 } as OutputConfig, recorder] },
    ["changeOutput a rtsp"],
  ],
  ["another transport", { source: { ...camera, transport: "udp" } }, ["restartIngest a"]],
  [
    "another rotation",
    {
      outputs: [served("/a"), { ...recorder, rotateEveryMs: 1 }],
    },
    ["changeOutput a record"],
  ],
  ["another root", { outputs: [served("/a"), { ...recorder, roots: ["/other"] }] }, ["changeOutput a record"]],
  ["the same roots, read anew", { outputs: [served("/a"), { ...recorder, roots: ["/recordings"] }] }, []],
  [
    "a longer pre-roll",
    { outputs: [served("/a"), { ...recorder, event: { ...event, preMs: 1 } }] },
    ["changeOutput a record"],
  ],
  ["another command after recordings", { hooks: { onSegment: { argv: ["tell"], directory: "/" } } }, ["setHook a"]],
  ["a command for viewers", { hooks: { onViewerJoin: { argv: ["tell"], directory: "/" } } }, ["setHook a"]],
  ["seats for viewers", { outputs: [{ ...served("/a"), maxViewers: 5 }, recorder] }, ["changeOutput a rtsp"]],
  [
    "a group",
    {
      outputs: [{ ...served("/a"), multicast: { address: "239.1.2.3", port: 5004, ttl: 1 } } as OutputConfig, recorder],
    },
    ["changeOutput a rtsp"],
  ],
  ["a substream", { source: withSubstream }, ["changeOutput a rtsp"]],
  ["users", { access: { users: { anna: "hunter2" } } }, ["changeOutput a rtsp"]],
  ["another mount", { outputs: [served("/x"), recorder] }, ["setRoutes", "changeOutput a rtsp"]],
  ["no recording", { outputs: [served("/a")] }, ["removeOutput a record"]],
  ["one more output", { outputs: [...stream("a").outputs, { ...recorder, id: "archive" }] }, ["addOutput a archive"]],
  ["other limits", { limits: { memoryBytes: 1 } }, ["setLimits a"]],
] as [string, Partial<MediaStream>, string[]][])("%s", (_what, change, steps) => {
  expect(editOf(change)).toEqual(steps);
});

test("a changed setting of a recorder has the name that the config gives it", () => {
  const outputs = [served("/a"), { ...recorder, rotateEveryMs: 1, keepBytes: 1, fileMode: 0o600 }];
  const [step] = plan(specOf(config()), specOf(config({ streams: [stream("a", { outputs }), stream("b")] })));
  expect(step?.sentence).toBe("a: output record changes in place: rotate.every, recordings.mode, keep.size");
});

test("who may watch changes in place, and in the spec of a worker is no secret", () => {
  const accessible = (hash: string) => config({ streams: [stream("a", { access: { users: { anna: hash } } })] });
  const spec = (of: Config) => instanceSpec(of, (text) => String(text.includes("former")), String);
  const [former, later] = [spec(accessible("former")), spec(accessible("later"))];
  const toOther = plan(former, later);
  expect(toOther.map(({ sentence }) => sentence)).toEqual(["a: output rtsp changes in place: who may watch"]);
  expect(plan(former, spec(config({ streams: [stream("a")] }))).map(({ sentence }) => sentence)).toEqual([
    "a: output rtsp changes in place: who may watch",
  ]);
  expect(JSON.stringify([former, later])).not.toMatch(/"former"|"later"|anna/);
});

test("a substream changes in place, and its address is not in the spec of a worker", () => {
  const watched = (source: SourceConfig) => config({ streams: [stream("a", { source })] });
  const spec = (of: Config) => instanceSpec(of, (text) => String(text.includes("former")), String);
  const [former, without] = [spec(watched(withSubstream)), spec(watched(camera))];
  expect(plan(former, without).map(({ sentence }) => sentence)).toEqual([
    "a: output rtsp changes in place: source.substream",
  ]);
  expect(JSON.stringify(former)).not.toContain("cam/2");
});

test("a stream that became a command gets a new worker, and nothing else", () => {
  const command = { kind: "command", name: "a", command: "true", argv: ["true"], limits: {}, retry } as const;
  expect(stepsTo({ streams: [command, stream("b")] })).toEqual(["setRoutes", "restartWorker a"]);
});

test("other retries say that nothing is interrupted", () => {
  const [step] = plan(
    specOf(config()),
    specOf(config({ streams: [stream("a", { retry: { strategy: "immediate" } }), stream("b")] })),
  );
  expect(step?.sentence).toContain("apply from now on");
});

test("other limits for recordings touch no worker", () => {
  const limits = { keepBytes: 1e9, reserveBytes: 0 };
  expect(stepsTo({ recordings: { ...recordings, ...limits } })).toEqual(["setKeeping"]);
});

test("another limit for reconnects touches no stream", () => {
  expect(stepsTo({ reconnects: { perSecond: 5, burst: 10 } })).toEqual(["setReconnects"]);
});

test("streams come and go", () => {
  expect(stepsTo({ streams: [stream("b"), stream("c")] })).toEqual(["stopStream a", "setRoutes", "startStream c"]);
});

test("another port moves the router and touches no stream", () => {
  const elsewhere = { ...rtsp, listen: [{ host: "127.0.0.1", port: 9554 }] };
  expect(stepsTo({ rtsp: elsewhere })).toEqual(["setListen"]);
});

test("one address more says which", () => {
  const more = { ...rtsp, listen: [...rtsp.listen, { host: "::1", port: 8554 }] };
  const [step, ...others] = plan(specOf(config()), specOf(config({ rtsp: more })));
  expect(step?.sentence).toBe("the RTSP port opens at [::1]:8554");
  expect(others).toEqual([]);
});

test.each([
  ["a limit", { rtsp: { ...rtsp, maxViewers: 5 } }, ["setAccess"]],
  ["a network that is refused", { rtsp: { ...rtsp, deny: ["10.0.0.0/8"] } }, ["setAccess"]],
  ["a port for TLS", { rtsps }, ["setListen"]],
])("%s concerns the router alone", (_, change, steps) => {
  expect(stepsTo(change)).toEqual(steps);
});

test("a renewed certificate is shown to new clients, and its key is in no spec", () => {
  const before = specOf(config({ rtsps }));
  const after = instanceSpec(config({ rtsps: { ...rtsps, pem: "other" } }), () => "#", String);
  expect(plan(before, after).map(({ step }) => step)).toContain("setCertificate");
  expect(JSON.stringify(after)).not.toContain("other");
});

test("cameras of one port are one process", () => {
  const simulated = { port: 8654, pattern: "smpte", width: 1, height: 1, fps: 1, bitrate: 1, audio: false };
  const one = config({ cameras: [{ ...simulated, name: "x" }] });
  const two = config({
    cameras: [
      { ...simulated, name: "x" },
      { ...simulated, name: "y" },
    ],
  });
  const steps = (from: Config, to: Config) => plan(specOf(from), specOf(to)).map(shortly);
  expect(steps(config(), two)).toEqual(["startCamera 8654"]);
  expect(steps(one, two)).toEqual(["restartCamera 8654"]);
  expect(steps(two, config())).toEqual(["stopCamera 8654"]);
});

test("no sentence holds a password", () => {
  const steps = plan(specOf(config()), specOf(config({ streams: [stream("a", { source: otherPassword })] })));
  expect(JSON.stringify(steps)).not.toContain("hunter2");
});

test("editing one stream never has a step for another", () => {
  for (let seed = 1; seed <= 500; seed += 1) {
    const random = seeded(seed);
    const edited = pick<Partial<MediaStream>>(
      [
        { source: { kind: "test", pattern: "ball", width: 1, height: 1, fps: random() * 30, bitrate: 1 } },
        { outputs: [] },
        { outputs: [{ ...recorder, rotateBytes: random() * 1e9 }] },
        { limits: { cpuPercent: random() * 100 } },
      ],
      random,
    );
    const names = ["a", "b", "c", "d"].slice(0, 2 + Math.floor(random() * 3));
    const before = names.map((name) => stream(name));
    const chosen = pick(names, random);
    const after = before.map((each) => (each.name === chosen ? stream(chosen, edited) : each));
    const steps = plan(specOf(config({ streams: before })), specOf(config({ streams: after })));
    const others = steps.filter((step) => "stream" in step && step.stream !== chosen);
    expect({ seed, others }).toEqual({ seed, others: [] });
  }
});

/** What the schema tells users must be what the plan does. */
test.each([
  ["streams.a.source.uri", { source: { ...camera, uri: "rtsp://cam/2" } }],
  ["streams.a.source.password", { source: otherPassword }],
  [
    "streams.a.outputs.0.rotate.every",
    {
      outputs: [served("/a"), { ...recorder, rotateEveryMs: 1 }],
    },
  ],
  [
    "streams.a.outputs.0.format",
    {
      outputs: [served("/a"), { ...recorder, format: "mp4" }],
    },
  ],
  ["streams.a.retry.strategy", { retry: { strategy: "immediate" } }],
  ["streams.a.timeouts.stall", { timeouts: { ...timeouts, stallMs: 5_000 } }],
  ["streams.a.limits.memory", { limits: { memoryBytes: 1 } }],
] as [string, Partial<MediaStream>][])("%s applies as the reference says", (path, change) => {
  const stepsOfEffect = {
    live: ["changeOutput", "setLimits", "setPolicy"],
    output: ["changeOutput", "addOutput", "removeOutput", "setRoutes"],
    ingest: ["restartIngest"],
    worker: ["restartWorker", "setLimits"],
    supervisor: [],
  };
  for (const step of editOf(change)) expect(stepsOfEffect[effectOf(path)]).toContain(step.split(" ")[0]);
});
