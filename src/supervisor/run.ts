/** `dslrs up`: one supervisor from its start to its end, wired to the real clock, signals, files and processes. */

import { fileURLToPath } from "node:url";
import type { ConfigError } from "../config/error.js";
import { loadConfig, parseFile } from "../config/load.js";
import type { ParsedConfig, ValidConfig } from "../config/parse.js";
import { watchConfig } from "../config/watch.js";
import { serveApi } from "../report/api.js";
import { openEventStore } from "../report/events.js";
import type { Log } from "../report/log.js";
import { type NativePaths, nativePaths } from "../worker/native.js";
import { probeSource } from "../worker/probe.js";
import { createWorkers } from "../worker/workers.js";
import { type Instance, openInstance } from "./instance.js";
import { keepLastConfig, type LastConfig, readLastConfig } from "./last-config.js";
import type { Clock } from "./stream.js";
import { createSupervisor, type Supervisor } from "./supervisor.js";

export interface RunOptions {
  /** Absolute. */
  readonly configPath: string;
  /** Instead of the config's `instance`. */
  readonly instance?: string;
  /** As `runtimeDirectory()` gave it. */
  readonly runtimeDir: string;
  readonly version: string;
  /** Called once, when the instance is ours, with its directory; before that, errors go to `complain`. */
  readonly openLog: (directory: string) => Log;
  /** Why nothing was started, and what to do about it: for standard error. */
  readonly complain: (message: string, hint: string | null) => void;
}

const ORPHAN_GRACE_SECONDS = 600;
const ARCHIVE_PROGRAM = fileURLToPath(new URL("../recordings/archive-main.js", import.meta.url));

const realClock: Clock = {
  now: Date.now,
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

const steadyClock: Clock = { now: () => performance.now(), after: realClock.after };

/** Resolves with the exit code: 0 after an orderly stop, 1 where it could not start, 2 for a config that is not valid. */
export async function runSupervisor(options: RunOptions): Promise<number> {
  const { complain, configPath } = options;
  const parsed = load(configPath);
  const present = parsed.ok ? parsed : parsed.startable;
  const first = present ?? lastConfig(options);
  if (!first) {
    for (const error of parsed.ok ? [] : parsed.errors) complain(errorText(configPath, error), error.hint);
    return 2;
  }
  const native = nativePaths();
  if (!native.ok) {
    complain(native.message, native.hint);
    return 1;
  }
  const name = options.instance ?? first.config.instance;
  const opened = await openInstance(options.runtimeDir, name);
  if (!opened.ok) {
    complain(opened.refused.message, opened.refused.hint);
    return 1;
  }
  try {
    const isFormer = present === undefined;
    return await supervise(options, { first, isFormer }, name, opened.instance, native.paths);
  } finally {
    await opened.instance.release();
  }
}

/** Of a supervisor of the same file that did not end in order, where that config is valid here and now. */
function lastConfig({ runtimeDir, configPath, instance }: RunOptions): ValidConfig | undefined {
  const text = readLastConfig(runtimeDir, configPath, instance);
  const parsed = text === undefined ? undefined : parseFile(text, configPath, process.env);
  return parsed?.ok ? parsed : undefined;
}

async function supervise(
  options: RunOptions,
  { first, isFormer }: { readonly first: ValidConfig; readonly isFormer: boolean },
  instanceName: string,
  instance: Instance,
  paths: NativePaths,
): Promise<number> {
  const { configPath, version } = options;
  const { directory, epoch } = instance;
  const log = options.openLog(directory);
  log.info(`dslrs ${version} runs ${configPath} as instance ${instanceName}`);
  if (isFormer) log.warn("The file is not valid: the streams go on as the last valid config says");
  const events = openEventStore({ directory, clock: realClock });
  const supervisor = createSupervisor({
    instance,
    instanceName,
    paths,
    archiveProgram: ARCHIVE_PROGRAM,
    workers: createWorkers({ native: paths, instanceDirectory: directory, epoch }),
    clock: realClock,
    steadyClock,
    probe: async (uri, deadlineMs) => (await probeSource(uri, { deadlineMs })).found,
    random: Math.random,
    log,
    events,
    version,
    load,
    orphanGraceSeconds: ORPHAN_GRACE_SECONDS,
  });
  const last = keepLastConfig({ directory, clock: realClock, log });
  const end = createEnd(supervisor, log);
  const api = await serveApi({ ...supervisor, down: end.stop }, directory, log);
  try {
    const answer = await supervisor.start(first);
    if (!answer.ok) {
      options.complain(answer.message, answer.hint);
      return 1;
    }
    const watch = await followConfig(configPath, supervisor, last);
    const code = await end.code;
    await watch.close();
    last.forget();
    return code;
  } finally {
    await api.close();
    end.release();
    events.flush();
  }
}

function load(configPath: string): ParsedConfig {
  return loadConfig(configPath, process.env);
}

/** Offers the file to the supervisor at every change and at SIGHUP, and once at first: it may have changed since it was read. */
async function followConfig(
  configPath: string,
  supervisor: Supervisor,
  last: LastConfig,
): Promise<{ close(): Promise<void> }> {
  const offerFile = () => {
    const parsed = load(configPath);
    watch.follow(parsed.follow);
    supervisor.offer(parsed);
    if (parsed.ok) last.keep(parsed);
  };
  const watch = await watchConfig(configPath, offerFile);
  offerFile();
  process.on("SIGHUP", offerFile);
  return {
    async close() {
      process.off("SIGHUP", offerFile);
      await watch.close();
    },
  };
}

interface End {
  readonly code: Promise<number>;
  stop(): Promise<void>;
  release(): void;
}

/** What ends a supervisor: one signal in order, a second at once, `dslrs down`, or a bug. */
function createEnd(supervisor: Supervisor, log: Log): End {
  let finish = (_code: number) => {};
  const code = new Promise<number>((resolve) => {
    finish = resolve;
  });
  let isStopping = false;
  const stop = async () => {
    isStopping = true;
    await supervisor.down();
    log.info("Everything has stopped");
    finish(0);
  };
  const onSignal = (signal: NodeJS.Signals) => {
    if (isStopping) {
      log.warn(`${signal} again: ending everything at once`);
      supervisor.hurry();
      return;
    }
    log.info(`${signal}: stopping in order; once more to stop at once`);
    stop().catch(onBug);
  };
  /** The state may be anything now. Workers record and serve on, and the next supervisor adopts them. */
  const onBug = (bug: unknown) => {
    log.error("A bug ends this supervisor; the workers go on", {
      error: bug instanceof Error ? bug.stack : String(bug),
    });
    process.exit(1);
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  process.on("uncaughtException", onBug).on("unhandledRejection", onBug);
  return {
    code,
    stop,
    release() {
      process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
      process.off("uncaughtException", onBug).off("unhandledRejection", onBug);
    },
  };
}

function errorText(configPath: string, { line, column, message }: ConfigError): string {
  return `${configPath}:${line}:${column}: ${message}`;
}
