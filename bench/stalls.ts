/**
 * `npm run bench -- stalls`: whether short silences are taken for outages. Cameras that stall for 300 ms every minute, as Wi-Fi and retransmissions make
 * them; what is counted are suspicions that ended by themselves, and outages, of which there should be none.
 */

import { setTimeout as wait } from "node:timers/promises";
import { startCamera } from "../test/rig/camera.js";
import { createInstance } from "../test/rig/instance.js";

export interface StallsOptions {
  readonly minutes: number;
  readonly streams: number;
}

export interface StallsResult extends StallsOptions {
  readonly stalls: number;
  readonly suspicions: number;
  readonly outages: number;
}

const STALL_MS = 300;
const EVERY_MS = 60_000;
const PATTERN = {
  kind: "pattern",
  pattern: "ball",
  width: 320,
  height: 240,
  fps: 25,
  gop: 25,
  bitrate: 300_000,
} as const;

export async function runStalls({ minutes, streams }: StallsOptions): Promise<StallsResult> {
  const names = Array.from({ length: streams }, (_, index) => `cam${index + 1}`);
  const camera = await startCamera(names.map((name) => ({ path: `/${name}`, source: PATTERN })));
  const instance = await createInstance(({ rtsp }) =>
    [
      `rtsp: { listen: "127.0.0.1:${rtsp}" }`,
      "streams:",
      ...names.map((name) => `  ${name}: { source: "${camera.uri(`/${name}`)}" }`),
      "",
    ].join("\n"),
  );
  try {
    await instance.up();
    await instance.running(...names);
    let stalls = 0;
    const endAt = performance.now() + minutes * 60_000;
    while (performance.now() < endAt) {
      await wait(EVERY_MS - STALL_MS);
      for (const name of names) await camera.order("freeze", { mount: `/${name}` });
      await wait(STALL_MS);
      for (const name of names) await camera.order("thaw", { mount: `/${name}` });
      stalls += names.length;
    }
    const { streams: all } = await instance.status();
    return {
      minutes,
      streams,
      stalls,
      suspicions: all.reduce((sum, { recovery }) => sum + recovery.falseAlarms, 0),
      outages: all.reduce((sum, { recovery }) => sum + recovery.outages, 0),
    };
  } finally {
    await instance.clean();
    await camera.stop();
  }
}
