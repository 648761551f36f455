import { statfsSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { elementsOfLaunchText, neededElements } from "../../src/commands/doctor/elements.js";
import type { Finding } from "../../src/commands/doctor/finding.js";
import { certificateFindings } from "../../src/commands/doctor/places.js";
import { openIndex } from "../../src/recordings/index.js";
import { age } from "../recordings/clips.js";
import { put, recordingName } from "../recordings/tree.js";
import { temporaryDirectory } from "../report/directory.js";
import { cli } from "./cli.js";

const directory = temporaryDirectory();

async function findings(config?: string, env: NodeJS.ProcessEnv = {}): Promise<{ code: number; all: Finding[] }> {
  const operand = config === undefined ? [] : [config];
  const { code, stdout } = await cli(["doctor", ...operand, "--json", "--runtime-dir", directory()], env);
  return { code, all: JSON.parse(stdout) as Finding[] };
}

function finding(all: readonly Finding[], what: string): Finding | undefined {
  return all.find((each) => each.what === what);
}

test("finds what this machine has", async () => {
  const { all } = await findings();
  expect(finding(all, "GStreamer")).toMatchObject({ verdict: "ok", detail: expect.stringMatching(/^1\.\d+/) });
  expect(finding(all, "element rtspsrc")).toMatchObject({ verdict: "ok" });
  expect(finding(all, "better-sqlite3")).toMatchObject({ verdict: "ok" });
});

test("names programs that are not built, with the command that builds them", async () => {
  const { code, all } = await findings(undefined, { DSLRS_NATIVE_DIR: join(directory(), "nowhere") });
  expect(code).toBe(1);
  expect(finding(all, "native programs")).toMatchObject({ verdict: "missing", mend: "scripts/build-native" });
  expect(finding(all, "native programs")?.detail).toMatch(/dslrs-mend, .*dslrs-join/);
});

test("a better-sqlite3 that cannot be loaded is found, with the command that mends it", async () => {
  const unloadable = join(directory(), "unloadable.cjs");
  writeFileSync(
    unloadable,
    `process.dlopen = () => { throw new Error("compiled against a different Node.js version"); };`,
  );
  const main = join(process.cwd(), "dist/src/main.js");
  const command = ["--require", unloadable, main, "doctor", "--json", "--runtime-dir", directory()];
  const { exitCode, stdout } = await execa(process.execPath, command, { reject: false });
  expect(exitCode).toBe(1);
  expect(finding(JSON.parse(stdout), "better-sqlite3")).toMatchObject({
    verdict: "missing",
    detail: expect.stringContaining("a different Node.js version"),
    mend: "npm rebuild better-sqlite3",
  });
});

test("a port in use is found for a config, with how to find who holds it", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const config = join(directory(), "config.yaml");
  writeFileSync(config, `rtsp: { listen: 127.0.0.1:${port} }\nstreams:\n  a: { source: rtsp://h/x }\n`);
  const { code, all } = await findings(config);
  server.close();
  expect(code).toBe(1);
  expect(finding(all, "port of rtsp.listen")).toMatchObject({
    verdict: "missing",
    detail: `127.0.0.1:${port} is in use`,
    mend: expect.stringContaining(`sport = :${port}`),
  });
});

test("a disk with less free than the reserve of a config is found", async () => {
  const config = join(directory(), "config.yaml");
  const roomFor = async (reserve: string) => {
    writeFileSync(config, `recordings: { root: ., reserve: ${reserve} }\n`);
    return finding((await findings(config)).all, "recordings");
  };
  expect(await roomFor("1MB")).toMatchObject({ verdict: "ok" });
  const { bavail, blocks } = statfsSync(directory());
  // A reserve never takes more than half of a disk.
  const isHalfFree = bavail >= blocks / 2;
  expect(await roomFor("10000TB")).toMatchObject({ verdict: isHalfFree ? "ok" : "warn" });
});

test("the index of a root is checked; leftovers and what is in quarantine are counted", async () => {
  const config = join(directory(), "config.yaml");
  writeFileSync(
    config,
    "recordings: { root: . }\nstreams:\n  yard: { source: rtsp://h/x, outputs: [{ type: record }] }\n",
  );
  const about = async (what: string) => finding((await findings(config)).all, what);
  expect([await about("index of recordings"), await about("quarantine")]).toEqual([undefined, undefined]);
  const part = put(join(directory(), "yard", recordingName("yard", Date.now(), ".mkv.part")));
  age(part);
  put(join(directory(), "quarantine/yard/2026-11-20/a.mkv.part"));
  put(join(directory(), "quarantine/log.txt"));
  openIndex({ root: directory(), now: Date.now, onSetAside: () => {}, onGone: () => {} }).close();
  expect(await about("unfinished recordings")).toMatchObject({
    verdict: "warn",
    detail: expect.stringContaining(": 1 left"),
  });
  expect(await about("quarantine")).toMatchObject({
    verdict: "warn",
    detail: expect.stringContaining(": 1 unfinished, with nothing to save"),
  });
  expect(await about("index of recordings")).toMatchObject({ verdict: "ok" });
  writeFileSync(join(directory(), ".dslrs/index.sqlite"), "nothing of the kind".repeat(99));
  expect(await about("index of recordings")).toMatchObject({ verdict: "warn" });
});

test("an invalid config ends with 2", async () => {
  const config = join(directory(), "config.yaml");
  writeFileSync(config, "streams: 3\n");
  expect(await cli(["doctor", config])).toMatchObject({ code: 2 });
});

test("reads the elements out of launch texts", () => {
  const text =
    "# a comment ! with marks\nrtph264depay name=d ! h264parse\n! video/x-h264,alignment=au\n! appsink name=s";
  expect(elementsOfLaunchText(text)).toEqual(["rtph264depay", "h264parse", "appsink"]);
});

test("every pipeline's elements are looked for", () => {
  const names = neededElements("pipelines").map((element) => element.name);
  expect(names).toEqual(
    expect.arrayContaining(["rtph265depay", "rtpmp4gdepay", "aacparse", "matroskademux", "x264enc"]),
  );
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => name.startsWith("dslrs"))).toEqual([]);
});

test("says how long the certificate of RTSPS is good for", () => {
  const until = Date.UTC(2027, 0, 20);
  const rtsps = { listen: [], pem: "", validUntil: until };
  const verdictAt = (now: number) =>
    certificateFindings({ rtsps }, now).map(({ verdict, detail }) => [verdict, detail]);
  const days = (count: number) => count * 86_400_000;
  expect(verdictAt(until - days(60))).toEqual([["ok", "good until 2027-01-20"]]);
  expect(verdictAt(until - days(3))).toEqual([["warn", "it expires on 2027-01-20"]]);
  expect(verdictAt(until + days(1))).toEqual([["warn", "it expired on 2027-01-20, and clients refuse it"]]);
  expect(certificateFindings({ rtsps: null }, until)).toEqual([]);
});
