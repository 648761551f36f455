/** What must hold all the time: for the streams that nobody touches, for the supervisor, for the attempts of all. */

import { entriesOf } from "../../bench/processes.js";
import type { StatusReport, StreamStatus } from "../../src/report/status.js";
import type { TestInstance } from "../rig/instance.js";
import { playRtsp, type RtspViewer } from "../rig/rtsp-viewer.js";

export interface CalmStream {
  readonly name: string;
  /** RTP ticks from frame to frame. */
  readonly step: number;
}

export interface Guards {
  /** Once a second or so. */
  check(report: StatusReport): void;
  /** What was broken since; each once. */
  readonly violations: ReadonlySet<string>;
  /** Ends the viewers; says how many frames they saw. */
  finish(): number;
}

/** As in the defaults of `reconnects`, and a little for the time between a decision and its telling. */
const ATTEMPTS_PER_SECOND = 20;
const BURST = 40;

export async function startGuards(instance: TestInstance, calm: readonly CalmStream[]): Promise<Guards> {
  const violations = new Set<string>();
  const viewers = new Map<string, RtspViewer>();
  const pids = new Map<string, number>();
  for (const { name } of calm) {
    const viewer = await playRtsp(instance.rtspUrl(`/${name}`));
    await viewer.frames(10);
    viewers.set(name, viewer);
    pids.set(name, instance.workerPid(name));
  }
  const attempts: AttemptCounts[] = [];

  function checkCalm({ name, step }: CalmStream, report: StatusReport): void {
    const viewer = viewers.get(name);
    const track = viewer?.tracks[0];
    const stream = report.streams.find((candidate) => candidate.name === name);
    const dropped = stream?.outputs.find(({ kind }) => kind === "record")?.framesDropped ?? 0;
    if (viewer?.isClosed()) violations.add(`${name}, which nobody touched, lost its viewer`);
    if (track && track.lost > 0) violations.add(`${name}, which nobody touched, lost packets`);
    if (track && track.largestStep > step) violations.add(`${name}, which nobody touched, lost frames`);
    if (dropped !== 0) violations.add(`${name}, which nobody touched, did not record every frame`);
    if (stream && !isWell(stream, report))
      violations.add(`${name}, which nobody touched, was ${stream.state}: ${stream.reason}`);
    if (instance.workerPid(name) !== pids.get(name))
      violations.add(`${name}, which nobody touched, has another worker`);
  }

  /** In every window there ever was. A supervisor that has just begun tells only of the streams that it knows already. */
  function checkAttempts(report: StatusReport): void {
    const ofStream = new Map(report.streams.map(({ name, recovery }) => [name, recovery.attempts]));
    const now = { at: Date.now(), ofStream };
    for (const before of attempts) {
      const begun = attemptsBetween(before, now);
      const allowed = (ATTEMPTS_PER_SECOND * (now.at - before.at + 1000)) / 1000 + BURST;
      if (begun > allowed) violations.add(`${begun} attempts in ${now.at - before.at} ms`);
    }
    attempts.push(now);
    if (attempts.length > 60) attempts.shift();
  }

  return {
    violations,
    check(report) {
      for (const stream of calm) checkCalm(stream, report);
      checkAttempts(report);
    },
    finish() {
      let frames = 0;
      for (const viewer of viewers.values()) {
        frames += viewer.tracks[0]?.frames ?? 0;
        viewer.drop();
      }
      return frames;
    },
  };
}

interface AttemptCounts {
  readonly at: number;
  /** Attempts there ever were, by stream. */
  readonly ofStream: ReadonlyMap<string, number>;
}

/** Of the streams that both tell of. */
function attemptsBetween(before: AttemptCounts, after: AttemptCounts): number {
  let sum = 0;
  for (const [name, attempts] of after.ofStream) sum += attempts - (before.ofStream.get(name) ?? attempts);
  return sum;
}

/** A supervisor that has just begun does not know yet what it adopts. */
const ADOPTION_S = 5;

function isWell({ state }: StreamStatus, { supervisor }: StatusReport): boolean {
  if (state === "starting" && supervisor.uptimeSeconds < ADOPTION_S) return true;
  return state === "running" || state === "suspect";
}

/** Open files of a process; 0 when it is gone. */
export function openFiles(pid: number): number {
  return entriesOf(`/proc/${pid}/fd`).length;
}
