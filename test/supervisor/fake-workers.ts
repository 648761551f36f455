/** Workers at the seam of src/worker/worker.ts: they obey every order, and live on when a supervisor lets go of them. */

import type { Limits } from "../../src/config/model.js";
import type { FailureClass } from "../../src/failure.js";
import { failureOf } from "../../src/worker/failures.js";
import type {
  IngestPicture,
  LaunchRequest,
  OutputPicture,
  Worker,
  WorkerEvent,
  WorkerListener,
  WorkerOrder,
  Workers,
} from "../../src/worker/worker.js";

export interface FakeWorker {
  readonly pid: number;
  readonly orders: WorkerOrder[];
  limits: Limits;
  /** How it was ended. */
  end: "terminated" | "aborted" | undefined;
  emit(event: WorkerEvent): void;
  die(): void;
}

export interface FakeWorkers extends Workers {
  /** Every process ever started, by stream. */
  started(name: string): readonly FakeWorker[];
  newest(name: string): FakeWorker;
  /** What becomes of every `startIngest` from now on; `undefined`: video. */
  failure: FailureClass | undefined;
}

interface Life extends FakeWorker {
  isAlive: boolean;
  listener: WorkerListener | undefined;
  ingest: IngestPicture;
  outputs: OutputPicture[];
}

const TRACKS = [{ index: 0, media: "video", encoding: "h264", width: 1280, height: 720, fps: 25 }] as const;

export function createFakeWorkers(): FakeWorkers {
  const lives = new Map<string, Life[]>();
  let pids = 1000;

  function begin(name: string): Life {
    pids += 1;
    const life: Life = {
      pid: pids,
      orders: [],
      limits: {},
      end: undefined,
      isAlive: true,
      listener: undefined,
      ingest: { state: "idle", life: 0, tracks: [] },
      outputs: [],
      emit: (event) => life.listener?.(event),
      die() {
        life.isAlive = false;
        const exit = { code: null, signal: "SIGKILL", oomKills: 0, endedAt: 0 };
        life.emit({ type: "exited", exit, failure: failureOf("workerCrashed") });
      },
    };
    lives.set(name, [...(lives.get(name) ?? []), life]);
    return life;
  }

  function connect(life: Life, listener: WorkerListener): Worker {
    life.listener = listener;
    setImmediate(() => {
      if (life.isAlive) life.emit({ type: "connected", ingest: life.ingest, outputs: life.outputs });
    });
    return {
      identity: { bootId: "boot", pid: life.pid, startTime: life.pid },
      startedAt: 0,
      limits: { memoryBytes: null, cpuPercent: null, memoryBy: "none", cpuBy: "none" },
      async send(order) {
        life.orders.push(order);
        obey(life, order, fake.failure);
      },
      viewers: async () => [],
      async setLimits(limits) {
        life.limits = limits;
        return { ok: true };
      },
      async terminate() {
        life.end = "terminated";
        life.die();
      },
      async abort() {
        life.end = "aborted";
        life.die();
      },
      detach() {
        life.listener = undefined;
      },
    };
  }

  const newest = (name: string): Life => {
    const life = lives.get(name)?.at(-1);
    if (!life) throw new Error(`no worker was started for ${name}`);
    return life;
  };

  const fake: FakeWorkers = {
    failure: undefined,
    async launch(request: LaunchRequest, listener) {
      return connect(begin(request.name), listener);
    },
    async adopt(request: LaunchRequest, listener) {
      const living = lives.get(request.name)?.find((life) => life.isAlive);
      return living && connect(living, listener);
    },
    started: (name) => lives.get(name) ?? [],
    newest,
  };
  return fake;
}

function obey(life: Life, order: WorkerOrder, failureClass: FailureClass | undefined): void {
  switch (order.type) {
    case "startIngest":
      if (failureClass) {
        const failure = failureOf(failureClass);
        queueMicrotask(() => life.emit({ type: "report", report: { type: "ingestDown", life: order.life, failure } }));
        break;
      }
      life.ingest = { state: "up", life: order.life, tracks: TRACKS };
      queueMicrotask(() =>
        life.emit({ type: "report", report: { type: "ingestUp", life: order.life, tracks: TRACKS } }),
      );
      break;
    case "addOutput":
      life.outputs = [...life.outputs.filter(({ id }) => id !== order.output.id), { ...order.output, state: "up" }];
      break;
    case "removeOutput":
      life.outputs = life.outputs.filter(({ id }) => id !== order.id);
      break;
    case "stopIngest":
    case "rotate":
    case "trigger":
    case "requestKeyframe":
    case "ping":
    case "stop":
      break;
  }
}
