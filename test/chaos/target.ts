/** A stream that faults are played on. */

import { setTimeout as wait } from "node:timers/promises";
import { readProcessFile } from "../../src/worker/bundle.js";
import type { TestCamera } from "../rig/camera.js";
import type { CameraOrders } from "../rig/camera-control.js";
import type { TestInstance } from "../rig/instance.js";
import { signalIfThere } from "../rig/signal.js";

export interface Target {
  readonly name: string;
  readonly mount: string;
  /** Throws where the stream has none. */
  readonly camera: Pick<TestCamera, "kill" | "restart" | "freezeProcess" | "thawProcess"> & {
    order<Type extends keyof CameraOrders>(type: Type, members: CameraOrders[Type]): Promise<void>;
  };
  signalWorker(signal: NodeJS.Signals): void;
  signalShim(signal: NodeJS.Signals): void;
  dslrs(verb: "pause" | "resume"): Promise<void>;
}

/** The supervisor may be killed under the command. */
const MOST_TRIES = 20;
const BETWEEN_TRIES_MS = 250;

export function targetOf(instance: TestInstance, name: string, camera: TestCamera | undefined): Target {
  const own = () => {
    if (!camera) throw new Error(`${name} has no camera`);
    return camera;
  };
  const processes = () => readProcessFile(instance.bundle(name));
  return {
    name,
    mount: `/${name}`,
    camera: {
      order: (type, members) => own().order(type, members),
      kill: () => own().kill(),
      restart: () => own().restart(),
      freezeProcess: () => own().freezeProcess(),
      thawProcess: () => own().thawProcess(),
    },
    signalWorker: (signal) => signalIfThere(processes()?.command.pid, signal),
    signalShim: (signal) => signalIfThere(processes()?.shim.pid, signal),
    async dslrs(verb) {
      for (let left = MOST_TRIES; ; left -= 1) {
        const { code, stderr } = await instance.run(verb, name);
        if (code === 0) return;
        if (left === 0) throw new Error(`dslrs ${verb} ${name}: ${stderr}`);
        await wait(BETWEEN_TRIES_MS);
      }
    },
  };
}
