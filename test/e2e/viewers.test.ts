/** Who watches, how one of them is ended, how many there may be, and who is told: with the players that people use. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ViewerStatus, ViewersReport } from "../../src/report/viewers.js";
import type { TestInstance } from "../rig/instance.js";
import { REAL_CLIENTS, type RealClient } from "../rig/real-clients.js";
import { RtspRefused } from "../rig/rtsp-viewer.js";
import { until } from "../rig/until.js";
import { configOf, PATTERN, PATTERN_STEP, served, TEST_TIMEOUT_MS, testRig } from "./rig.js";

const rig = testRig();

async function watching(instance: TestInstance, stream = "cam"): Promise<readonly ViewerStatus[]> {
  const { code, stdout } = await instance.run("viewers", stream, "--json");
  expect(code).toBe(0);
  return (JSON.parse(stdout) as ViewersReport).viewers;
}

async function begin(streams: Readonly<Record<string, string>>, ...more: string[]): Promise<TestInstance> {
  const instance = await rig.instance((ports) => configOf(ports, streams, more));
  await instance.up();
  await instance.running(...Object.keys(streams));
  return instance;
}

test(
  "one viewer is ended by its id, and its player sees the end of the stream; with the stream all are ended so",
  async () => {
    const instance = await begin({ cam: served(PATTERN), other: served(PATTERN) });
    const neighbour = await rig.viewer(instance.rtspUrl("/other"));
    const clients = await Promise.all(
      Object.entries(REAL_CLIENTS).map(async ([name, start]) => {
        const client = await rig.use<RealClient>(Promise.resolve(start(instance.rtspUrl("/cam"))));
        return { name, client };
      }),
    );
    const all = async () => {
      const viewers = await watching(instance);
      return viewers.length === 4 && viewers.every(({ framesSent }) => framesSent > 10) ? viewers : undefined;
    };
    const seen = await until(all);
    expect(seen.map(({ agent, transport }) => `${agent.slice(0, 4)} ${transport}`).sort()).toEqual([
      "GStr tcp",
      "GStr udp",
      "Lavf tcp",
      "Lavf udp",
    ]);
    for (const viewer of seen) {
      expect(viewer).toMatchObject({ stream: "cam", output: "rtsp", address: "127.0.0.1", state: "playing" });
      expect(viewer).toMatchObject({ user: null, framesDropped: 0, since: expect.stringMatching(/Z$/) });
    }

    const chosen = seen.find(({ agent, transport }) => agent.startsWith("Lavf") && transport === "udp")?.id ?? "";
    expect(await instance.run("kick", chosen)).toMatchObject({ code: 0, stdout: `${chosen} is ended.\n` });
    const kicked = clients.find(({ name }) => name === "ffmpeg udp")?.client;
    expect(await kicked?.ended).toBe("end of stream");
    expect((await watching(instance)).map(({ id }) => id)).toEqual(
      seen.map(({ id }) => id).filter((id) => id !== chosen),
    );
    expect(await instance.run("kick", chosen)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`There is no viewer ${chosen}.`),
    });

    const ports = { rtsp: instance.rtspPort, cameras: instance.cameraPorts };
    instance.writeConfig(configOf(ports, { other: served(PATTERN) }));
    for (const { name, client } of clients) expect([name, await client.ended]).toEqual([name, "end of stream"]);
    await neighbour.moreFrames(5);
    expect(neighbour.tracks[0]).toMatchObject({ lost: 0, largestStep: PATTERN_STEP });
  },
  TEST_TIMEOUT_MS,
);

/** Of secret1. */
const USERS = `users: { anna: { hash: "3447102996c497132c82cd8d82c4ec40" } }`;
const TELL = `sh -c 'echo "$DSLRS_EVENT $DSLRS_STREAM $DSLRS_VIEWER $DSLRS_ADDRESS $DSLRS_USER $DSLRS_AGENT ($DSLRS_FRAMES_DROPPED)" >> told'`;
const limited = (most: number) =>
  `{ source: ${PATTERN}, outputs: [{ type: rtsp, maxViewers: ${most} }], onViewerJoin: ${JSON.stringify(TELL)}, onViewerLeave: ${JSON.stringify(TELL)} }`;

test(
  "of those who come at once as many get in as there are seats; commands are told of them, also by the next supervisor",
  async () => {
    const instance = await begin({ cam: limited(3) }, USERS);
    const told = () => {
      const path = join(instance.directory, "told");
      return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
    };
    const come = async (count: number) => {
      const url = instance.rtspUrl("/cam").replace("//", "//anna:secret1@");
      const answers = await Promise.allSettled(Array.from({ length: count }, () => rig.viewer(url)));
      const refused = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason] : []));
      for (const reason of refused) expect(reason).toBeInstanceOf(RtspRefused);
      expect(new Set(refused.map(({ status, statusLine }) => `${status} ${statusLine}`))).toEqual(
        new Set(["453 RTSP/1.0 453 This stream has all the viewers that it may have"]),
      );
      return answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
    };
    const first = await come(12);
    expect(first).toHaveLength(3);
    const { outputs } = await instance.streamUntil("cam", (stream) =>
      stream.outputs.some(({ viewersRefused }) => viewersRefused === 9),
    );
    expect(outputs[0]).toMatchObject({ viewers: 3, maxViewers: 3 });

    const worker = instance.workerPid("cam");
    const ports = { rtsp: instance.rtspPort, cameras: instance.cameraPorts };
    instance.writeConfig(configOf(ports, { cam: limited(5) }, [USERS]));
    await instance.streamUntil("cam", (stream) => stream.outputs[0]?.maxViewers === 5);
    expect(await come(6)).toHaveLength(2);
    expect(instance.workerPid("cam")).toBe(worker);
    await until(() => told().length === 5);
    const viewers = await watching(instance);
    expect(new Set(viewers.map(({ user }) => user))).toEqual(new Set(["anna"]));
    const ids = viewers.map(({ id }) => id);
    expect(told().sort()).toEqual(ids.map((id) => `join cam ${id} 127.0.0.1 anna dslrs-test ()`).sort());

    await instance.kill();
    await instance.up();
    await instance.running("cam");
    expect((await watching(instance)).map(({ id }) => id)).toEqual(ids);
    await first[0]?.close();
    await until(() => told().length === 6);
    expect(told().at(-1)).toMatch(/^leave cam cam\/\d+ 127\.0\.0\.1 anna dslrs-test \(0\)$/);
  },
  TEST_TIMEOUT_MS,
);
