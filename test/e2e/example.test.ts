/** config.example.yaml as it is shipped, but for ports and paths: the first thing that a stranger runs. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { printable } from "../../src/report/terminal.js";
import type { Ports, TestInstance } from "../rig/instance.js";
import { decodingErrors, packetsOf, playWithFfmpeg, playWithGStreamer, recordingsIn, stepsOf } from "../rig/media.js";
import { testRig } from "./rig.js";

const rig = testRig();
const repository = fileURLToPath(new URL("../../", import.meta.url));

/** Time from picture to picture, in ms. */
const FRAME_MS: Readonly<Record<string, number>> = {
  "front-door": 1000 / 15,
  yard: 100,
  gate: 100,
  lobby: 40,
  pattern: 100,
  custom: 100,
};
const MOUNTS = Object.keys(FRAME_MS);

/** MKV keeps whole milliseconds. */
const TOLERANCE_MS = 1;

function example({ rtsp, cameras }: Ports): string {
  const changes = [
    ["127.0.0.1:8554", `127.0.0.1:${rtsp}`],
    ["8654", String(cameras[0])],
    ["8655", String(cameras[1])],
    ["media/lobby.mp4", join(repository, "media/lobby.mp4")],
  ] as const;
  return changes.reduce(
    (text, [from, to]) => {
      if (!text.includes(from)) throw new Error(`config.example.yaml no longer has ${from}`);
      return text.replaceAll(from, to);
    },
    readFileSync(join(repository, "config.example.yaml"), "utf8"),
  );
}

async function startExample(): Promise<TestInstance> {
  if (!existsSync(join(repository, "media/lobby.mp4"))) await execa(join(repository, "scripts/make-media"));
  const instance = await rig.instance(example);
  await instance.up();
  await instance.running(...MOUNTS, "exactly-mine");
  return instance;
}

test("every stream runs, is announced with its address, and leaves a recording that can be played to its end", async () => {
  const instance = await startExample();
  for (const name of MOUNTS) {
    const line = await instance.logged(({ stream, message }) => stream === name && message.startsWith("running"));
    expect(line.message).toContain(instance.rtspUrl(`/${name}`));
    await instance.streamUntil(name, ({ outputs }) =>
      outputs.some(({ kind, frames }) => kind === "record" && Number(frames) > 30),
    );
  }
  expect(instance.output().trimEnd().split("\n")).toHaveLength(instance.log().length);
  expect(instance.log().map(({ message }) => printable(message))).toEqual(instance.log().map(({ message }) => message));
  expect(instance.log().filter(({ level }) => level === "error" || level === "warn")).toEqual([]);

  expect((await instance.run("down")).code).toBe(0);
  expect(await instance.ended()).toEqual({ code: 0, signal: null });

  const files = recordingsIn(instance.recordings);
  expect(files.map((file) => file.split("/").at(-3))).toEqual([...MOUNTS].sort());
  for (const file of files) {
    const name = file.split("/").at(-3) ?? "";
    const frameMs = FRAME_MS[name] ?? 0;
    expect(file).toMatch(name === "yard" ? /\.mp4$/ : /\.mkv$/);
    expect(await decodingErrors(file)).toBe("");
    const packets = await packetsOf(file);
    expect(packets[0]?.isKey).toBe(true);
    expect(packets.filter(({ track }) => track === 0).length).toBeGreaterThan(30);
    expect(packets.some(({ track }) => track === 1)).toBe(name === "front-door" || name === "lobby");
    // A recording of a clip with B-frames may end with the picture that they lead to, before they came.
    const steps = stepsOf(packets).slice(0, name === "lobby" ? -1 : undefined);
    const uneven = steps.filter((step) => Math.abs(step - frameMs) > TOLERANCE_MS);
    // Where there is sound, the camera's first RTCP report may move the picture against it, once and by less than a frame.
    const corrections = name === "front-door" ? uneven.filter((step) => step < 2 * frameMs).slice(0, 1) : [];
    expect({ name, uneven }).toEqual({ name, uneven: corrections });
  }
}, 90_000);

test("ffmpeg and GStreamer play every mount, over TCP and UDP", async () => {
  const instance = await startExample();
  for (const name of MOUNTS) {
    const url = instance.rtspUrl(`/${name}`);
    await Promise.all([playWithFfmpeg(url, "tcp"), playWithFfmpeg(url, "udp"), playWithGStreamer(url)]);
  }
  for (const name of MOUNTS) expect(await instance.stream(name)).toMatchObject({ state: "running" });
  expect(await instance.stream("exactly-mine")).toMatchObject({ state: "running", outputs: [] });
}, 90_000);
