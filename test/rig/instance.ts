/** A whole dslrs as a user runs it: the built program in a process of its own, with a runtime directory and ports of its own. */

import type { ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fetchStatus } from "../../src/report/client.js";
import type { LogRecord } from "../../src/report/log-line.js";
import type { StatusReport, StreamStatus } from "../../src/report/status.js";
import { readProcessFile } from "../../src/worker/bundle.js";
import { membersOfSession } from "../../src/worker/identity.js";
import { within } from "../../src/worker/terminate.js";
import { freePort } from "./port.js";
import { type CommandRun, type Ended, isRunning, type Program, recordsOf, startProgram } from "./program.js";
import { signalIfThere } from "./signal.js";
import { until } from "./until.js";

export interface Ports {
  readonly rtsp: number;
  /** Free a moment ago, for simulated cameras. */
  readonly cameras: readonly number[];
}

export interface TestInstance {
  readonly directory: string;
  readonly configPath: string;
  readonly instanceDirectory: string;
  /** Where recordings go when the config does not say otherwise. */
  readonly recordings: string;
  readonly rtspPort: number;
  readonly cameraPorts: readonly number[];
  writeConfig(text: string): void;
  /** For what is started from now on, instead of this process's own. */
  setEnvironment(environment: NodeJS.ProcessEnv): void;
  /** Starts the supervisor; resolves when it answers `status`. */
  up(): Promise<void>;
  readonly supervisor: () => ChildProcess;
  /** A signal to the process group of the supervisor, as from a terminal. */
  signal(signal: NodeJS.Signals): void;
  /** Resolves when the supervisor has ended. */
  ended(): Promise<Ended>;
  /** kill -9 of the supervisor alone. */
  kill(): Promise<void>;
  /** What the supervisor printed since the last `up`. */
  output(): string;
  log(): LogRecord[];
  /** The first line of the log since the last `up`, past or to come, that fits. */
  logged(fits: (record: LogRecord) => boolean): Promise<LogRecord>;
  /** One dslrs command, as a user types it. */
  run(...argv: string[]): Promise<CommandRun>;
  /** One that goes on. */
  start(...argv: string[]): Program;
  status(): Promise<StatusReport>;
  stream(name: string): Promise<StreamStatus>;
  /** Resolves with the first status that is as `is` wants; rejects, after a long time, with what it is like instead. */
  statusUntil(is: (report: StatusReport) => boolean): Promise<StatusReport>;
  streamUntil(name: string, is: (stream: StreamStatus) => boolean): Promise<StreamStatus>;
  /** Resolves when all of them run. */
  running(...names: string[]): Promise<void>;
  bundle(stream: string): string;
  /** From the bundle, so also without a supervisor. */
  workerPid(stream: string): number;
  rtspUrl(mount: string): string;
  /** Ends everything, however it stands, and removes the directory. */
  clean(): Promise<void>;
}

/** An orderly stop takes less; after that the clean-up uses force. */
const STOP_PATIENCE_MS = 10_000;
/** After that a test is told what it sees instead of what it waits for; a time-out of jest would not say. */
const STATUS_PATIENCE_MS = 25_000;

async function end(program: Program): Promise<void> {
  if (!isRunning(program)) return;
  program.child.kill("SIGINT");
  if (!(await within(program.ended, STOP_PATIENCE_MS))) program.child.kill("SIGKILL");
  await program.ended;
}

function bundles(instanceDirectory: string): string[] {
  const list = (folder: string) => {
    try {
      return readdirSync(join(instanceDirectory, folder)).map((name) => join(instanceDirectory, folder, name));
    } catch {
      return [];
    }
  };
  return [...list("streams"), ...list("cameras"), join(instanceDirectory, "router")];
}

/** The shim is left alone: when the rest is gone it removes the control groups, and ends. */
async function killBundle(bundle: string): Promise<void> {
  const shim = readProcessFile(bundle)?.shim;
  if (!shim) return;
  for (const { pid } of membersOfSession(shim)) if (pid !== shim.pid) signalIfThere(pid, "SIGKILL");
  await until(() => membersOfSession(shim).length === 0);
}

/** `config` is given the ports and returns the YAML text. */
export async function createInstance(config: (ports: Ports) => string): Promise<TestInstance> {
  const directory = mkdtempSync(join(tmpdir(), "i-"));
  const runtimeDir = join(directory, "run");
  const address = { runtimeDir, instance: "default" };
  const configPath = join(directory, "config.yaml");
  const instanceDirectory = join(runtimeDir, "default");
  const ports: Ports = { rtsp: await freePort(), cameras: [await freePort(), await freePort()] };
  const programs: Program[] = [];
  let current: Program | undefined;
  let environment: NodeJS.ProcessEnv | undefined;

  mkdirSync(runtimeDir, { mode: 0o700 });
  writeFileSync(configPath, config(ports));

  function start(...argv: string[]): Program {
    const program = startProgram(["--runtime-dir", runtimeDir, ...argv], directory, environment);
    programs.push(program);
    return program;
  }

  function supervisor(): Program {
    if (current === undefined) throw new Error("the supervisor was not started");
    return current;
  }

  async function status(): Promise<StatusReport> {
    const answer = await fetchStatus(address);
    if (!answer.ok) throw new Error(`${answer.message}\n${supervisor().stdout()}${supervisor().stderr()}`);
    return answer.value;
  }

  async function statusUntil(is: (report: StatusReport) => boolean): Promise<StatusReport> {
    const deadline = performance.now() + STATUS_PATIENCE_MS;
    return until(async () => {
      const report = await status();
      if (performance.now() > deadline) throw new Error(`${JSON.stringify(report, null, 2)}\n${supervisor().stdout()}`);
      return is(report) && report;
    });
  }

  const bundle = (stream: string) => join(instanceDirectory, "streams", stream);
  const streamOf = ({ streams }: StatusReport, name: string) => streams.find((stream) => stream.name === name);

  return {
    directory,
    configPath,
    instanceDirectory,
    recordings: join(directory, "recordings"),
    rtspPort: ports.rtsp,
    cameraPorts: ports.cameras,
    writeConfig: (text) => writeFileSync(configPath, text),
    setEnvironment: (wanted) => {
      environment = wanted;
    },
    async up() {
      const started = start("up", configPath);
      current = started;
      await until(async () => {
        if (!isRunning(started)) throw new Error(`dslrs up ended: ${started.stdout()}${started.stderr()}`);
        return (await fetchStatus(address)).ok;
      });
    },
    supervisor: () => supervisor().child,
    signal: (signal) => process.kill(-(supervisor().child.pid ?? 0), signal),
    ended: () => supervisor().ended,
    async kill() {
      supervisor().child.kill("SIGKILL");
      await supervisor().ended;
    },
    output: () => supervisor().stdout() + supervisor().stderr(),
    log: () => recordsOf(supervisor().stdout()),
    logged: (fits) => supervisor().find((text) => recordsOf(text).find(fits)),
    async run(...argv) {
      const program = start(...argv);
      const { code } = await program.ended;
      return { code, stdout: program.stdout(), stderr: program.stderr() };
    },
    start,
    status,
    async stream(name) {
      const found = streamOf(await status(), name);
      if (!found) throw new Error(`no stream ${name}`);
      return found;
    },
    statusUntil,
    async streamUntil(name, is) {
      let found: StreamStatus | undefined;
      await statusUntil((report) => {
        found = streamOf(report, name);
        return found !== undefined && is(found);
      });
      return found as StreamStatus;
    },
    async running(...names) {
      await statusUntil((report) => names.every((name) => streamOf(report, name)?.state === "running"));
    },
    bundle,
    workerPid(stream) {
      const pid = readProcessFile(bundle(stream))?.command.pid;
      if (pid === undefined) throw new Error(`${stream} has no worker`);
      return pid;
    },
    rtspUrl: (mount) => `rtsp://127.0.0.1:${ports.rtsp}${mount}`,
    async clean() {
      await Promise.all(programs.map(end));
      await Promise.all(bundles(instanceDirectory).map(killBundle));
      // The archive of a supervisor that was killed is just about to end.
      rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    },
  };
}
