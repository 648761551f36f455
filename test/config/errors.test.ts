/** Every mistake has a place, an offending text and a hint. */

import { errorOf, errorsOf } from "./parsing.js";

interface Mistake {
  readonly text: string;
  readonly at: readonly [line: number, column: number];
  readonly says: RegExp;
  readonly hint?: RegExp;
  readonly snippet?: string;
  readonly path?: string;
}

const stream = (settings: string) => `streams:\n  cam:\n    ${settings.replaceAll("\n", "\n    ")}\n`;

const template = (written: string, says: RegExp, hint?: RegExp): Mistake => ({
  text: `recordings: { pathTemplate: "${written}" }\n`,
  at: [1, 29],
  says,
  ...(hint && { hint }),
});

const MISTAKES: Readonly<Record<string, Mistake>> = {
  "an unknown key at the top": {
    text: "streems: {}\n",
    at: [1, 1],
    says: /no setting "streems"/,
    hint: /did you mean "streams"/,
    snippet: "streems",
    path: "streems",
  },
  "an unknown key deep inside": {
    text: stream("source: { type: rtsp, uri: rtsp://h, transprt: udp }"),
    at: [3, 42],
    says: /^streams\.cam\.source: there is no setting "transprt"/,
    hint: /did you mean "transport"/,
    path: "streams.cam.source.transprt",
  },
  "a substream with credentials of its own": {
    text: stream("source: { type: rtsp, uri: rtsp://h/1, substream: rtsp://u@h/2 }"),
    at: [3, 55],
    says: /substream.*has credentials of its own/,
    hint: /those of the source are used/,
  },
  "a setting of another type of source": {
    text: stream("source: { type: file, path: a, transport: udp }"),
    at: [3, 36],
    says: /no setting "transport"/,
    hint: /only type rtsp has it/,
  },
  "a merge key": { text: "<<: {}\n", at: [1, 1], says: /no setting "<<"/, hint: /defaults:/ },
  "a key named like JavaScript's": { text: "__proto__: { a: 1 }\n", at: [1, 1], says: /no setting "__proto__"/ },
  "a duplicate key": {
    text: "instance: a\nrtsp: {}\ninstance: b\n",
    at: [3, 1],
    says: /"instance" is given twice: here and in line 1/,
  },
  "a duplicate stream": {
    text: "streams:\n  a: { source: x }\n  a: { source: y }\n",
    at: [3, 3],
    says: /"a" is given twice: here and in line 2/,
    path: "streams.a",
  },
  "a missing key": {
    text: stream("source: { type: rtsp }"),
    at: [3, 5],
    says: /^streams\.cam\.source: "uri" is missing/,
    hint: /uri: rtsp:/,
  },
  "a missing type": {
    text: stream("source: { uri: rtsp://h }"),
    at: [3, 5],
    says: /"type" is missing/,
    hint: /rtsp, file/,
  },
  "an unknown type": {
    text: stream("source: x\noutputs: [{ type: recrd }]"),
    at: [4, 23],
    says: /"recrd" is no known type/,
    hint: /"record"/,
  },
  "a stream without anything": { text: "streams:\n  cam: {}\n", at: [2, 3], says: /neither a source nor a command/ },
  "a stream that is a text": { text: "streams:\n  cam: rtsp://h\n", at: [2, 8], says: /is no map of settings/ },
  "outputs that are no list": { text: stream("source: x\noutputs: rtsp"), at: [4, 14], says: /is no list/ },
  "a list at the top": { text: "- a\n", at: [1, 1], says: /a list is no map of settings/ },
  "a name with capitals": {
    text: "streams:\n  Front Door: { source: x }\n",
    at: [2, 3],
    says: /"Front Door" is no name/,
    hint: /"front-door" would do/,
  },
  "a name of a camera": { text: "simulate: { _a: {} }\n", at: [1, 13], says: /"_a" is no name/ },
  "a duration without a unit": {
    text: stream("source: x\noutputs:\n  - { type: record, rotate: { every: 10 } }"),
    at: [5, 42],
    says: /"10" has no unit/,
    hint: /ms, s, m, h, d/,
    path: "streams.cam.outputs.0.rotate.every",
  },
  "files by the clock that a day is no multiple of": {
    text: stream("source: x\noutputs:\n  - { type: record, rotate: { every: 7m, align: true } }"),
    at: [5, 53],
    says: /needs another `every`/,
    hint: /10m/,
    path: "streams.cam.outputs.0.rotate.align",
  },
  "files by the clock without a time": {
    text: stream("source: x\noutputs:\n  - { type: record, rotate: { every: off, align: true } }"),
    at: [5, 54],
    says: /needs another `every`/,
  },
  "a mode that YAML takes for a number": {
    text: "recordings: { mode: 0640 }\n",
    at: [1, 21],
    says: /is no text/,
    hint: /quotes/,
    path: "recordings.mode",
  },
  "a mode that is none": { text: 'recordings: { mode: "0888" }\n', at: [1, 21], says: /is no mode/ },
  "a mode that keeps the recorder out": {
    text: 'recordings: { directoryMode: "0660" }\n',
    at: [1, 30],
    says: /keeps dslrs itself out/,
    hint: /"0700"/,
  },
  "two ways to say where recordings go": {
    text: "recordings: { root: a, roots: [b] }\n",
    at: [1, 24],
    says: /stands beside `root`/,
  },
  "no root": { text: "recordings: { roots: [] }\n", at: [1, 15], says: /is empty/ },
  "a root in another": {
    text: "recordings: { roots: [a, b, ./a/c] }\n",
    at: [1, 29],
    says: /"\.\/a\/c" and "a" lie in each other/,
  },
  "a path without the stream": template("{date}/{time}", /lacks \{stream\}/),
  "a path whose files have one name": template("{stream}/{date}", /needs \{time\} once, in its last part/),
  "a folder for every file": template("{stream}/{time}/{stream}", /in its last part/),
  "a path with an unknown placeholder": template("{stream}/{dat}/{time}", /unknown placeholder \{dat\}/, /\{date\}/),
  "a path with half a placeholder": template("{stream/{time}", /brace without its partner/),
  "a path that leaves the root": template("../{stream}_{time}", /begins with a dot/),
  "a path of its own": template("/{stream}_{time}", /begins with a slash/),
  "a path with an empty part": template("{stream}//{time}", /empty part/),
  "a path through what is ours": template("quarantine/{stream}_{time}", /folder "quarantine"/),
  "a path that can get too long": template(`{stream}/${"x".repeat(200)}{stream}_{time}`, /too long/),
  "a stream that is recorded into what is ours": {
    text: "streams: { quarantine: { source: a } }\n",
    at: [1, 12],
    says: /recorded into a folder "quarantine"/,
  },
  "two streams whose recordings have one name": {
    text: `recordings: { pathTemplate: "{stream}-{output}_{time}" }\nstreams:\n  a: { source: x, outputs: [{ type: record, id: b-c }] }\n  a-b: { source: x, outputs: [{ type: record, id: c }] }\n`,
    at: [4, 3],
    says: /^streams\.a-b: .* names of those of a$/,
  },
  "a pre-roll of a continuous recording": {
    text: stream("source: x\noutputs: [{ type: record, preRoll: 5s }]"),
    at: [4, 40],
    says: /"5s" does not fit a continuous recording/,
    hint: /mode: event/,
    path: "streams.cam.outputs.0.preRoll",
  },
  "an event that is over before it begins": {
    text: stream("source: x\noutputs: [{ type: record, mode: event, max: 15s }]"),
    at: [4, 49],
    says: /"15s" leaves an event no time/,
  },
  "a hook that needs a shell": {
    text: stream("source: x\nonSegment: cp a b && c"),
    at: [4, 16],
    says: /needs a shell/,
  },
  "a hook of a command": { text: stream("command: a\nonSegment: b"), at: [4, 5], says: /a command takes no onSegment/ },
  "a size with a wrong unit": {
    text: stream("source: x\nlimits: { memory: 256mb }"),
    at: [4, 23],
    says: /"256mb" has an unknown unit/,
    hint: /did you mean "256MB"/,
  },
  "a size that is too small": {
    text: stream("source: x\nlimits: { memory: 1MB }"),
    at: [4, 23],
    says: /too small/,
    hint: /16MB/,
  },
  "a percentage without a sign": {
    text: stream("source: x\nlimits: { cpu: 50 }"),
    at: [4, 20],
    says: /"50" has no unit/,
  },
  "a bit rate in another spelling": {
    text: stream("source: { type: test, bitrate: 2Mbps }"),
    at: [3, 36],
    says: /unknown unit/,
    hint: /kbit, Mbit/,
  },
  "an odd frame size": { text: stream("source: { type: test, size: 641x360 }"), at: [3, 33], says: /is no frame size/ },
  "a picture that does not exist": {
    text: stream("source: { type: test, pattern: bal }"),
    at: [3, 36],
    says: /"bal" is not known/,
    hint: /"ball"/,
  },
  "a number that is none": { text: stream("source: { type: test, fps: 12.5 }"), at: [3, 32], says: /no whole number/ },
  "a word for a truth value": {
    text: stream("source: { type: file, path: x, loop: yes }"),
    at: [3, 42],
    says: /neither true nor false/,
  },
  "a number where a text belongs": {
    text: stream("source: { type: rtsp, uri: rtsp://h, user: 12, password: x }"),
    at: [3, 48],
    says: /"12" is no text/,
    hint: /quotes/,
  },
  "an address of another kind": { text: stream("source: http://h/x"), at: [3, 13], says: /is no rtsp:\/\/ address/ },
  "an address without a host": { text: stream("source: rtsp:///x"), at: [3, 13], says: /no valid host/ },
  "an address that can be read in two ways": {
    text: stream("source: rtsp://host:80/a@b/x"),
    at: [3, 13],
    says: /two ways/,
    hint: /password:/,
  },
  "a port that does not exist": { text: "rtsp: { listen: 70000 }\n", at: [1, 17], says: /no address to listen on/ },
  "no address to listen on": { text: "rtsp: { listen: [] }\n", at: [1, 17], says: /is no list of addresses/ },
  "an address in a list that is none": {
    text: 'rtsp: { listen: [8554, "::1:8554"] }\n',
    at: [1, 17],
    says: /is no address to listen on/,
  },
  "an address twice": { text: "rtsp: { listen: [8554, localhost:8554] }\n", at: [1, 17], says: /an address twice/ },
  "a network with too long a prefix": {
    text: "rtsp: { deny: [10.0.0.0/8, 10.0.0.0/33] }\n",
    at: [1, 28],
    says: /"10\.0\.0\.0\/33" is no address or network/,
  },
  "TLS without a key": {
    text: "rtsps: { certificate: cert.pem }\n",
    at: [1, 1],
    says: /^rtsps: "key" is missing/,
  },
  "a host name to listen on": {
    text: "rtsp: { listen: example.org:8554 }\n",
    at: [1, 17],
    says: /no address to listen on/,
  },
  "a mount without a slash": {
    text: stream("source: x\noutputs: [{ type: rtsp, path: lobby }]"),
    at: [4, 35],
    says: /"lobby" is no path/,
  },
  "the same mount twice": {
    text: "streams:\n  a: { source: x, outputs: [{ type: rtsp, path: /m }] }\n  b: { source: x, outputs: [{ type: rtsp, path: /m }] }\n",
    at: [3, 49],
    says: /^streams\.b\.outputs\.0\.path: \/m is already served by streams\.a\.outputs\.0\.path in line 2/,
  },
  "a mount that is another stream's default": {
    text: "streams:\n  a: { source: x }\n  b: { source: x, outputs: [{ type: rtsp, path: /a }] }\n",
    at: [3, 49],
    says: /\/a is already served by streams\.a in line 2/,
  },
  "a mount in defaults": {
    text: "defaults: { outputs: [{ type: rtsp, path: /m }] }\nstreams:\n  a: { source: x }\n  b: { source: x }\n",
    at: [4, 3],
    says: /^streams\.b: \/m is already served by streams\.a in line 3/,
  },
  "a group without an address": {
    text: stream("source: x\noutputs: [{ type: rtsp, multicast: {} }]"),
    at: [4, 29],
    says: /"address" is missing/,
  },
  "a group that is none": {
    text: stream("source: x\noutputs: [{ type: rtsp, multicast: { address: 192.168.1.1 } }]"),
    at: [4, 51],
    says: /"192\.168\.1\.1" is no multicast address to send to/,
  },
  "a group of the routers of a link": {
    text: stream("source: x\noutputs: [{ type: rtsp, multicast: { address: 224.0.0.251 } }]"),
    at: [4, 51],
    says: /"224\.0\.0\.251" is no multicast address to send to/,
  },
  "an odd port of a group": {
    text: stream("source: x\noutputs: [{ type: rtsp, multicast: { address: 239.1.2.3, port: 5005 } }]"),
    at: [4, 68],
    says: /"5005" is odd/,
    hint: /take 5004/,
  },
  "the same port of a group twice": {
    text: "streams:\n  a: { source: x, outputs: [{ type: rtsp, multicast: { address: 239.1.2.3 } }] }\n  b: { source: x, outputs: [{ type: rtsp, multicast: { address: 239.1.2.3, port: 5006 } }] }\n",
    at: [3, 43],
    says: /^streams\.b\.outputs\.0\.multicast: 239\.1\.2\.3:5006 is already sent to by streams\.a\.outputs\.0\.multicast in line 2/,
    hint: /another `address:` or `port:`/,
  },
  "the same socket twice": {
    text: "streams:\n  a: { source: x, outputs: [{ type: tap, path: /run/a }] }\n  b: { source: x, outputs: [{ type: tap, path: /run/a }] }\n",
    at: [3, 48],
    says: /^streams\.b\.outputs\.0\.path: \/run\/a is already a socket of streams\.a\.outputs\.0\.path in line 2/,
  },
  "a socket that is the sound of another tap": {
    text: "streams:\n  a: { source: x, outputs: [{ type: tap }, { type: tap, id: audio }] }\n",
    at: [2, 44],
    says: /^streams\.a\.outputs\.1: taps\/a\.audio is already a socket of streams\.a\.outputs\.0/,
  },
  "a path that is too long for a socket": {
    text: stream(`source: x\noutputs: [{ type: tap, path: /${"x".repeat(101)} }]`),
    at: [4, 34],
    says: /is too long for a socket/,
    hint: /101 bytes/,
  },
  "a source that is no stream": {
    text: "streams:\n  front-door: { source: x }\n  b: { source: { type: stream, from: front-dor } }\n",
    at: [3, 38],
    says: /^streams\.b\.source\.from: "front-dor" is no stream of this config/,
    hint: /did you mean "front-door"/,
  },
  "a source that is a command": {
    text: "streams:\n  a: { command: b }\n  b: { source: { type: stream, from: a } }\n",
    at: [3, 38],
    says: /"a" is a command/,
  },
  "a stream that is its own source": {
    text: "streams:\n  a: { source: { type: stream, from: a } }\n",
    at: [2, 38],
    says: /"a" leads back to itself: a <- a/,
  },
  "streams that are each other's source": {
    text: "streams:\n  a: { source: { type: stream, from: b } }\n  b: { source: { type: stream, from: c } }\n  c: { source: { type: stream, from: a } }\n  d: { source: { type: stream, from: a } }\n",
    at: [2, 38],
    says: /"b" leads back to itself: a <- b <- c <- a/,
  },
  "the same output id twice": {
    text: stream("source: x\noutputs: [{ type: record, id: a }, { type: record, id: a }]"),
    at: [4, 60],
    says: /"a" is already the id of output 1/,
  },
  "a command beside a source": { text: stream("command: a\nsource: b"), at: [4, 5], says: /a command takes no source/ },
  "a command beside outputs": {
    text: stream("command: a\noutputs: []"),
    at: [4, 5],
    says: /a command takes no outputs/,
  },
  "a command with an open quote": { text: stream(`command: gst "a`), at: [3, 14], says: /no complete command line/ },
  "a command that needs a shell": { text: stream("command: a | b"), at: [3, 14], says: /needs a shell/ },
  "a variable that is not set": {
    text: stream(`source: rtsp://\${CAM_HOST}/x`),
    at: [3, 13],
    says: /the environment variable CAM_HOST is not set/,
    snippet: `\${CAM_HOST}`,
    path: "streams.cam.source",
  },
  "a variable that only JavaScript knows": {
    text: `instance: \${constructor}\n`,
    at: [1, 11],
    says: /the environment variable constructor is not set/,
  },
  "a variable in braces": {
    text: stream(`source: { type: rtsp, uri: rtsp://\${H} }`),
    at: [3, 40],
    says: /needs quotes inside/,
  },
  "a password file that is missing": {
    text: stream("source: { type: rtsp, uri: rtsp://u@h, passwordFile: pw }"),
    at: [3, 58],
    says: /\/site\/pw, which cannot be read \(ENOENT\)/,
  },
  "a password without a user": {
    text: stream("source: { type: rtsp, uri: rtsp://h, password: x }"),
    at: [3, 5],
    says: /password without a user/,
  },
  "credentials in two places": {
    text: stream("source: { type: rtsp, uri: rtsp://u:p@h, password: x }"),
    at: [3, 5],
    says: /in two places/,
  },
  "credentials in a list and beside it": {
    text: stream("source:\n  type: rtsp\n  uri: rtsp://u:p@h\n  credentials: [{ user: a, password: b }]"),
    at: [6, 7],
    says: /^streams\.cam\.source\.credentials: .*not the only place/,
  },
  "a set without a user": {
    text: stream("source: { type: rtsp, uri: rtsp://h, credentials: [{ password: b }] }"),
    at: [3, 56],
    says: /^streams\.cam\.source\.credentials\.0: "user" is missing/,
  },
  "a set with two passwords": {
    text: stream("source: { type: rtsp, uri: rtsp://h, credentials: [{ user: a, password: b, passwordFile: c }] }"),
    at: [3, 56],
    says: /has two passwords/,
  },
  "a password file in a list that is missing": {
    text: stream("source: { type: rtsp, uri: rtsp://h, credentials: [{ user: a }, { user: b, passwordFile: pw }] }"),
    at: [3, 94],
    says: /^streams\.cam\.source\.credentials\.1\.passwordFile: .*\/site\/pw, which cannot be read \(ENOENT\)/,
  },
  "TLS for a plain address": {
    text: stream("source: { type: rtsp, uri: rtsp://h, tls: {} }"),
    at: [3, 42],
    says: /^streams\.cam\.source\.tls: .*for rtsps:\/\/ addresses only/,
  },
  "a certificate file that is missing": {
    text: stream("source: { type: rtsp, uri: rtsps://h, tls: { ca: ca.pem } }"),
    at: [3, 54],
    says: /^streams\.cam\.source\.tls\.ca: "ca\.pem" names \/site\/ca\.pem, which cannot be read \(ENOENT\)/,
  },
  "a strategy that does not exist": {
    text: stream("source: x\nretry: exponentail"),
    at: [4, 12],
    says: /^streams\.cam\.retry: "exponentail" is not known/,
    hint: /"exponential"/,
  },
  "a setting of another strategy": {
    text: stream("source: x\nretry: { strategy: immediate, delay: 5s }"),
    at: [4, 42],
    says: /^streams\.cam\.retry\.delay: "5s" does not fit the strategy immediate/,
    hint: /strategy: fixed/,
  },
  "a strategy that lacks its delays": {
    text: stream("source: x\nretry: custom"),
    at: [4, 5],
    says: /strategy custom, but no delays/,
    hint: /delays: \[/,
  },
  "a shortest delay above the longest": {
    text: stream("source: x\nretry: { min: 1m, max: 30s }"),
    at: [4, 19],
    says: /"1m" is longer than `max`/,
  },
  "a delay in a list without a unit": {
    text: stream("source: x\nretry: { strategy: custom, delays: [1s, 2] }"),
    at: [4, 45],
    says: /"2" has no unit/,
    path: "streams.cam.retry.delays.1",
  },
  "a stall that is neither": {
    text: stream("source: x\ntimeouts: { stall: never }"),
    at: [4, 24],
    says: /"never" is no duration/,
    hint: /, or auto$/,
  },
  "a fallback that does not exist": {
    text: stream("source: x\nfallback: last-fram"),
    at: [4, 15],
    says: /"last-fram" is not known/,
    hint: /"last-frame"/,
  },
  "timeouts of a command": {
    text: stream("command: a\ntimeouts: { stall: 1s }"),
    at: [4, 5],
    says: /a command takes no timeouts/,
  },
  "a setting in defaults that does not fit, told once": {
    text: "defaults: { retry: { strategy: fixed, max: 9s } }\nstreams:\n  a: { source: x }\n  b: { source: x }\n",
    at: [1, 44],
    says: /^defaults\.retry\.max: "9s" does not fit the strategy fixed/,
  },
  "a camera on the server's port": {
    text: "rtsp: { listen: 8654 }\nsimulate: { a: { port: 8654 } }\n",
    at: [2, 24],
    says: /is the port of `rtsp\.listen`/,
  },
  "a camera with half its credentials": { text: "simulate: { a: { user: u } }\n", at: [1, 13], says: /only one of/ },
  "a mistake in defaults, told once": {
    text: "defaults: { limits: { cpu: 5 } }\nstreams:\n  a: { source: x }\n  b: { source: x }\n",
    at: [1, 28],
    says: /^defaults\.limits\.cpu: "5" has no unit/,
  },
  "a tab": { text: "streams:\n\tcam: {}\n", at: [2, 1], says: /a tab/, hint: /spaces/ },
  "a quote that is not closed": {
    text: `instance: "a\nstreams:\n  cam: {}\n`,
    at: [1, 11],
    says: /what opens here is not closed/,
  },
  "a bracket that is not closed": { text: "rtsp: { listen: 1\nstreams: {}\n", at: [1, 7], says: /what opens here/ },
  "a wrong indentation": { text: stream("source: x\n   limits: {}"), at: [3, 13], says: /do not go together/ },
  "a second document": { text: "streams: {}\n---\nstreams: {}\n", at: [2, 1], says: /second YAML document/ },
  "an empty file": { text: "", at: [1, 1], says: /no settings/ },
  "only comments": { text: "# nothing\n", at: [1, 1], says: /no settings/ },
  "an alias without an anchor": { text: "instance: *a\n", at: [1, 11], says: /no anchor/ },
  "an alias to itself": { text: "streams: &a { cam: *a }\n", at: [1, 20], says: /no anchor/ },
  "a tag": { text: "instance: !x a\n", at: [1, 11], says: /begins with !/ },
  "a key that is a list": { text: "? [a]\n: b\n", at: [1, 3], says: /key is no text/ },
  "a NUL byte": { text: "instance: a\nrtsp: {}\u0000\n", at: [2, 9], says: /control character 0x00/ },
};

test.each(Object.entries(MISTAKES))("%s", (_, { text, at, says, hint, snippet, path }) => {
  const error = errorOf(text);
  expect(error.message).toMatch(says);
  expect([error.line, error.column]).toEqual(at);
  expect(error.hint).toMatch(hint ?? /./);
  if (snippet !== undefined) expect(error.snippet).toBe(snippet);
  if (path !== undefined) expect(error.path).toBe(path);
});

test.each([
  ["no certificate at all", "hello"],
  ["a key", "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"],
  ["a damaged one", "-----BEGIN CERTIFICATE-----\nhello\n-----END CERTIFICATE-----\n"],
])("a certificate file that holds %s", (_, content) => {
  const text = stream("source: { type: rtsp, uri: rtsps://h, tls: { ca: ca.pem } }");
  const error = errorOf(text, { files: { "/site/ca.pem": content } });
  expect(error.message).toMatch(/\/site\/ca\.pem, which holds no PEM certificate/);
});

test("bytes that are no UTF-8", () => {
  const bytes = Buffer.concat([Buffer.from("# grün\ninstance: "), Buffer.from([0xff, 0x41])]);
  expect(errorOf(bytes)).toMatchObject({ line: 2, column: 11, message: expect.stringContaining("UTF-8") });
});

test("a file over 1 MiB", () => {
  expect(errorOf(`#${" ".repeat(1024 * 1024)}`).message).toContain("1048577 bytes");
});

test("aliases that multiply", () => {
  const level = (name: string, below: string) => `${name}: &${name} [${Array(10).fill(`*${below}`).join(", ")}]\n`;
  const bomb = `a: &a [1, 2]\n${[..."bcdefgh"].map((name, index) => level(name, "abcdefg"[index] ?? "a")).join("")}`;
  expect(errorOf(bomb).message).toMatch(/multiply/);
});

test.each([
  ["brackets", "[".repeat(1024 * 1024)],
  ["maps", "{a: ".repeat(256 * 1024)],
  ["dashes", "- ".repeat(512 * 1024)],
])("nesting without end: %s", (_, text) => {
  expect(errorOf(text).message).toMatch(/nested too deeply/);
});

test("a flood of tokens", () => {
  expect(errorOf(`[${",".repeat(1024 * 1024 - 1)}`).message).toMatch(/too many values/);
});

test("all mistakes are told at once, in the order of the file, twenty at most", () => {
  const text = "instance: A\nstreams:\n  a: { source: x, limits: { cpu: 1 } }\n  B: { sorce: x }\n";
  expect(errorsOf(text).map(({ line, column }) => [line, column])).toEqual([
    [1, 11],
    [3, 34],
    [4, 3],
    [4, 8],
  ]);
  const many = Array.from({ length: 50 }, (_, index) => `key-${index}: 1\n`).join("");
  expect(errorsOf(many)).toHaveLength(20);
});
