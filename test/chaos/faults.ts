/**
 * What can happen to a stream, and how long it may take until it runs again after that. A fault begins, lasts, and ends; most of them are
 * orders to the camera (workers/camera/README.md).
 */

import { pick, type Random } from "../policy/random.js";
import type { CameraOrders } from "../rig/camera-control.js";
import type { Target } from "./target.js";

export interface Fault {
  readonly name: string;
  /** How it is told in the report. */
  readonly detail: string;
  readonly lastsMs: number;
  /** From its end until the stream is to run again, keyframe included. */
  readonly boundMs: number;
  /** What runs afterwards is another process. */
  readonly replacesWorker?: boolean;
  begin(target: Target): Promise<void>;
  end(target: Target): Promise<void>;
}

type Kind = (random: Random) => Fault;

/** The mission's bound, and as much again for a machine of two cores that runs all of this at once. */
const RETURN_MS = 10_000;
/** The camera answered "no": asking more often would not make it say yes. */
const REFUSED_MS = 15_000;
/** A process that hangs is given the benefit of the doubt for some seconds before it is replaced. */
const HUNG_MS = 20_000;
/** Attempts that connect and then wait in vain for a keyframe. */
const NO_PICTURE_MS = 20_000;

const nothing = async () => {};

function lasting(random: Random, shortest: number, longest: number): number {
  return Math.round(shortest + random() * (longest - shortest));
}

interface OrderNotes<Type extends keyof CameraOrders> {
  readonly type: Type;
  /** But for the mount. */
  members(random: Random): Omit<CameraOrders[Type], "mount">;
  readonly longestMs: number;
  readonly boundMs: number;
  /** It concerns those who connect, so everybody is made to. */
  readonly onConnect?: boolean;
}

function ordered<Type extends keyof CameraOrders>(notes: OrderNotes<Type>): Kind {
  return (random) => {
    const members = notes.members(random);
    const detail = Object.entries(members)
      .map(([key, value]) => ` ${key}=${value}`)
      .join("");
    return {
      name: notes.type,
      detail: `${notes.type}${detail}`,
      lastsMs: lasting(random, 200, notes.longestMs),
      boundMs: notes.boundMs,
      async begin({ camera, mount }) {
        await camera.order(notes.type, { ...members, mount } as unknown as CameraOrders[Type]);
        if (notes.onConnect) await camera.order("dropClients", { mount });
      },
      end: ({ camera }) => camera.order("behave", {}),
    };
  };
}

const none = () => ({});

const ORDERS: readonly Kind[] = [
  ordered({ type: "freeze", members: none, longestMs: 8_000, boundMs: RETURN_MS }),
  ordered({ type: "mute", members: none, longestMs: 8_000, boundMs: RETURN_MS }),
  ordered({ type: "dropClients", members: none, longestMs: 200, boundMs: RETURN_MS }),
  ordered({ type: "teardown", members: none, longestMs: 500, boundMs: RETURN_MS }),
  ordered({
    type: "refuse",
    members: (random) => ({ status: pick([404, 453, 500, 503] as const, random) }),
    longestMs: 3_000,
    boundMs: REFUSED_MS,
    onConnect: true,
  }),
  ordered({
    type: "resetOn",
    members: () => ({ method: "PLAY" as const }),
    longestMs: 5_000,
    boundMs: RETURN_MS,
    onConnect: true,
  }),
  ordered({ type: "truncateSdp", members: none, longestMs: 3_000, boundMs: REFUSED_MS, onConnect: true }),
  ordered({ type: "badSdp", members: none, longestMs: 3_000, boundMs: REFUSED_MS, onConnect: true }),
  ordered({ type: "audioOnly", members: none, longestMs: 8_000, boundMs: RETURN_MS }),
  ordered({ type: "noKeyframes", members: none, longestMs: 8_000, boundMs: NO_PICTURE_MS }),
  ordered({
    type: "jump",
    members: (random) => ({ seconds: pick([-3600, 3600], random) }),
    longestMs: 500,
    boundMs: RETURN_MS,
  }),
  ordered({ type: "standStill", members: none, longestMs: 4_000, boundMs: RETURN_MS }),
  ordered({ type: "corrupt", members: () => ({ rate: 0.001 }), longestMs: 5_000, boundMs: RETURN_MS }),
  ordered({ type: "garbage", members: none, longestMs: 3_000, boundMs: RETURN_MS }),
  ordered({ type: "halfPacket", members: none, longestMs: 2_000, boundMs: RETURN_MS }),
  ordered({ type: "drip", members: () => ({ bytesPerSecond: 500 }), longestMs: 6_000, boundMs: NO_PICTURE_MS }),
  ordered({
    type: "format",
    members: (random) => pick([{ width: 480, height: 360 }, { encoding: "h265" as const }], random),
    longestMs: 5_000,
    boundMs: RETURN_MS,
  }),
  ordered({ type: "closeEvery", members: () => ({ seconds: 1 }), longestMs: 5_000, boundMs: RETURN_MS }),
];

const closedPort: Kind = (random) => ({
  name: "close",
  detail: "port closed, connections reset",
  lastsMs: lasting(random, 200, 10_000),
  boundMs: RETURN_MS,
  begin: ({ camera }) => camera.order("close", { dropClients: true }),
  end: ({ camera }) => camera.order("behave", {}),
});

const cameraAway: Kind = (random) => ({
  name: "cameraAway",
  detail: "camera killed, a new one on the same port",
  lastsMs: lasting(random, 0, 10_000),
  boundMs: RETURN_MS,
  begin: ({ camera }) => camera.kill(),
  end: ({ camera }) => camera.restart(),
});

const cameraFrozen: Kind = (random) => ({
  name: "cameraFrozen",
  detail: "camera stopped (SIGSTOP) and continued",
  lastsMs: lasting(random, 200, 10_000),
  boundMs: RETURN_MS,
  begin: async ({ camera }) => camera.freezeProcess(),
  end: async ({ camera }) => camera.thawProcess(),
});

const workerKilled: Kind = () => ({
  name: "workerKilled",
  detail: "SIGKILL to the worker",
  replacesWorker: true,
  lastsMs: 0,
  boundMs: RETURN_MS,
  begin: async ({ signalWorker }) => signalWorker("SIGKILL"),
  end: nothing,
});

const workerHung: Kind = () => ({
  name: "workerHung",
  detail: "SIGSTOP to the worker, for good",
  replacesWorker: true,
  lastsMs: 0,
  boundMs: HUNG_MS,
  begin: async ({ signalWorker }) => signalWorker("SIGSTOP"),
  end: nothing,
});

/** The worker goes on without it, and nobody need notice. */
const shimKilled: Kind = () => ({
  name: "shimKilled",
  detail: "SIGKILL to the shim, then to the worker",
  replacesWorker: true,
  lastsMs: 500,
  boundMs: RETURN_MS,
  begin: async ({ signalShim }) => signalShim("SIGKILL"),
  end: async ({ signalWorker }) => signalWorker("SIGKILL"),
});

const paused: Kind = (random) => ({
  name: "paused",
  detail: "dslrs pause and resume",
  lastsMs: lasting(random, 0, 3_000),
  boundMs: RETURN_MS,
  begin: ({ dslrs }) => dslrs("pause"),
  end: ({ dslrs }) => dslrs("resume"),
});

const OF_ANY_STREAM: readonly Kind[] = [workerKilled, workerKilled, workerHung, shimKilled, paused];

const OF_A_CAMERA: readonly Kind[] = [...ORDERS, closedPort, cameraAway, cameraAway, cameraFrozen, cameraFrozen];

export function nextFault(random: Random, hasCamera: boolean): Fault {
  const kinds = hasCamera && random() < 0.75 ? OF_A_CAMERA : OF_ANY_STREAM;
  return pick(kinds, random)(random);
}
