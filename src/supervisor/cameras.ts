/** The simulated cameras: one dslrs-camera process a port, kept over restarts of the supervisor like a worker. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { SimulatedCamera } from "../config/model.js";
import type { Log } from "../report/log.js";
import { adoptDetached } from "../worker/launch.js";
import type { NativePaths } from "../worker/native.js";
import { readText } from "./files.js";
import { createKeeper, endText, type Keeper } from "./keeper.js";
import type { Clock } from "./stream.js";

export interface CamerasParts {
  readonly paths: NativePaths;
  /** Of the instance. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Cameras {
  /** Starts, changes or leaves alone the process of a port; resolves when it serves, or failed to. */
  keep(port: number, cameras: readonly SimulatedCamera[]): Promise<void>;
  stop(port: number, graceMs: number): Promise<void>;
  /** Also processes of an earlier supervisor that no port in `wanted` asks for. */
  stopStrays(wanted: ReadonlySet<number>): Promise<void>;
  stopAll(graceMs: number): Promise<void>;
}

const STOP_GRACE_MS = 500;

export function createCameras({ paths, directory, clock, log }: CamerasParts): Cameras {
  const folder = join(directory, "cameras");
  const keepers = new Map<number, Keeper>();

  async function keep(port: number, cameras: readonly SimulatedCamera[]): Promise<void> {
    await stop(port, STOP_GRACE_MS);
    const bundle = join(folder, String(port));
    const spec = specText(port, cameras);
    const keeper = createKeeper({
      shim: paths.shim,
      bundle,
      command: paths.camera,
      args: ["--bundle", bundle, "--spec", join(bundle, "spec.json")],
      spec,
      fits: (running) => running === spec,
      clock,
      onExit(exit, retryMs) {
        const how = exit ? endText(exit) : "it could not be started";
        const words = exit?.code ? lastWords(bundle) : "";
        log.warn(`The simulated camera on port ${port} ended (${how})${words && `: ${words}`}`, { nextTryMs: retryMs });
      },
    });
    keepers.set(port, keeper);
    await keeper.start();
  }

  async function stop(port: number, graceMs: number): Promise<void> {
    const keeper = keepers.get(port);
    keepers.delete(port);
    await keeper?.stop(graceMs);
  }

  return {
    keep,
    stop,
    async stopStrays(wanted) {
      const strays = portsIn(folder).filter((port) => !wanted.has(port));
      await Promise.all(strays.map((port) => adoptDetached(join(folder, String(port)))?.terminate(STOP_GRACE_MS)));
    },
    stopAll: async (graceMs) => {
      await Promise.all([...keepers.keys()].map((port) => stop(port, graceMs)));
    },
  };
}

/** What dslrs-camera reads; the one file in which the passwords of simulated cameras stand, mode 0600. */
function specText(port: number, cameras: readonly SimulatedCamera[]): string {
  const mounts = cameras.map(({ name, pattern, width, height, fps, bitrate, audio, user, password }) => ({
    path: `/${name}`,
    name,
    source: { kind: "pattern", pattern, width, height, fps, bitrate, audio },
    ...(user === undefined || password === undefined ? {} : { user, password }),
  }));
  return `${JSON.stringify({ listen: "127.0.0.1", port, mounts })}\n`;
}

/** Of a process that ended by itself, why it did. */
function lastWords(bundle: string): string {
  return readText(join(bundle, "worker.log"))?.trimEnd().split("\n").at(-1) ?? "";
}

function portsIn(folder: string): number[] {
  try {
    return readdirSync(folder).map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}
