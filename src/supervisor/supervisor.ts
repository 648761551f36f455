/**
 * Holds the streams of an instance, its router and its simulated cameras, and brings them to what the config asks for: at the start by
 * adopting what lives, later by the steps of a plan. One edit is carried out after the other.
 */

import { join } from "node:path";
import type { ParsedConfig, ValidConfig } from "../config/parse.js";
import { openAddresses } from "../config/resolve-access.js";
import { type PlanStep, plan } from "../policy/plan.js";
import { camerasByPort, instanceSpec, NOTHING, type StreamSpec } from "../policy/spec.js";
import { EMPTY_TALLY, EVENTS_KEPT } from "../report/event.js";
import type { EventStore } from "../report/events.js";
import type { Log } from "../report/log.js";
import { redact } from "../report/redact.js";
import type { StatusReport } from "../report/status.js";
import type { WhyReport } from "../report/why.js";
import type { NativePaths } from "../worker/native.js";
import type { Workers } from "../worker/worker.js";
import { openAccounts } from "./accounts.js";
import { createAdmission } from "./admission.js";
import { createArchives } from "./archives.js";
import { createCameras } from "./cameras.js";
import { type Complaint, complaintText, problemOf, usableOf } from "./complaint.js";
import type { CheckProblem, CheckResult, SupervisorControl } from "./control.js";
import { removeFolder } from "./files.js";
import type { NoteKind } from "./history.js";
import { createHooks, hookOf } from "./hooks.js";
import type { Found } from "./host.js";
import { createHosts } from "./hosts.js";
import type { Instance } from "./instance.js";
import { makeRoot } from "./make-root.js";
import { createRouter, type RouterAnswer } from "./router.js";
import { concernsRouter, routerWanted, urlAt } from "./router-wanted.js";
import { statusReport } from "./status.js";
import type { Clock } from "./stream.js";
import { withStreams } from "./stream-probe.js";
import { createStreams } from "./streams.js";
import { createUsageReader } from "./usage.js";
import { whyRemoved, whyReport } from "./why.js";

export interface SupervisorParts {
  readonly instance: Instance;
  readonly instanceName: string;
  readonly paths: NativePaths;
  /** Path of the compiled src/recordings/archive-main. */
  readonly archiveProgram: string;
  readonly workers: Workers;
  readonly clock: Clock;
  /** Never set back. */
  readonly steadyClock: Clock;
  readonly probe: (uri: string, deadlineMs: number) => Promise<Found>;
  readonly random: () => number;
  readonly log: Log;
  readonly events: EventStore;
  readonly version: string;
  readonly load: (configPath: string) => ParsedConfig;
  /** How long a worker goes on without a supervisor. */
  readonly orphanGraceSeconds: number;
}

export interface Supervisor extends SupervisorControl {
  /** Brings everything up, or says why nothing can be. */
  start(first: ValidConfig): Promise<RouterAnswer>;
  /** What the config file says now; a broken one changes nothing. */
  offer(parsed: ParsedConfig): void;
  /** Cuts a stop under way short. */
  hurry(): void;
}

/** Steps that failed, beside those that `running` tells from what is wanted. */
interface Owed {
  readonly isRouting: boolean;
  readonly streams: readonly string[];
  /** Of the edits that are told of when all is done. */
  readonly sentences: readonly string[];
}

/** After which a step of an edit that could not be carried out is tried again. */
const RETRY_MS = 5_000;
const ROUTER_GRACE_MS = 500;
const CAMERA_GRACE_MS = 500;
/** For the commands after the last recordings. */
const HOOK_GRACE_MS = 1_500;
export function createSupervisor(parts: SupervisorParts): Supervisor {
  const { instance, clock, log, paths, events } = parts;
  const { directory } = instance;
  const startedAt = clock.now();
  const note = (kind: NoteKind, message: string) => events.of(null).keep({ kind, message, at: clock.now() });
  const onRestart = (sentence: string) => note("routerRestarted", sentence);
  const router = createRouter({ paths, directory, clock, log, onRestart });
  const cameras = createCameras({ paths, directory, clock, log });
  const urlOf = (mount: string) => urlAt(router.view(), mount);
  const admission = createAdmission(parts.steadyClock, NOTHING.reconnects);
  const hosts = createHosts({
    probe: withStreams(parts.probe, (name) => streams.gives(name)),
    clock: parts.steadyClock,
    log,
    onChange(change, sentence) {
      log[change === "breakerOpened" ? "warn" : "info"](sentence);
      note(change, sentence);
    },
  });
  const accounts = openAccounts({ directory, clock, log, fingerprint: instance.fingerprint });
  const hooks = createHooks({
    commandOf: (name, hook) => hookOf(current?.config, name, hook),
    onFailure(name, message) {
      log.forStream(name).warn(message);
      events.of(name).keep({ kind: "hookFailed", message, at: clock.now() });
    },
  });
  const archives = createArchives({
    program: parts.archiveProgram,
    mend: paths.mend,
    clock,
    log,
    note: (kind, stream, message) => events.of(stream).keep({ kind, message, at: clock.now() }),
    onSalvaged(path, { stream, output, startedAt, endedAt }) {
      hooks.finished({ stream, output, path, startedAt, endedAt: endedAt ?? startedAt, reason: "salvaged" });
    },
    config: () => current?.config,
    views: () => streams.views([]),
  });
  const streams = createStreams({ ...parts, archives, directory, urlOf, admission, hosts, accounts, hooks });
  const usage = createUsageReader({
    clock,
    pids: () => streams.views([]).flatMap(({ worker }) => worker?.identity.pid ?? []),
    onRead: (pid, { cpuPercent }) => cpuPercent !== null && streams.seeCpu(pid, cpuPercent, parts.steadyClock.now()),
  });
  /** The config in force. */
  let current: ValidConfig | undefined;
  let running = NOTHING;
  /** Why the file as it is now is not in force, or lacks another file. */
  let refused: Complaint | null = null;
  /** What of the config in force is not carried out yet. */
  let shortcoming: Complaint | null = null;
  let owed: Owed = { isRouting: false, streams: [], sentences: [] };
  let cancelRetry = () => {};
  let edits: Promise<void> = Promise.resolve();
  let ending: Promise<void> | undefined;

  const describe = ({ config }: ValidConfig) => instanceSpec(config, instance.fingerprint, redact);
  const streamNames = () => running.streams.map(({ name }) => name);

  async function start(first: ValidConfig): Promise<RouterAnswer> {
    const wanted = describe(first);
    const answer = await router.start(routerWanted(first.config, wanted, streams.isPaused));
    if (!answer.ok) {
      await router.stop(0);
      usage.stop();
      await archives.stop();
    }
    if (!answer.ok || ending) return answer;
    running = { ...NOTHING, router: wanted.router };
    note("supervisorStarted", `dslrs ${parts.version} runs ${first.config.path}.`);
    tellWarnings(first, undefined, log);
    await streams.endLeftovers(wanted.streams.map(({ name }) => name));
    await cameras.stopStrays(new Set(wanted.cameras.map(({ port }) => port)));
    edits = apply(first);
    await edits;
    return answer;
  }

  /**
   * What goes makes room for what comes; streams come last, when their cameras are there. A step that fails holds up no other, and is
   * tried again.
   */
  async function apply(next: ValidConfig): Promise<void> {
    cancelRetry();
    const wanted = describe(next);
    const steps = plan(running, wanted);
    current = next;
    running = wanted;
    admission.setLimit(next.config.reconnects);
    streams.forgetPausesBut(streamNames());
    events.prune(streamNames());
    if (wanted.streams.some(isRecorded)) await makeRoot(next.config.recordings, log);
    archives.apply();
    for (const step of steps) if (step.step === "stopStream") streams.remove(step.stream);
    if (!ending) await Promise.all(steps.map((step) => carryOutCamera(step, next)));
    const problems = ending ? [] : await carryOutRouter(steps, next);
    const touched = new Set([...owed.streams, ...steps.flatMap((step) => ("stream" in step ? [step.stream] : []))]);
    owed = { ...owed, streams: [] };
    for (const name of touched) if (!ending) problems.push(...touchStream(name, next));
    if (!ending) conclude(problems[0]);
  }

  function conclude(problem: CheckProblem | undefined): void {
    if (problem) {
      shortcoming = complain("part", problem, shortcoming);
      cancelRetry = clock.after(RETRY_MS, () => queueEdit(() => (current && !ending ? apply(current) : undefined)));
      return;
    }
    if (shortcoming) log.info("All of the config is in force");
    shortcoming = null;
    const { sentences } = owed;
    owed = { ...owed, sentences: [] };
    if (sentences.length > 0) note("configApplied", `An edit of the config is in force: ${sentences.join("; ")}.`);
  }

  async function carryOutCamera(step: PlanStep, { config }: ValidConfig): Promise<void> {
    if (!("port" in step)) return;
    try {
      if (step.step === "stopCamera") await cameras.stop(step.port, CAMERA_GRACE_MS);
      else await cameras.keep(step.port, camerasByPort(config).get(step.port) ?? []);
    } catch (error) {
      log.error(`The simulated camera on port ${step.port} could not be ended`, { error: String(error) });
    }
  }

  /** After a pause or its end, and the edits before. Where it fails now it is tried again. */
  function reroute(): Promise<void> {
    owed = { ...owed, isRouting: true };
    queueEdit(() => (current && !ending ? apply(current) : undefined));
    return edits;
  }

  async function carryOutRouter(steps: readonly PlanStep[], { config }: ValidConfig): Promise<CheckProblem[]> {
    if (!owed.isRouting && !steps.some(concernsRouter)) return [];
    const answer = await router.update(routerWanted(config, running, streams.isPaused));
    owed = { ...owed, isRouting: !answer.ok };
    if (answer.ok) return [];
    return [{ message: answer.message, line: null, column: null, hint: answer.hint }];
  }

  /** All steps of one stream at once: it knows itself what it does and what is wanted. */
  function touchStream(name: string, next: ValidConfig): CheckProblem[] {
    const config = next.config.streams.find((stream) => stream.name === name);
    const spec = running.streams.find((stream) => stream.name === name);
    try {
      if (config && spec) streams.want({ config, spec });
      return [];
    } catch (error) {
      owed = { ...owed, streams: [...owed.streams, name] };
      return [{ message: `${name}: ${String(error)}`, line: null, column: null, hint: null }];
    }
  }

  async function offer(parsed: ParsedConfig): Promise<void> {
    if (ending) return;
    const next = usableOf(parsed, current);
    if (!parsed.ok) {
      const concerns = next === undefined ? "all" : "part";
      refused = complain(concerns, problemOf(parsed.errors, concerns), refused);
    } else {
      if (refused) log.info("The config is valid again");
      refused = null;
    }
    if (next === undefined) return;
    tellWarnings(next, current, log);
    const steps = plan(running, describe(next));
    for (const step of steps) {
      const about = "stream" in step ? log.forStream(step.stream) : log;
      about.info(`Edit: ${step.sentence}`);
    }
    owed = { ...owed, sentences: [...owed.sentences, ...steps.map(({ sentence }) => sentence)] };
    await apply(next);
  }

  function queueEdit(work: () => Promise<void> | undefined): void {
    edits = edits
      .then(work)
      .catch((error: unknown) => log.error("An edit failed inside dslrs", { error: String(error) }));
  }

  /** The same complaint is logged once. */
  function complain(concerns: Complaint["concerns"], problem: CheckProblem, before: Complaint | null): Complaint {
    const text = complaintText(concerns, problem);
    if (text === before?.text) return before;
    log.error(text, { hint: problem.hint });
    note("configRefused", text);
    return { concerns, text, problem, at: clock.now() };
  }

  function status(): StatusReport {
    const view = {
      pid: process.pid,
      version: parts.version,
      instance: parts.instanceName,
      startedAt,
      configPath: current?.config.path ?? "",
      configHash: current?.hash ?? "",
      configError: refused ?? shortcoming,
      router: router.view(),
      isOpen: current !== undefined && openAddresses(current.config).length > 0,
      hosts: hosts.away(),
      roots: archives.roots(),
      streams: streams.views(streamNames()),
    };
    return statusReport(view, { now: clock.now(), usageOf: usage.of, urlOf });
  }

  function why(name: string): WhyReport | undefined {
    const recorded = events.read({ stream: name, limit: EVENTS_KEPT });
    const view = streams.views([]).find(({ wanted }) => wanted.config.name === name);
    const { streams: shown, supervisor } = status();
    const shownOne = shown.find((stream) => stream.name === name);
    const now = clock.now();
    if (view && shownOne) {
      const { state, tally } = view;
      return whyReport({
        status: shownOne,
        state,
        tally,
        events: recorded ?? [],
        now,
        configError: supervisor.configError,
      });
    }
    if (!recorded || recorded.length === 0) return undefined;
    return whyRemoved(name, { tally: events.of(name).tally() ?? EMPTY_TALLY, events: recorded, now });
  }

  async function stopAll(): Promise<void> {
    cancelRetry();
    await streams.stopAll();
    await edits;
    await Promise.all([
      archives.stop(),
      cameras.stopAll(CAMERA_GRACE_MS),
      router.stop(ROUTER_GRACE_MS),
      hooks.end(HOOK_GRACE_MS),
    ]);
    note("supervisorStopped", "Everything has stopped.");
    usage.stop();
    for (const folder of ["cameras", "router", "taps"]) removeFolder(join(directory, folder));
  }

  return {
    start,
    offer(parsed) {
      queueEdit(() => offer(parsed));
    },
    status,
    events: events.read,
    nextEvent: events.next,
    why,
    recordings: archives.find,
    reindex: archives.reindex,
    async pause(name) {
      const done = streams.pause(name);
      await reroute();
      return done;
    },
    async resume(name) {
      const result = streams.resume(name);
      await reroute();
      return result;
    },
    restart: async (name) => streams.restart(name),
    viewers: streams.viewers,
    kick: streams.kick,
    async record(name, request) {
      if (current) await makeRoot(current.config.recordings, log);
      return streams.record(name, request);
    },
    down() {
      ending ??= stopAll();
      return ending;
    },
    async check(configPath): Promise<CheckResult> {
      const parsed = parts.load(configPath);
      if (!parsed.ok) return { ok: false, problems: parsed.errors };
      return { ok: true, steps: plan(running, describe(parsed)).map(plannedStep) };
    },
    hurry() {
      streams.hurry();
      cameras.stopAll(0).catch(() => {});
      router.stop(0).catch(() => {});
    },
  };
}

function isRecorded({ outputs }: StreamSpec): boolean {
  return outputs.some(({ kind }) => kind === "record");
}

function plannedStep(step: PlanStep) {
  return { stream: "stream" in step ? step.stream : null, step: step.step, sentence: step.sentence };
}

function tellWarnings(next: ValidConfig, before: ValidConfig | undefined, log: Log): void {
  const known = new Set(before?.warnings.map(({ message }) => message));
  for (const { message, hint } of next.warnings) if (!known.has(message)) log.warn(message, { hint });
}
