/** What an event of a worker means for the lifecycle of its stream. */

import type { Media, Occurrence } from "../policy/states.js";
import type { TrackReport, WorkerEvent, WorkerReport } from "../worker/worker.js";
import type { Link } from "./link.js";

/** `undefined`: nothing. */
export function newsOf(worker: number, event: WorkerEvent, compare: Link["compare"]): Occurrence | undefined {
  switch (event.type) {
    case "connected":
      return {
        type: "workerConnected",
        worker,
        fit: compare(event.outputs),
        ingest: { ...event.ingest, tracks: mediaOf(event.ingest) },
      };
    case "report":
      return ingestNews(worker, event.report);
    case "unresponsive":
      return { type: "workerUnresponsive", worker, detail: event.detail };
    case "exited":
      return { type: "workerExited", worker, failure: event.failure };
    case "output":
      return undefined;
  }
}

function ingestNews(worker: number, report: WorkerReport): Occurrence | undefined {
  switch (report.type) {
    case "ingestUp":
      return { type: "ingestUp", worker, ingest: report.life, tracks: mediaOf(report) };
    case "ingestDown":
      return { type: "ingestDown", worker, ingest: report.life, failure: report.failure };
    case "suspect": {
      const { life: ingest, track, silentMs, intervalMs } = report;
      return { type: "silenceSuspected", worker, ingest, track, silentMs, intervalMs };
    }
    case "suspectCleared":
      return { type: "silenceEnded", worker, ingest: report.life, track: report.track };
    case "tracks":
    case "ingestStopped":
    case "outputUp":
    case "outputDown":
    case "outputDegraded":
    case "outputStopped":
    case "segmentOpened":
    case "segmentClosed":
    case "viewerJoined":
    case "viewerLeft":
    case "loginRefused":
    case "stats":
    case "log":
      return undefined;
  }
}

/** By track index. */
function mediaOf({ tracks }: { readonly tracks: readonly TrackReport[] }): Media[] {
  const media: Media[] = [];
  for (const track of tracks) media[track.index] = track.media;
  return media;
}
