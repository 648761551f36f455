/** Orders to a simulated camera, over the control socket in its bundle: also to those of `simulate:`. */

import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";

interface OfMount {
  /** Its path, with the slash it begins with. */
  readonly mount: string;
}

/** Without a mount the whole camera is meant. */
type OfEither = Partial<OfMount>;

type Nothing = Readonly<Record<string, never>>;

/** What it can be ordered, with what belongs to each: workers/camera/README.md. */
export interface CameraOrders {
  accept: OfMount & { readonly user: string; readonly password: string };
  audioOnly: OfMount;
  badSdp: OfMount;
  behave: OfEither;
  close: { readonly dropClients?: boolean };
  closeEvery: OfMount & { readonly seconds: number };
  corrupt: OfMount & { readonly rate: number };
  drip: OfMount & { readonly bytesPerSecond: number };
  dropClients: OfEither;
  format: OfMount & {
    readonly width?: number;
    readonly height?: number;
    readonly fps?: number;
    readonly encoding?: "h264" | "h265" | "jpeg";
  };
  freeze: OfMount & { readonly media?: "video" | "audio" };
  garbage: OfMount;
  halfPacket: OfMount;
  jump: OfMount & { readonly seconds: number };
  mute: OfEither;
  noKeyframes: OfMount;
  open: Nothing;
  refuse: OfMount & {
    readonly status: 401 | 403 | 404 | 453 | 454 | 461 | 500 | 503 | 551;
    readonly method?: "DESCRIBE" | "SETUP" | "PLAY";
  };
  resetOn: OfMount & { readonly method: "DESCRIBE" | "SETUP" | "PLAY" };
  staleNonce: OfMount;
  standStill: OfMount;
  teardown: OfMount;
  thaw: OfMount;
  truncateSdp: OfMount;
  unauthorized: OfMount;
}

export interface MountStats {
  readonly mount: string;
  readonly clients: number;
  /** Of the leading track, over all sessions there ever were. */
  readonly framesSent: number;
}

interface Message {
  readonly type: string;
  readonly seq?: number;
  readonly ok?: boolean;
  readonly message?: string;
  readonly mounts?: readonly MountStats[];
}

const SEQ = 1;

export interface CameraControl {
  /** Resolves when it is in force; rejects where the camera does not understand it. */
  order<Type extends keyof CameraOrders>(type: Type, members: CameraOrders[Type]): Promise<void>;
  stats(): Promise<readonly MountStats[]>;
}

export function cameraControl(bundle: string): CameraControl {
  return {
    async order(type, members) {
      await ask(bundle, { ...members, type }, (message) => message.type === "reply");
    },
    async stats() {
      const { mounts } = await ask(bundle, { type: "stats" }, (message) => message.type === "stats");
      return mounts ?? [];
    },
  };
}

/** One connection an order: nothing is left open between them, and a camera that was restarted is no special case. */
async function ask(bundle: string, order: object, isAnswer: (message: Message) => boolean): Promise<Message> {
  const socket = connect(join(bundle, "control.sock"));
  await once(socket, "connect");
  socket.write(`{"type":"hello","protocol":1}\n${JSON.stringify({ ...order, seq: SEQ })}\n`);
  try {
    for await (const line of createInterface({ input: socket })) {
      const message: Message = JSON.parse(line);
      if (message.seq === SEQ && message.ok !== true) throw new Error(message.message);
      if (isAnswer(message)) return message;
    }
  } finally {
    socket.destroy();
  }
  throw new Error("the camera closed its control socket");
}
