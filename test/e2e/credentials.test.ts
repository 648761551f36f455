/** User names and passwords: several sets, changed ones, refused ones; and that nobody can read them anywhere. */

import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StatusReport } from "../../src/report/status.js";
import type { Ports, TestInstance } from "../rig/instance.js";
import { cameraMount, configOf, served, testRig } from "./rig.js";

const rig = testRig();

const [FORMER, PRESENT, LATER] = ["former-Kx8w", "present-Vq3z", "later-Tm5p"];

const digest = { user: "viewer", password: PRESENT };

/** A source with several sets. */
function source(uri: string, ...passwords: readonly string[]): string {
  const sets = passwords.map((password) => `{ user: viewer, password: ${password} }`);
  return `{ type: rtsp, uri: "${uri}", credentials: [${sets.join(", ")}] }`;
}

/** Of one process, as anybody on the machine with the rights can read it. */
function shownBy(pid: number): string {
  return ["cmdline", "environ"].map((file) => readFileSync(`/proc/${pid}/${file}`, "latin1")).join("\n");
}

/** `""`: it is no file, or gone since it was seen. */
function contentOf(path: string): string {
  try {
    return statSync(path).isFile() ? readFileSync(path, "latin1") : "";
  } catch {
    return "";
  }
}

/** All files below the directory of an instance, but for the copy of the config, which holds what the file holds. */
function contentsOf(folder: string): string {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file !== "config.json")
    .map((file) => contentOf(join(folder, file)))
    .join("\n");
}

/** Everything that dslrs shows, writes and gives to its processes. */
async function allThatIsShown(instance: TestInstance): Promise<string> {
  const commands = [
    ["status"],
    ["status", "--json"],
    ["events"],
    ["events", "--json"],
    ["why", "cam"],
    ["logs", "cam"],
  ];
  const printed = await Promise.all(commands.map((argv) => instance.run(...argv)));
  const { supervisor, streams } = await instance.status();
  const pids = [supervisor.pid, supervisor.router.pid, ...streams.map(({ worker }) => worker?.pid)];
  return [
    ...printed.flatMap(({ stdout, stderr }) => [stdout, stderr]),
    instance.output(),
    contentsOf(instance.instanceDirectory),
    ...pids.flatMap((pid) => (pid ? shownBy(pid) : [])),
  ].join("\n");
}

function secretsIn(text: string): string[] {
  return [FORMER, PRESENT, LATER].filter((secret) => text.includes(secret));
}

test("of two sets the second is right: it is found at once, kept, and followed when the camera changes its mind", async () => {
  const camera = await rig.camera([cameraMount("/cam", {}, digest)]);
  const { instance, expectUndisturbed } = await rig.start({ cam: served(source(camera.uri("/cam"), FORMER, PRESENT)) });
  expect(await instance.stream("cam")).toMatchObject({ credential: 2, recovery: { failures: { unauthorized: 1 } } });
  const viewer = await rig.viewer(instance.rtspUrl("/cam"));
  await viewer.frames(10);

  await camera.order("dropClients", { mount: "/cam" });
  await instance.streamUntil("cam", ({ state, recovery }) => state === "running" && recovery.outages === 2);
  expect((await instance.stream("cam")).recovery.failures.unauthorized).toBe(1);

  await camera.order("accept", { mount: "/cam", user: "viewer", password: FORMER });
  await camera.order("dropClients", { mount: "/cam" });
  await instance.streamUntil("cam", ({ state, credential }) => state === "running" && credential === 1);
  await viewer.moreFrames(10);
  expect(viewer.tracks[0]?.lost).toBe(0);
  await expectUndisturbed();

  const shown = await allThatIsShown(instance);
  expect(shown).toContain(`127.0.0.1:${camera.port}/cam`);
  expect(secretsIn(shown)).toEqual([]);
});

test("what is refused three times rests; an edit of the config or of a password file ends the rest at once", async () => {
  const camera = await rig.camera([cameraMount("/cam", {}, digest)]);
  const other = await rig.camera([cameraMount("/typed", {}, digest)]);
  const sets = `[{ user: viewer, password: ${FORMER} }, { user: viewer, passwordFile: secret }]`;
  const config = (ports: Ports, password: string) =>
    configOf(ports, {
      cam: served(`{ type: rtsp, uri: "${camera.uri("/cam")}", credentials: ${sets} }`),
      typed: served(`{ type: rtsp, uri: "${other.uri("/typed")}", user: viewer, password: ${password} }`),
    });
  const instance = await rig.instance((ports) => config(ports, FORMER));
  const secret = join(instance.directory, "secret");
  writeFileSync(secret, `${LATER}\n`);
  await instance.up();
  for (const [name, tries] of [
    ["cam", 6],
    ["typed", 3],
  ] as const) {
    const held = await instance.streamUntil(name, ({ state }) => state === "holding");
    expect(held).toMatchObject({ failure: { class: "unauthorized" }, breaker: "closed" });
    expect(held.reason).toContain("cameras lock accounts");
    expect(held.recovery).toMatchObject({ attempts: tries, failures: { unauthorized: tries } });
    const restMs = Date.parse(held.nextAttemptAt ?? "") - Date.parse(held.since);
    expect(Math.round(restMs / 10_000)).toBe(60);
    const why = await instance.run("why", name);
    expect(why.stdout).toMatch(/is holding[\s\S]*did not accept the user name or password/);
    expect(why.stdout).toContain(`failed: ${tries} unauthorized`);
  }
  expect(secretsIn(await allThatIsShown(instance))).toEqual([]);

  writeFileSync(secret, `${PRESENT}\n`);
  await instance.running("cam");
  // Nobody knocked meanwhile; and the first set had its turn first.
  expect((await instance.stream("cam")).recovery.attempts).toBeLessThanOrEqual(8);
  expect((await instance.stream("typed")).state).toBe("holding");
  instance.writeConfig(config({ rtsp: instance.rtspPort, cameras: instance.cameraPorts }, PRESENT));
  await instance.running("typed");
  expect((await instance.stream("typed")).recovery.attempts).toBe(4);
  const viewer = await rig.viewer(instance.rtspUrl("/cam"));
  await viewer.frames(10);
});

test("streams of one account share its three tries, and what the next supervisor knows of it", async () => {
  const names = ["a", "b", "c"];
  const camera = await rig.camera(names.map((name) => cameraMount(`/${name}`, {}, digest)));
  const wrong = (name: string) => served(source(camera.uri(`/${name}`), FORMER));
  const { instance } = await rig.start({ a: wrong("a"), b: wrong("b"), c: wrong("c") }, { awaited: [] });
  const refusals = ({ streams }: StatusReport) =>
    streams.reduce((sum, { recovery }) => sum + (recovery.failures.unauthorized ?? 0), 0);
  const areHeld = ({ streams }: StatusReport) =>
    names.every((name) => streams.find((stream) => stream.name === name)?.state === "holding");
  expect(refusals(await instance.statusUntil(areHeld))).toBe(3);

  await instance.kill();
  for (const name of names) process.kill(instance.workerPid(name), "SIGKILL");
  await instance.up();
  expect(refusals(await instance.statusUntil(areHeld))).toBe(3);
});

test("basic, digest with SHA-256, a nonce for every request, and none asked for: all are let in at the first try", async () => {
  const camera = await rig.camera([
    cameraMount("/basic", {}, { ...digest, auth: "basic" }),
    cameraMount("/sha", {}, { ...digest, auth: "digest-sha256" }),
    cameraMount("/stale", {}, digest),
    cameraMount("/open"),
  ]);
  const names = ["basic", "sha", "stale", "open"];
  await camera.order("staleNonce", { mount: "/stale" });
  const { instance } = await rig.start(
    Object.fromEntries(names.map((name) => [name, served(source(camera.uri(`/${name}`), PRESENT))])),
  );
  for (const name of names) {
    const viewer = await rig.viewer(instance.rtspUrl(`/${name}`));
    await viewer.frames(10);
    expect((await instance.stream(name)).recovery).toMatchObject({ attempts: 1, failures: {} });
  }
});

test("a camera that forbids, or refuses everybody for a while: it is not asked in a hurry, and has its stream again", async () => {
  const camera = await rig.camera([cameraMount("/forbidden"), cameraMount("/refused", {}, digest)]);
  const { instance, expectUndisturbed } = await rig.start({
    forbidden: served(`"${camera.uri("/forbidden")}"`),
    refused: served(source(camera.uri("/refused"), PRESENT)),
  });
  await camera.order("refuse", { mount: "/forbidden", status: 403 });
  await camera.order("unauthorized", { mount: "/refused" });
  await camera.order("dropClients", {});
  for (const [name, failureClass] of [
    ["forbidden", "forbidden"],
    ["refused", "unauthorized"],
  ] as const) {
    const told = await instance.streamUntil(name, ({ failure }) => failure?.class === failureClass);
    expect(told.state).toBe("recovering");
    expect(Date.parse(told.nextAttemptAt ?? "") - Date.parse(told.failure?.at ?? "")).toBeGreaterThan(4_000);
  }
  await camera.order("behave", {});
  await instance.running("forbidden", "refused");
  for (const name of ["forbidden", "refused"]) expect((await instance.stream(name)).recovery.attempts).toBeLessThan(5);
  await expectUndisturbed();
});
