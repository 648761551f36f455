/** What commands of the user's are told: the environment that they get. */

import { viewerId } from "../report/viewers.js";
import type { WorkerReport } from "../worker/worker.js";

export interface FinishedRecording {
  readonly stream: string;
  readonly output: string;
  /** Absolute. */
  readonly path: string;
  /** ms since 1970 */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Why it ended, as in `segmentClosed`; `salvaged`: it was left unfinished, and mended later. */
  readonly reason: string;
}

type ViewerReport = Extract<WorkerReport, { type: "viewerJoined" | "viewerLeft" }>;

export function aboutRecording(recording: FinishedRecording): Record<string, string> {
  const { stream, output, path, startedAt, endedAt, reason } = recording;
  return {
    DSLRS_STREAM: stream,
    DSLRS_OUTPUT: output,
    DSLRS_PATH: path,
    DSLRS_START: isoTime(startedAt),
    DSLRS_END: isoTime(endedAt),
    DSLRS_REASON: reason,
  };
}

/** `at`: ms since 1970. */
export function aboutViewer(stream: string, report: ViewerReport, at: number): Record<string, string> {
  const { id, viewer, address, user, transport, agent } = report;
  return {
    DSLRS_EVENT: report.type === "viewerJoined" ? "join" : "leave",
    DSLRS_STREAM: stream,
    DSLRS_OUTPUT: id,
    DSLRS_VIEWER: viewerId({ stream, viewer }),
    DSLRS_TIME: isoTime(at),
    DSLRS_ADDRESS: address,
    DSLRS_USER: user,
    DSLRS_TRANSPORT: transport,
    DSLRS_AGENT: agent,
    ...(report.type === "viewerLeft" && watched(report)),
  };
}

function watched({ seconds, framesSent, framesDropped }: Extract<ViewerReport, { type: "viewerLeft" }>) {
  return {
    DSLRS_SECONDS: seconds.toFixed(1),
    DSLRS_FRAMES_SENT: String(framesSent),
    DSLRS_FRAMES_DROPPED: String(framesDropped),
  };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
