import { goodCamera } from "./cameras.js";
import { named, type Random, seeds } from "./random.js";
import { createWorld, LIMIT, unsettleHosts, type World } from "./simulation.js";

const MINUTE = 60_000;
const SEEDS = seeds(8);
const NAMES = Array.from({ length: 200 }, (_, index) => `camera-${index}`);

function createBuilding(random: Random): World {
  const world = createWorld({ random, streams: NAMES.map((name) => ({ name, host: "recorder", camera: goodCamera })) });
  for (const name of NAMES) world.order(name, { type: "startRequested", isAlive: false });
  world.agenda.runUntil(world.agenda.now() + 5 * MINUTE);
  return world;
}

function countRunning(world: World): number {
  return NAMES.filter((name) => world.stream(name).state().is === "running").length;
}

function attemptsSince(world: World, from: number): number[] {
  return NAMES.flatMap((name) => world.stream(name).attempts.filter((at) => at > from)).sort((a, b) => a - b);
}

describe.each(["refused", "unreachable", "connectTimeout"] as const)(
  "200 streams lose one host (%s) for a minute",
  (absence) => {
    test.each(SEEDS)("seed %i", (seed) => {
      named(seed, (random) => {
        const world = createBuilding(random);
        expect(countRunning(world)).toBe(NAMES.length);
        const lostAt = world.agenda.now();
        world.leave("recorder", absence);
        world.agenda.runUntil(lostAt + MINUTE);
        expect(countRunning(world)).toBe(0);

        world.comeBack("recorder");
        world.agenda.runUntil(world.agenda.now() + 15_000);
        expect(countRunning(world)).toBe(NAMES.length);

        const attempts = attemptsSince(world, lostAt);
        attempts.forEach((at, index) => {
          expect(index + 1).toBeLessThanOrEqual((LIMIT.perSecond * (at - lostAt)) / 1_000 + LIMIT.burst);
        });
      });
    });
  },
);

test("a camera that was away is asked again within a second of its return", () => {
  for (const seed of seeds(200)) {
    named(seed, (random) => {
      const world = createWorld({ random, streams: [{ name: "camera", host: "camera", camera: goodCamera }] });
      world.order("camera", { type: "startRequested", isAlive: false });
      world.agenda.runUntil(world.agenda.now() + MINUTE);
      world.leave("camera", "refused");
      world.agenda.runUntil(world.agenda.now() + 5_000 + random() * 50_000);
      const backAt = world.agenda.now();
      world.comeBack("camera");
      world.agenda.runUntil(backAt + 10_000);
      expect((attemptsSinceOf(world, "camera", backAt)[0] ?? Number.POSITIVE_INFINITY) - backAt).toBeLessThanOrEqual(
        1_000,
      );
    });
  }
});

test("whatever hosts do: when they are all there again, so are all streams", () => {
  const hosts = ["north", "south", "east", "west"];
  const streams = NAMES.slice(0, 60).map((name, index) => ({
    name,
    host: hosts[index % hosts.length] ?? "",
    camera: goodCamera,
  }));
  for (const seed of SEEDS) {
    named(seed, (random) => {
      const world = createWorld({ random, streams });
      for (const { name } of streams) world.order(name, { type: "startRequested", isAlive: false });
      const end = world.agenda.now() + 60 * MINUTE;
      unsettleHosts(world, hosts, random, end);
      world.agenda.runUntil(end);
      for (const host of hosts) world.comeBack(host);
      // Who tried in vain just before waits for the longest of the usual delays.
      world.agenda.runUntil(end + 40_000);
      const others = streams.filter(({ name }) => world.stream(name).state().is !== "running");
      expect({ seed, others }).toEqual({ seed, others: [] });
    });
  }
});

function attemptsSinceOf(world: World, name: string, from: number): number[] {
  return world.stream(name).attempts.filter((at) => at >= from);
}
