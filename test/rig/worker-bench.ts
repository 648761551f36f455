/** A place where a test can start workers; everything it started is gone after `clean`. */

import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Limits } from "../../src/config/model.js";
import { readProcessFile } from "../../src/worker/bundle.js";
import { isAlive } from "../../src/worker/identity.js";
import { nativePaths } from "../../src/worker/native.js";
import { signalGroup } from "../../src/worker/terminate.js";
import type { LaunchRequest, ProcessIdentity, Worker, WorkerEvent, Workers } from "../../src/worker/worker.js";
import { createWorkers, type WorkersOptions } from "../../src/worker/workers.js";
import { createEventLog, type EventLog } from "./event-log.js";
import { until } from "./until.js";

const FAKE_WORKER = fileURLToPath(new URL("./fake-worker.mjs", import.meta.url));

export type Started = { readonly worker: Worker; readonly events: EventLog<WorkerEvent> };

export interface WorkerBench {
  readonly directory: string;
  readonly workers: Workers;
  bundle(name: string): string;
  request(name: string, particular?: Partial<LaunchRequest>): LaunchRequest;
  /** A fake worker; `name` is its misbehaviour. */
  start(name: string, limits?: Limits): Promise<Started>;
  startCommand(name: string, argv: readonly string[]): Promise<Started>;
  /** As a supervisor that was started again. */
  adopt(name: string, particular?: Partial<LaunchRequest>): Promise<Started | undefined>;
  clean(): Promise<void>;
}

/** The programs as they are built; only the shim must be there. */
export function builtShim(): string {
  const result = nativePaths(process.env);
  if (!result.ok && result.missing.includes(result.paths.shim)) throw new Error(result.message);
  return result.paths.shim;
}

export function createWorkerBench(particular: Partial<WorkersOptions> = {}): WorkerBench {
  const native = { ...nativePaths(process.env).paths, shim: builtShim(), worker: FAKE_WORKER };
  const directory = mkdtempSync(join(tmpdir(), "dslrs-worker-test-"));
  const newWorkers = (epoch: number) => createWorkers({ native, instanceDirectory: directory, epoch, ...particular });
  const workers = newWorkers(1);
  const started: Worker[] = [];

  const bundle = (name: string) => join(directory, "streams", name);
  const request = (name: string, rest: Partial<LaunchRequest> = {}): LaunchRequest => ({
    name,
    bundle: bundle(name),
    program: { kind: "worker" },
    limits: {},
    orphanGraceSeconds: 600,
    ...rest,
  });

  async function launch(wanted: LaunchRequest): Promise<Started> {
    const events = createEventLog<WorkerEvent>();
    const worker = await workers.launch(wanted, events.listener);
    started.push(worker);
    return { worker, events };
  }

  /** It writes into the bundle until then. */
  function shimEnded(name: string): Promise<boolean> {
    const shim = readProcessFile(bundle(name))?.shim;
    return until(() => !shim || !isAlive(shim));
  }

  function streams(): string[] {
    return existsSync(join(directory, "streams")) ? readdirSync(join(directory, "streams")) : [];
  }

  return {
    directory,
    workers,
    bundle,
    request,
    start: (name, limits = {}) => launch(request(name, { limits })),
    startCommand: (name, argv) => launch(request(name, { program: { kind: "command", argv } })),
    async adopt(name, rest) {
      const events = createEventLog<WorkerEvent>();
      const worker = await newWorkers(2).adopt(request(name, rest), events.listener);
      if (!worker) return undefined;
      started.push(worker);
      return { worker, events };
    },
    async clean() {
      for (const worker of started) worker.detach();
      await Promise.all(started.map(({ identity }) => kill(identity)));
      await Promise.all(streams().map(shimEnded));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function kill(identity: ProcessIdentity): Promise<void> {
  signalGroup(identity, "SIGKILL");
  await until(() => !isAlive(identity));
}
