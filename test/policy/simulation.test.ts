import type { Order, StateName, StreamPolicy } from "../../src/policy/states.js";
import { type Camera, failingCamera, moodyCamera } from "./cameras.js";
import { named, pick, type Random, seeds } from "./random.js";
import { createWorld, unsettleHosts, type World } from "./simulation.js";
import { POLICY } from "./stream-world.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const SEEDS = seeds(40);

const RETRIES: readonly StreamPolicy["retry"][] = [
  POLICY.retry,
  POLICY.retry,
  { strategy: "immediate" },
  { strategy: "fixed", delayMs: 2_000 },
  { strategy: "custom", delaysMs: [100, 1_000, 20_000] },
  { strategy: "exponential", minMs: 200, maxMs: 5_000, maxAttempts: 12 },
];

function anyPolicy(random: Random): StreamPolicy {
  const stallMs = random() < 0.7 ? "auto" : 500 + Math.round(random() * 4_000);
  return {
    retry: pick(RETRIES, random),
    timeouts: { ...POLICY.timeouts, stallMs },
    credentials: Math.floor(random() * 4),
    canProbe: random() < 0.8,
    hasOrigin: random() < 0.2,
  };
}

type Wish = "runs" | "paused" | "stopped";

/** A user who changes their mind every few minutes, but never leaves a stream without an edit for long. */
function anyOrder(wish: Wish, random: Random): Order {
  const policyEdited = { type: "policyEdited", policy: anyPolicy(random) } as const;
  const sourceEdited = { type: "sourceEdited" } as const;
  const orders = {
    runs: [
      sourceEdited,
      sourceEdited,
      policyEdited,
      { type: "workerEdited", program: "worker" },
      { type: "restartRequested" },
      { type: "pauseRequested" },
      { type: "stopRequested", why: "removed" },
      { type: "resumeRequested" },
    ],
    paused: [sourceEdited, policyEdited, { type: "restartRequested" }, { type: "resumeRequested" }],
    stopped: [policyEdited, { type: "startRequested", isAlive: false }],
  } as const;
  return pick<Order>(orders[wish], random);
}

function wishAfter(wish: Wish, { type }: Order): Wish {
  if (type === "pauseRequested") return "paused";
  if (type === "stopRequested") return "stopped";
  return type === "resumeRequested" || type === "startRequested" ? "runs" : wish;
}

const REST: Readonly<Record<Wish, readonly StateName[]>> = {
  runs: ["starting", "running", "suspect", "recovering", "holding", "stopping", "stopped"],
  paused: ["paused", "stopping"],
  stopped: ["stopped", "stopping"],
};

function shutDown(world: World): void {
  for (const name of world.streams.keys()) world.order(name, { type: "stopRequested", why: "shutdown" });
  world.agenda.runOut();
  for (const [name, stream] of world.streams) {
    const isDown = stream.state().is === "stopped" && stream.processes() === 0;
    if (!isDown) throw new Error(`the last stop of ${name} was lost`);
  }
}

test("keeps its promises through a hundred thousand lives of cameras that do anything", () => {
  const hosts = ["north", "south", "east", "west"];
  let lives = 0;
  for (const seed of seeds(20)) {
    lives += named(seed, (random) => {
      const streams = Array.from({ length: 24 }, (_, index) => ({
        name: `camera-${index}`,
        host: pick(hosts, random),
        camera: moodyCamera,
        policy: anyPolicy(random),
      }));
      const world = createWorld({ random, streams });
      const wishes = new Map<string, Wish>(streams.map(({ name }) => [name, "runs"]));
      for (const { name } of streams) world.order(name, { type: "startRequested", isAlive: false });
      const end = world.agenda.now() + 4 * HOUR;
      unsettleHosts(world, [...new Set(streams.map(({ host }) => host))], random, end);
      while (world.agenda.now() < end) {
        world.agenda.runUntil(world.agenda.now() + (random() * 4 * MINUTE) / streams.length);
        const { name } = pick(streams, random);
        const wish = wishes.get(name) ?? "runs";
        const order = anyOrder(wish, random);
        world.order(name, order);
        const wanted = wishAfter(wish, order);
        wishes.set(name, wanted);
        const { is } = world.stream(name).state();
        if (!REST[wanted].includes(is)) throw new Error(`wished ${wanted}, is ${is}`);
      }
      shutDown(world);
      return world.lives();
    });
  }
  const isWholeRun = !process.env.DSLRS_SEED && !process.env.DSLRS_SEEDS;
  if (isWholeRun) expect(lives).toBeGreaterThan(100_000);
});

test("keeps them for literal commands too", () => {
  for (const seed of SEEDS) {
    named(seed, (random) => {
      const streams = [{ name: "command", host: "here", camera: moodyCamera, program: "command" }] as const;
      const world = createWorld({ random, streams });
      world.order("command", { type: "startRequested", isAlive: false });
      for (let turn = 0; turn < 30; turn += 1) {
        world.agenda.runUntil(world.agenda.now() + random() * 10 * MINUTE);
        world.order("command", { type: "restartRequested" });
      }
      shutDown(world);
    });
  }
});

test("editing one stream changes nothing in the life of another", () => {
  const livesOf = (seed: number, isEdited: boolean) =>
    named(seed, (random) => {
      const names = ["edited", "other"];
      const streams = names.map((name) => ({ name, host: name, camera: moodyCamera }));
      const world = createWorld({ random, streams });
      for (const name of names) world.order(name, { type: "startRequested", isAlive: false });
      for (let turn = 0; turn < 20; turn += 1) {
        world.agenda.runUntil(world.agenda.now() + MINUTE);
        if (isEdited) world.order("edited", anyOrder("runs", random));
      }
      const { attempts, state } = world.stream("other");
      return { attempts, state: state() };
    });
  for (const seed of SEEDS) expect(livesOf(seed, true)).toEqual(livesOf(seed, false));
});

describe("attempts in an hour of nothing but failure", () => {
  function attemptsOf(camera: Camera): number[] {
    return SEEDS.map((seed) =>
      named(seed, (random) => {
        const world = createWorld({ random, streams: [{ name: "camera", host: "camera", camera }] });
        world.order("camera", { type: "startRequested", isAlive: false });
        world.agenda.runUntil(world.agenda.now() + HOUR);
        return world.stream("camera").attempts.length;
      }),
    );
  }

  test.each([
    ["a camera that is away: the probes look for it", failingCamera(() => "refused"), 3, 500],
    ["a camera that breaks every connection", failingCamera(() => "reset"), 150, 350],
    ["a wrong path", failingCamera(() => "notFound"), 80, 160],
    ["a wrong password: cameras lock accounts", failingCamera(() => "unauthorized"), 5, 10],
    ["a pipeline that does not parse", failingCamera(() => "pipelineInvalid"), 1, 1],
    ["a worker that always fails inside", failingCamera(() => "internal"), 150, 700],
    ["a worker that cannot be started", failingCamera(() => "up", false), 150, 350],
    ["a source that never sends a frame", failingCamera(() => "silent"), 80, 400],
  ] as const)("%s", (_what, camera, fewest, most) => {
    const counts = attemptsOf(camera);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(fewest);
    expect(Math.max(...counts)).toBeLessThanOrEqual(most);
  });

  test("a camera that connects and breaks at once is not asked ever faster", () => {
    const flapping: Camera = { attempt: () => "up", launches: () => true, fate: () => ({ afterMs: 50, is: "reset" }) };
    expect(Math.max(...attemptsOf(flapping))).toBeLessThan(400);
  });
});
