/** Starts and adopts the processes of streams. */

import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import type { Failure } from "../failure.js";
import { LOG_FILE } from "./bundle.js";
import { commandWorker } from "./command.js";
import { failureFromExit, failureOf } from "./failures.js";
import { adoptDetached, LaunchFailed, launchDetached, type Process } from "./launch.js";
import { createLimiter, type Limiter, type PreparedLimits } from "./limits.js";
import { mediaWorker } from "./media-worker.js";
import type { NativePaths } from "./native.js";
import { fileSize, followFile, type TailStart } from "./tail.js";
import { type LaunchRequest, NotLaunched, type Worker, type WorkerListener, type Workers } from "./worker.js";

export interface WorkersOptions {
  readonly native: NativePaths;
  /** `<runtime dir>/<instance>`; its control groups are named after it. */
  readonly instanceDirectory: string;
  /** Higher than that of every earlier supervisor of this instance: workers obey the newest. */
  readonly epoch: number;
  readonly limiter?: Limiter;
}

export function createWorkers(options: WorkersOptions): Workers {
  const { native, epoch } = options;
  const limiter = options.limiter ?? createLimiter(groupName(options.instanceDirectory));

  function workerOf(request: LaunchRequest, process: Process, from: TailStart, listener: WorkerListener): Worker {
    const { bundle, program } = request;
    const log = { path: join(bundle, LOG_FILE), from };
    return program.kind === "worker"
      ? mediaWorker({ process, bundle, epoch, log, listener })
      : commandWorker({ process, bundle, argv: program.argv, log, listener });
  }

  return {
    async launch(request, listener) {
      const logStart = fileSize(join(request.bundle, LOG_FILE));
      const limits = limiter.prepare(request.name, request.limits);
      try {
        const process = await launchDetached({
          shim: native.shim,
          bundle: request.bundle,
          ...commandLine(request, native),
          limits,
        });
        return workerOf(request, process, logStart, listener);
      } catch (problem) {
        limits.release();
        throw problem instanceof LaunchFailed
          ? new NotLaunched(failureOfLaunch(problem, request, limits, logStart))
          : problem;
      }
    },
    async adopt(request, listener) {
      const process = adoptDetached(request.bundle, (pid) => limiter.adopt(request.name, pid));
      return process && workerOf(request, process, "remembered", listener);
    },
  };
}

/** Two instances of one name in different runtime directories must not share groups. */
function groupName(instanceDirectory: string): string {
  const place = createHash("sha256").update(instanceDirectory).digest("hex").slice(0, 8);
  return `${basename(instanceDirectory)}-${place}`;
}

function commandLine({ name, bundle, program, orphanGraceSeconds }: LaunchRequest, native: NativePaths) {
  if (program.kind === "command") {
    const [command = "", ...args] = program.argv;
    return { command, args };
  }
  const args = ["--bundle", bundle, "--name", name, "--pipelines", native.pipelines];
  return { command: native.worker, args: [...args, "--orphan-grace", String(orphanGraceSeconds)] };
}

/** What the shim ends with when it cannot set the limits; then the program did not run. */
const NOT_LIMITED = 126;
const LIMITS_REFUSED = {
  message: "The limits of the worker could not be set.",
  hint: "See the detail; `dslrs doctor` says which limits this machine allows.",
};

function failureOfLaunch(
  { exit, message }: LaunchFailed,
  { bundle, program }: LaunchRequest,
  limits: PreparedLimits,
  logStart: number,
): Failure {
  const tail = followFile({ path: join(bundle, LOG_FILE), from: logStart, onLine: () => undefined });
  tail.drain();
  tail.close();
  const lastLines = tail.lastLines();
  if (exit?.code === NOT_LIMITED) return failureOf("internal", { ...LIMITS_REFUSED, detail: lastLines.join("\n") });
  if (exit) return failureFromExit({ exit, program: program.kind, limits: limits.applied, lastLines });
  return failureOf("internal", {
    message: "The worker could not be started.",
    detail: [message, ...lastLines].join("\n"),
  });
}
