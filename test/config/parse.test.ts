import { readFileSync } from "node:fs";
import { join } from "node:path";
import { mediaOf, parse, streamOf, valid } from "./parsing.js";

test("fills in everything that was left out", () => {
  expect(valid("streams: { cam: { source: rtsp://10.0.0.2/1 } }").config).toEqual({
    instance: "default",
    path: "/site/config.yaml",
    rtsp: {
      listen: [{ host: "127.0.0.1", port: 8554 }],
      public: false,
      maxConnections: 1024,
      maxConnectionsPerAddress: 256,
      allow: [],
      deny: [],
    },
    rtsps: null,
    users: [],
    recordings: {
      roots: ["/site/recordings"],
      pathTemplate: "{stream}/{date}/{stream}_{time}",
      fileMode: 0o640,
      directoryMode: 0o750,
      keepBytes: 0,
      reserveBytes: "auto",
    },
    reconnects: { perSecond: 20, burst: 40 },
    cameras: [],
    streams: [
      {
        kind: "media",
        name: "cam",
        source: {
          kind: "rtsp",
          uri: "rtsp://10.0.0.2/1",
          transport: "tcp",
          latencyMs: 200,
          credentials: [],
          tls: { insecure: false },
        },
        outputs: [{ id: "rtsp", kind: "rtsp", mount: "/cam", fallback: "none", slowViewerMs: 10_000 }],
        clip: {
          id: "clip",
          kind: "record",
          format: "mkv",
          roots: ["/site/recordings"],
          path: "cam/clip/{date}/clip_{time}",
          rotateEveryMs: 3_600_000,
          rotateBytes: 0,
          rotateAligned: false,
          keepMs: 0,
          keepBytes: 0,
          fileMode: 0o640,
          directoryMode: 0o750,
          event: { preMs: 10_000, postMs: 0, mostMs: 172_800_000, preBytes: 32_000_000 },
        },
        limits: {},
        retry: { strategy: "exponential", minMs: 500, maxMs: 30_000 },
        timeouts: { connectMs: 5_000, firstFrameMs: 15_000, stallMs: "auto" },
      },
    ],
  });
});

test("an output may send to a group, and says who can watch then", () => {
  const { config, warnings } = valid(`streams:
  cam:
    source: clip.mp4
    outputs: [{ type: rtsp }, { type: rtsp, path: /all, multicast: { address: 239.1.2.3 } }]
`);
  const [stream] = config.streams;
  if (stream?.kind !== "media") throw new Error("this is a command");
  const common = { kind: "rtsp", fallback: "none", slowViewerMs: 10_000 };
  expect(stream.outputs).toEqual([
    { ...common, id: "rtsp", mount: "/cam" },
    { ...common, id: "rtsp-2", mount: "/all", multicast: { address: "239.1.2.3", port: 5004, ttl: 1 } },
  ]);
  expect(warnings.map(({ line, message }) => [line, message])).toEqual([
    [4, expect.stringMatching(/multicast: whoever can join 239\.1\.2\.3 on the network can watch, without a password/)],
  ]);
});

test("a tap is in the directory of the instance, or where its path says", () => {
  const { outputs } = mediaOf(`
source: clip.mp4
outputs: [{ type: tap }, { type: tap, path: taps/here, mode: "0660", group: video }]`);
  expect(outputs).toEqual([
    { id: "tap", kind: "tap", path: null, mode: 0o600, group: null },
    { id: "tap-2", kind: "tap", path: "/site/taps/here", mode: 0o660, group: "video" },
  ]);
});

test("reads every setting of a stream with its unit", () => {
  const stream = mediaOf(`
source: { type: rtsp, uri: rtsps://cam.example:322/a, transport: auto, latency: 1.5s, user: u, password: p }
outputs:
  - { type: rtsp, path: /front/main, id: live, slowViewerTimeout: 30s }
  - { type: record, format: mp4, rotate: { every: 2h, size: 512MiB, align: true }, keep: { days: 30 } }
  - { type: record, rotate: { every: off } }
  - { type: record, id: archive, keep: { size: 20GB } }
  - { type: record, mode: event, preRoll: 5s, max: 1h }
onSegment: ./tell.sh "a b"
fallback: last-frame
retry: { strategy: custom, delays: [1s, 2.5s, 1m], maxAttempts: 10 }
timeouts: { connect: 2s, firstFrame: 1m, stall: 700ms }
limits: { memory: 256MB, cpu: 150% }`);
  const record = {
    kind: "record",
    rotateEveryMs: 600_000,
    rotateBytes: 0,
    rotateAligned: false,
    keepMs: 0,
    keepBytes: 0,
    fileMode: 0o640,
    directoryMode: 0o750,
    format: "mkv",
    roots: ["/site/recordings"],
    event: null,
  };
  expect(stream).toEqual({
    kind: "media",
    name: "cam",
    source: {
      kind: "rtsp",
      uri: "rtsps://cam.example:322/a",
      transport: "auto",
      latencyMs: 1_500,
      credentials: [{ user: "u", password: "p" }],
      tls: { insecure: false },
    },
    outputs: [
      { id: "live", kind: "rtsp", mount: "/front/main", fallback: "lastFrame", slowViewerMs: 30_000 },
      {
        ...record,
        id: "record",
        format: "mp4",
        path: "cam/{date}/cam_{time}",
        rotateEveryMs: 7_200_000,
        rotateBytes: 512 * 1024 * 1024,
        keepMs: 30 * 86_400_000,
        keepBytes: 0,
        rotateAligned: true,
      },
      { ...record, id: "record-2", path: "cam/record-2/{date}/record-2_{time}", rotateEveryMs: 0 },
      { ...record, id: "archive", path: "cam/archive/{date}/archive_{time}", keepBytes: 20e9 },
      {
        ...record,
        id: "record-3",
        path: "cam/record-3/{date}/record-3_{time}",
        event: { preMs: 5_000, postMs: 10_000, mostMs: 3_600_000, preBytes: 32_000_000 },
      },
    ],
    clip: expect.objectContaining({ id: "clip", path: "cam/clip/{date}/clip_{time}" }),
    hooks: { onSegment: { argv: ["./tell.sh", "a b"], directory: "/site" } },
    limits: { memoryBytes: 256_000_000, cpuPercent: 150 },
    retry: { strategy: "custom", delaysMs: [1_000, 2_500, 60_000], maxAttempts: 10 },
    timeouts: { connectMs: 2_000, firstFrameMs: 60_000, stallMs: 700 },
  });
});

test.each([
  ["source: ./clip.mp4", { kind: "file", path: "/site/clip.mp4", loop: true, resume: false }],
  [
    "source: { type: file, path: /data/clip.mkv, loop: false, resume: true }",
    { kind: "file", path: "/data/clip.mkv", loop: false, resume: true },
  ],
  ["source: { type: test }", { kind: "test", pattern: "ball", width: 1280, height: 720, fps: 25, bitrate: 2_000_000 }],
  [
    "source: { type: test, pattern: snow, size: 640x360, fps: 10, bitrate: 500kbit }",
    { kind: "test", pattern: "snow", width: 640, height: 360, fps: 10, bitrate: 500_000 },
  ],
  ["source: { type: pipeline, pipeline: a ! b }", { kind: "pipeline", pipeline: "a ! b" }],
])("source: %s", (settings, source) => {
  expect(mediaOf(settings).source).toEqual(source);
});

test("a substream is an address, or more; it is logged in to as its source is", () => {
  const source = (substream: string) => {
    const settings = `{ type: rtsp, uri: "rtsp://u:p@h/1", transport: udp, substream: ${substream} }`;
    const [stream] = valid(`streams:\n  cam: { source: ${settings} }\n`).config.streams;
    return stream?.kind === "media" && stream.source;
  };
  const credentials = [{ user: "u", password: "p" }];
  expect(source("rtsp://h/2")).toMatchObject({ credentials, substream: { uri: "rtsp://h/2", transport: "tcp" } });
  expect(source("{ uri: rtsp://h/2, transport: udp }")).toMatchObject({ substream: { transport: "udp" } });
});

test("splits a command line like a shell, without expanding anything", () => {
  const command = `gst-launch-1.0 -e "a b" 'c "d' e\\ f "g\\"h\\n" x="y z"\\!`;
  expect(streamOf(`command: ${JSON.stringify(command)}`)).toEqual({
    kind: "command",
    name: "cam",
    command,
    argv: ["gst-launch-1.0", "-e", "a b", 'c "d', "e f", 'g"h\\n', "x=y z!"],
    limits: {},
    retry: { strategy: "exponential", minMs: 500, maxMs: 30_000 },
  });
});

test("keeps the streams in the order of the file, also where names look like numbers", () => {
  const { config } = valid("streams: { b: { source: b }, 10: { source: c }, a: { source: a }, 2: { source: d } }");
  expect(config.streams.map(({ name }) => name)).toEqual(["b", "10", "a", "2"]);
});

test.each([
  ["8555", { host: "127.0.0.1", port: 8555 }],
  [":8555", { host: "127.0.0.1", port: 8555 }],
  ["localhost:8555", { host: "127.0.0.1", port: 8555 }],
  ["0.0.0.0:8555", { host: "0.0.0.0", port: 8555 }],
  ['"[::1]:8555"', { host: "::1", port: 8555 }],
])("listens on %s", (written, listen) => {
  expect(valid(`rtsp: { listen: ${written}, public: true }`).config.rtsp.listen).toEqual([listen]);
});

test("listens on several addresses", () => {
  const { rtsp } = valid('rtsp: { listen: [8555, "[::]:8556"], public: true }').config;
  expect(rtsp.listen).toEqual([
    { host: "127.0.0.1", port: 8555 },
    { host: "::", port: 8556 },
  ]);
});

test("describes simulated cameras", () => {
  const text =
    "simulate:\n  yard:\n  gate: { port: 9000, pattern: ball, size: 320x240, fps: 5, audio: true, user: u, password: p }";
  expect(valid(text).config.cameras).toEqual([
    { name: "yard", port: 8654, pattern: "smpte", width: 1280, height: 720, fps: 25, bitrate: 2_000_000, audio: false },
    {
      name: "gate",
      port: 9000,
      pattern: "ball",
      width: 320,
      height: 240,
      fps: 5,
      bitrate: 2_000_000,
      audio: true,
      user: "u",
      password: "p",
    },
  ]);
});

describe("retry", () => {
  test.each([
    ["immediate", { strategy: "immediate" }],
    ["fixed", { strategy: "fixed", delayMs: 5_000 }],
    ["{ strategy: fixed, delay: 10s }", { strategy: "fixed", delayMs: 10_000 }],
    ["exponential", { strategy: "exponential", minMs: 500, maxMs: 30_000 }],
    ["{ max: 2m, maxAttempts: 3 }", { strategy: "exponential", minMs: 500, maxMs: 120_000, maxAttempts: 3 }],
    ["{ min: 1m }", { strategy: "exponential", minMs: 60_000, maxMs: 60_000 }],
    ["{ max: 200ms }", { strategy: "exponential", minMs: 200, maxMs: 200 }],
    ["{ strategy: custom, delays: [1s] }", { strategy: "custom", delaysMs: [1_000] }],
    ["", { strategy: "exponential", minMs: 500, maxMs: 30_000 }],
  ])("%s", (written, retry) => {
    expect(streamOf(`source: a\nretry: ${written}`).retry).toEqual(retry);
    expect(streamOf(`command: a\nretry: ${written}`).retry).toEqual(retry);
  });

  test("of a stream takes from the defaults what fits its own strategy", () => {
    const { config } = valid(`
defaults: { retry: { strategy: fixed, delay: 9s, maxAttempts: 7 } }
streams:
  same: { source: a }
  faster: { source: a, retry: { delay: 1s } }
  other: { source: a, retry: exponential }
  command: { command: a }
`);
    const fixed = { strategy: "fixed", delayMs: 9_000, maxAttempts: 7 };
    expect(config.streams.map(({ retry }) => retry)).toEqual([
      fixed,
      { ...fixed, delayMs: 1_000 },
      { strategy: "exponential", minMs: 500, maxMs: 30_000, maxAttempts: 7 },
      fixed,
    ]);
    const short = valid("defaults: { retry: immediate }\nstreams: { a: { source: a } }").config;
    expect(short.streams[0]?.retry).toEqual({ strategy: "immediate" });
  });
});

test("the limits of all recordings", () => {
  const limits = (text: string) => valid(`recordings: ${text}`).config.recordings;
  expect(limits("{ keep: { size: 2TB }, reserve: 50GB }")).toMatchObject({ keepBytes: 2e12, reserveBytes: 50e9 });
  expect(limits("{ reserve: off }")).toMatchObject({ keepBytes: 0, reserveBytes: 0 });
});

test("the limit of all attempts", () => {
  const { reconnects } = valid("reconnects: { perSecond: 5 }").config;
  expect(reconnects).toEqual({ perSecond: 5, burst: 40 });
});

describe("TLS", () => {
  const pem = readFileSync(join(import.meta.dirname, "../worker/fixtures/camera-cert.pem"), "utf8");
  const settings = "source: { type: rtsp, uri: rtsps://h/x, tls: { ca: keys/ca.pem } }";
  const tlsOf = (text: string, around?: Parameters<typeof mediaOf>[1]) => {
    const { source } = mediaOf(text, around);
    return source.kind === "rtsp" ? source.tls : undefined;
  };

  test("trusts the certificates of a file, which is then followed", () => {
    const files = { "/site/keys/ca.pem": pem };
    expect(tlsOf(settings, { files })).toMatchObject({ caFile: "/site/keys/ca.pem", insecure: false });
    expect(valid(`streams: { cam: { ${settings} } }`, { files }).follow).toEqual(["/site/keys/ca.pem"]);
    expect(parse(`streams: { cam: { ${settings} } }`)).toMatchObject({ ok: false, follow: ["/site/keys/ca.pem"] });
  });

  test("other certificates in the file are another setting", () => {
    const digest = (content: string) => tlsOf(settings, { files: { "/site/keys/ca.pem": content } })?.caDigest;
    expect(digest(pem)).toMatch(/^[0-9a-f]{64}$/);
    expect(digest(`# renewed\n${pem}${pem}`)).not.toBe(digest(pem));
  });

  test("may trust anybody, and of defaults only what goes over TLS takes it", () => {
    expect(tlsOf("source: { type: rtsp, uri: rtsps://h/x, tls: { insecure: true } }")).toEqual({ insecure: true });
    const text =
      "defaults: { source: { tls: { insecure: true } } }\nstreams: { a: { source: rtsps://h }, b: { source: rtsp://h } }";
    expect(valid(text).config.streams).toMatchObject([
      { source: { tls: { insecure: true } } },
      { source: { tls: { insecure: false } } },
    ]);
  });
});

describe("credentials", () => {
  const setsOf = (settings: string, around?: Parameters<typeof mediaOf>[1]) => {
    const { source } = mediaOf(settings, around);
    return source.kind === "rtsp" ? source.credentials : [];
  };
  const credentials = (settings: string, around?: Parameters<typeof mediaOf>[1]) => {
    const { source } = mediaOf(settings, around);
    const [first] = setsOf(settings, around);
    return source.kind === "rtsp" ? [source.uri, first?.user, first?.password] : [];
  };

  test.each([
    ["rtsp://user:p%40ss%2Fw%3A%23@h/x", ["rtsp://h/x", "user", "p@ss/w:#"]],
    ["rtsp://user:p@ss:w#rd@h:554/x?y=1", ["rtsp://h:554/x?y=1", "user", "p@ss:w#rd"]],
    ["rtsp://user:a/b@h/x", ["rtsp://h/x", "user", "a/b"]],
    ["rtsp://user:p@ss:w/o#r@d@h:554/x", ["rtsp://h:554/x", "user", "p@ss:w/o#r@d"]],
    ["rtsp://user:100%@h/x", ["rtsp://h/x", "user", "100%"]],
    ["rtsp://user:@[::1]:554/x", ["rtsp://[::1]:554/x", "user", ""]],
    ["rtsp://user@h/x", ["rtsp://h/x", "user", undefined]],
    ["rtsp://h/x@2", ["rtsp://h/x@2", undefined, undefined]],
  ])("are taken out of %s", (uri, expected) => {
    expect(credentials(`source: "${uri}"`)).toEqual(expected);
  });

  test("come from a file beside the config, which is then followed", () => {
    const settings = "source: { type: rtsp, uri: rtsp://u@h/x, passwordFile: secrets/gate }";
    const files = { "/site/secrets/gate": " p w\r\n" };
    expect(credentials(settings, { files })).toEqual(["rtsp://h/x", "u", " p w"]);
    const text = `streams: { cam: { ${settings} } }`;
    expect(valid(text, { files }).follow).toEqual(["/site/secrets/gate"]);
    expect(parse(text)).toMatchObject({ ok: false, follow: ["/site/secrets/gate"] });
  });
});

test("where only a file is at fault, the rest can be started; what is of the config's text cannot", () => {
  const gate = "gate: { source: { type: rtsp, uri: rtsp://u@h/x, passwordFile: pw } }";
  const yard = "yard: { source: rtsp://h/y }";
  const parsed = parse(`streams: { ${gate}, ${yard} }`);
  if (parsed.ok) throw new Error("the missing file was not reported");
  expect(parsed.startable?.config.streams).toMatchObject([
    { source: { credentials: [], unreadable: expect.stringContaining("/site/pw") } },
    { source: { uri: "rtsp://h/y" } },
  ]);
  expect(parsed.startable?.config.streams[1]).not.toHaveProperty("source.unreadable");
  expect(parse(`streams: { ${gate}, yard: { sorce: 1 } }`)).not.toHaveProperty("startable");
});

test("several sets of credentials keep their order, and all their files are followed", () => {
  const text = `
defaults: { source: { credentials: [{ user: all, passwordFile: common }] } }
streams:
  cam:
    source:
      type: rtsp
      uri: rtsp://h/x
      credentials: [{ user: a, passwordFile: new }, { user: b, password: "\${B}" }, { user: c }, { user: a, passwordFile: old }]
  taken: { source: rtsp://h/1 }
  own: { source: { type: rtsp, uri: rtsp://h/2, user: me } }
  inside: { source: "rtsp://me@h/3" }
`;
  const files = { "/site/new": "1", "/site/old": "2\n", "/site/common": "3" };
  const { config, follow } = valid(text, { files, env: { B: "pb" } });
  const sets = config.streams.map(
    (stream) => stream.kind === "media" && stream.source.kind === "rtsp" && stream.source.credentials,
  );
  expect(sets).toEqual([
    [{ user: "a", password: "1" }, { user: "b", password: "pb" }, { user: "c" }, { user: "a", password: "2" }],
    [{ user: "all", password: "3" }],
    [{ user: "me" }],
    [{ user: "me" }],
  ]);
  expect(follow).toEqual(["/site/new", "/site/old", "/site/common"]);
});

describe("variables", () => {
  test("stand for texts, numbers and quantities", () => {
    const env = { HOST: "u:p@h", FPS: "12", LOOP: "false", SIZE: "64MB" };
    expect(mediaOf(`source: "rtsp://\${HOST}/x"`, { env }).source).toMatchObject({
      uri: "rtsp://h/x",
      credentials: [{ user: "u", password: "p" }],
    });
    expect(mediaOf(`source: { type: test, fps: "\${FPS}" }`, { env }).source).toMatchObject({ fps: 12 });
    expect(mediaOf(`source: { type: file, path: a, loop: "\${LOOP}" }`, { env }).source).toMatchObject({ loop: false });
    expect(mediaOf(`source: a\nlimits:\n  memory: \${SIZE}`, { env }).limits).toEqual({ memoryBytes: 64_000_000 });
  });

  test("cannot bring in structure, and are not looked into again", () => {
    const env = { NAME: `a: b\n- \${OTHER}` };
    const source = mediaOf(`source: { type: pipeline, pipeline: "\${NAME} $\${NAME}" }`, { env }).source;
    expect(source).toEqual({ kind: "pipeline", pipeline: `a: b\n- \${OTHER} \${NAME}` });
  });
});

describe("defaults", () => {
  const streams = `
defaults:
  source: { transport: udp, latency: 1s, user: all, passwordFile: pw }
  outputs: [{ type: record }]
  limits: { memory: 100MB, cpu: 10% }
  timeouts: { connect: 1s, stall: 3s }
  fallback: slate
streams:
  plain: { source: rtsp://h/1 }
  own: { source: { type: rtsp, uri: rtsp://h/2, transport: tcp }, timeouts: { stall: auto }, limits: { cpu: 20% }, outputs: [{ type: rtsp }] }
  inside: { source: "rtsp://me:mine@h/3" }
  password: { source: { type: rtsp, uri: rtsp://h/4, password: mine } }
  clip: { source: clip.mp4 }
  command: { command: sleep 1 }
  empty:
    source: clip.mp4
    limits:
`;
  const { config } = valid(streams, { files: { "/site/pw": "common" } });
  const stream = (name: string) => config.streams.find((each) => each.name === name);

  test("reach every stream as far as they fit", () => {
    expect(stream("plain")).toMatchObject({
      source: { transport: "udp", latencyMs: 1_000, credentials: [{ user: "all", password: "common" }] },
      outputs: [{ kind: "record" }],
      timeouts: { connectMs: 1_000, firstFrameMs: 15_000, stallMs: 3_000 },
      limits: { memoryBytes: 100_000_000, cpuPercent: 10 },
    });
    expect(stream("clip")).toMatchObject({ source: { kind: "file", path: "/site/clip.mp4", loop: true } });
    expect(stream("command")).toMatchObject({ kind: "command", limits: { memoryBytes: 100_000_000, cpuPercent: 10 } });
    expect(stream("empty")).toMatchObject({ limits: { memoryBytes: 100_000_000, cpuPercent: 10 } });
  });

  test("give way to what a stream says itself: maps are merged, lists replaced", () => {
    expect(stream("own")).toMatchObject({
      source: { transport: "tcp", latencyMs: 1_000 },
      timeouts: { connectMs: 1_000, stallMs: "auto" },
      limits: { memoryBytes: 100_000_000, cpuPercent: 20 },
    });
    expect(stream("own")).toHaveProperty("outputs", [
      { id: "rtsp", kind: "rtsp", mount: "/own", fallback: "slate", slowViewerMs: 10_000 },
    ]);
  });

  test("never mix two sets of credentials", () => {
    expect(stream("inside")).toMatchObject({ source: { credentials: [{ user: "me", password: "mine" }] } });
    expect(stream("password")).toMatchObject({ source: { credentials: [{ user: "all", password: "mine" }] } });
  });
});

test("gives every recorder the modes of the recordings", () => {
  const stream = "cam: { source: a, outputs: [{ type: record }, { type: record }] }";
  const { config } = valid(`recordings: { mode: "0644", directoryMode: "755" }\nstreams: { ${stream} }\n`);
  const modes = { fileMode: 0o644, directoryMode: 0o755 };
  expect(config).toMatchObject({ recordings: modes, streams: [{ outputs: [modes, modes] }] });
});

test("anchors and aliases are ordinary YAML", () => {
  const text = "streams:\n  a: &cam { source: clip.mp4, outputs: [{ type: record }] }\n  b: *cam\n";
  expect(valid(text).config.streams.map(({ name }) => name)).toEqual(["a", "b"]);
});

test("the hash is that of the file", () => {
  const sha256OfFile = "c1232da738afef2cf032caaaa812bdaa9cd5a20d5d285d4b3f8c68fd58dcfb9d";
  expect(valid("streams: {}\n").hash).toBe(sha256OfFile);
});

test("warns of what is hardly meant", () => {
  const { warnings } = valid(
    "rtsp: { listen: 0.0.0.0:8554, public: true }\nstreams:\n  cam: { source: a, outputs: [] }\n",
  );
  expect(warnings.map(({ line, column, path }) => [line, column, path])).toEqual([
    [1, 31, "rtsp.public"],
    [3, 3, "streams.cam"],
  ]);
});

describe("where recordings go", () => {
  const STREAM = "streams: { cam: { source: a, outputs: [{ type: record }, { type: record, id: archive }] } }";
  const placesOf = (recordings: string) => {
    const [stream] = valid(`recordings: ${recordings}\n${STREAM}\n`).config.streams;
    if (stream?.kind !== "media") throw new Error("this is a command");
    return [...stream.outputs, stream.clip].flatMap((output) => (output.kind === "record" ? [output] : []));
  };

  test("one root is a list of one, and several keep their order", () => {
    expect(placesOf("{ root: store }")[0]?.roots).toEqual(["/site/store"]);
    expect(placesOf("{ roots: [/mnt/b, store] }")[0]?.roots).toEqual(["/mnt/b", "/site/store"]);
  });

  test.each([
    ["{stream}/{date}/{stream}_{time}", "cam/{date}/cam_{time}", "cam/archive/{date}/archive_{time}"],
    ["{year}/{stream}/{stream}_{time}", "{year}/cam/cam_{time}", "{year}/cam/archive/archive_{time}"],
    ["{date}/{stream}-{time}", "{date}/cam-{time}", "{date}/archive/cam-{time}"],
    ["{stream}.{output}_{time}", "cam.record_{time}", "cam.archive_{time}"],
  ])("%s", (template, plain, named) => {
    const [first, second] = placesOf(`{ pathTemplate: "${template}" }`);
    expect([first?.path, second?.path]).toEqual([plain, named]);
  });
});
