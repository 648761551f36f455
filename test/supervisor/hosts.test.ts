import type { FailureClass } from "../../src/failure.js";
import type { Log } from "../../src/report/log.js";
import type { Found, HostListener, HostWatch } from "../../src/supervisor/host.js";
import { createHosts, type Hosts } from "../../src/supervisor/hosts.js";
import { createFakeClock, type FakeClock, settled } from "../rig/fake-clock.js";

const CAMERA = "rtsp://10.0.0.5/stream1";

let clock: FakeClock;
let hosts: Hosts;
let probes: { readonly uri: string; readonly deadlineMs: number; answer(found: Found): void }[];
let changes: string[];
let errors: string[];

beforeEach(() => {
  clock = createFakeClock();
  probes = [];
  changes = [];
  errors = [];
  hosts = createHosts({
    clock,
    log,
    probe: (uri, deadlineMs) => new Promise((answer) => probes.push({ uri, deadlineMs, answer })),
    onChange: (_change, sentence) => changes.push(sentence),
  });
});

const log: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: (message) => errors.push(message),
  forStream: () => log,
};

interface TestStream extends HostWatch {
  readonly heard: string[];
}

function stream(uri = CAMERA, listener: Partial<HostListener> = {}): TestStream {
  const heard: string[] = [];
  const watch = hosts.watch(uri, { barred: () => heard.push("barred"), back: () => heard.push("back"), ...listener });
  if (!watch) throw new Error(`${uri} names no host`);
  return { ...watch, heard };
}

function fail(watch: HostWatch, ...classes: FailureClass[]): void {
  for (const failureClass of classes) {
    watch.attemptBegan();
    watch.attemptFailed(failureClass);
  }
}

/** What the newest probe finds. */
async function find(found: Found): Promise<void> {
  probes.at(-1)?.answer(found);
  await settled();
}

test("a host that is away bars the attempts of all its streams, and of no other", () => {
  const [one, two, stranger] = [stream(), stream("rtsp://10.0.0.5:554/stream2"), stream("rtsp://10.0.0.6/stream1")];
  fail(one, "refused", "refused");
  fail(two, "unreachable");
  expect([one.heard, two.heard, stranger.heard]).toEqual([["barred"], ["barred"], []]);
  expect([one, two, stranger].map((each) => each.letsThrough())).toEqual([false, false, true]);
  expect(hosts.away()).toMatchObject([{ address: "10.0.0.5:554", breaker: "open" }]);
  expect(changes).toEqual([
    "The host 10.0.0.5:554 is away (unreachable): no attempts of its 2 streams until it answers.",
  ]);
});

test("it is asked by one probe at a time, and its streams hear at once that it is back", async () => {
  const [one, two] = [stream(), stream()];
  fail(one, "refused", "refused", "refused");
  await clock.pass(499);
  expect(probes).toHaveLength(0);
  await clock.pass(1);
  expect(one.view()).toMatchObject({ breaker: "halfOpen", nextProbeMs: null });
  await clock.pass(10_000);
  expect(probes).toHaveLength(1);

  await find("refused");
  expect(one.view()).toMatchObject({ breaker: "open", nextProbeMs: 500 });
  await clock.pass(500);
  await find("answers");
  expect([one.heard, two.heard]).toEqual([
    ["barred", "back"],
    ["barred", "back"],
  ]);
  expect(one.letsThrough()).toBe(true);
  expect(hosts.away()).toEqual([]);
  expect(changes.at(-1)).toBe("The host 10.0.0.5:554 is back after 11 s.");
});

test("after one failure to connect looks of its own tell soon whether the host is away", async () => {
  const one = stream();
  fail(one, "refused");
  await clock.pass(250);
  await find("refused");
  expect(one.letsThrough()).toBe(true);
  await clock.pass(250);
  await find("refused");
  expect(one.letsThrough()).toBe(false);
});

test("a host that answers a look is asked no further", async () => {
  const one = stream();
  fail(one, "refused");
  await clock.pass(250);
  await find("answers");
  await clock.pass(60_000);
  expect(probes).toHaveLength(1);
  expect(one.heard).toEqual([]);
});

test("a host that takes connections and says nothing is away too", async () => {
  const one = stream();
  fail(one, "connectTimeout", "connectTimeout", "connectTimeout");
  await clock.pass(500);
  await find("silent");
  expect(one.view().breaker).toBe("open");
});

test("a host that has been away for long gets more time to answer", async () => {
  const one = stream();
  fail(one, "refused", "refused", "refused");
  for (let probe = 0; probe < 150; probe += 1) {
    await clock.pass(500);
    await find("silent");
  }
  expect(probes[0]?.deadlineMs).toBeLessThan(probes.at(-1)?.deadlineMs ?? 0);
});

test("suspicions share a probe, and for a moment what it found", async () => {
  const [one, two] = [stream(), stream()];
  const asked = [one.probe(), two.probe()];
  await settled();
  await find("silent");
  expect(await Promise.all(asked)).toEqual(["silent", "silent"]);
  expect(await one.probe()).toBe("silent");
  expect(probes).toHaveLength(1);
  await clock.pass(100);
  const anew = two.probe();
  await settled();
  await find("answers");
  expect(await anew).toBe("answers");
  expect(probes).toHaveLength(2);
});

test("who waits for another stream hears of its return without a look", async () => {
  const origin = "stream://front-door";
  const waiting = stream(origin);
  fail(waiting, "refused");
  hosts.answered(origin);
  expect(waiting.heard).toEqual(["back"]);

  fail(waiting, "refused", "refused", "refused");
  expect(changes.at(-1)).toBe("The stream front-door is away (refused): no attempts of its stream until it answers.");
  hosts.answered("stream://another");
  expect(waiting.letsThrough()).toBe(false);
  hosts.answered(origin);
  expect(waiting.letsThrough()).toBe(true);
  expect(waiting.heard).toEqual(["back", "barred", "back"]);
});

test("a stream that throws keeps no other from hearing", async () => {
  stream(CAMERA, {
    back() {
      throw new Error("a bug");
    },
  });
  const other = stream();
  fail(other, "refused", "refused", "refused");
  await clock.pass(500);
  await find("answers");
  expect(other.heard).toEqual(["barred", "back"]);
  expect(errors).toHaveLength(1);
});

test("a probe that throws leaves the host away and is made again", async () => {
  const broken = createHosts({
    clock,
    log,
    probe: (uri) => {
      probes.push({ uri, deadlineMs: 0, answer: () => {} });
      return Promise.reject(new Error("a bug"));
    },
    onChange: () => {},
  });
  const watch = broken.watch(CAMERA, { barred: () => {}, back: () => {} });
  if (watch) fail(watch, "refused", "refused", "refused");
  await clock.pass(1_500);
  expect(probes.length).toBeGreaterThan(1);
  expect(watch?.letsThrough()).toBe(false);
});

test("a host that no stream is on any more is not asked, and forgotten", async () => {
  const one = stream();
  fail(one, "refused", "refused", "refused");
  one.leave();
  await clock.pass(60_000);
  expect(probes).toHaveLength(0);
  expect(stream().letsThrough()).toBe(true);
});

test("what a probe finds after the last stream left begins nothing", async () => {
  const one = stream();
  fail(one, "refused");
  await clock.pass(250);
  one.leave();
  await find("refused");
  await clock.pass(60_000);
  expect(probes).toHaveLength(1);
});
