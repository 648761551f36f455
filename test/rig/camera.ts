/** A simulated camera of a test's own: what `simulate:` cannot say, such as a clip, a long GOP or a camera that goes away. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nativePaths } from "../../src/worker/native.js";
import { type CameraControl, cameraControl } from "./camera-control.js";
import type { TestNetwork } from "./netns.js";
import { freePort } from "./port.js";
import { until } from "./until.js";

/** As in workers/camera/spec.h. */
export interface CameraMount {
  readonly path: string;
  readonly user?: string;
  readonly password?: string;
  readonly auth?: "basic" | "digest" | "digest-sha256";
  readonly source:
    | { readonly kind: "file"; readonly path: string }
    | { readonly kind: "pattern"; [setting: string]: unknown };
}

type CameraNetwork = Pick<TestNetwork, "address" | "enter">;

const LOOPBACK: CameraNetwork = { address: "127.0.0.1", enter: [] };

export interface TestCamera extends CameraControl {
  readonly port: number;
  uri(path: string): string;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT: the kernel still takes connections, and nobody answers. */
  freezeProcess(): void;
  thawProcess(): void;
  /** A new process on the same port, which behaves; resolves when it serves. */
  restart(): Promise<void>;
  /** Ends it and removes what it left. */
  stop(): Promise<void>;
}

/** `wantedPort` 0: one that stays its own while it is away. `network`: where it runs, if not on the loopback of this machine. */
export async function startCamera(
  mounts: readonly CameraMount[],
  wantedPort = 0,
  network: CameraNetwork = LOOPBACK,
): Promise<TestCamera> {
  const directory = mkdtempSync(join(tmpdir(), "c-"));
  const start = (listenPort: number) =>
    launch(directory, { listen: network.address, port: listenPort, mounts }, network);
  let { child, port } = await start(wantedPort || (await freePort()));

  async function kill(): Promise<void> {
    if (hasEnded(child)) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }

  return {
    ...cameraControl(directory),
    port,
    uri: (path) => `rtsp://${network.address}:${port}${path}`,
    kill,
    freezeProcess() {
      child.kill("SIGSTOP");
    },
    thawProcess() {
      child.kill("SIGCONT");
    },
    async restart() {
      await kill();
      ({ child, port } = await start(port));
    },
    async stop() {
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

interface Launched {
  readonly child: ChildProcess;
  readonly port: number;
}

async function launch(directory: string, spec: object, { enter }: CameraNetwork): Promise<Launched> {
  const specFile = join(directory, "spec.json");
  const portFile = join(directory, "port");
  rmSync(portFile, { force: true });
  writeFileSync(specFile, JSON.stringify(spec), { mode: 0o600 });
  const camera = [nativePaths().paths.camera, "--bundle", directory, "--spec", specFile, "--port-file", portFile];
  const [command = "", ...args] = [...enter, ...camera];
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "inherit"] });
  const port = await until(() => {
    if (hasEnded(child)) throw new Error(`dslrs-camera ended with ${child.exitCode ?? child.signalCode}`);
    try {
      return Number(readFileSync(portFile, "utf8"));
    } catch {
      return undefined;
    }
  });
  return { child, port };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
