/** Which of a worker's reports are events of its stream, and in what words. */

import type { Failure } from "../failure.js";
import type { EventFields } from "../report/event.js";
import type { TrackReport, WorkerReport } from "../worker/worker.js";
import { trackText } from "./narrator.js";

type Noted = "outputDown" | "outputUp" | "recordingDegraded" | "recordingResumed" | "segmentFailed" | "sourceChanged";

export type Note = (kind: Noted, message: string, fields: EventFields) => void;

export function createReportNotes(): (report: WorkerReport, note: Note) => void {
  const down = new Set<string>();
  const degraded = new Set<string>();
  let format = "";

  function noteDegraded(id: string, { class: failureClass, message }: Failure, note: Note): void {
    degraded.add(id);
    note("recordingDegraded", `Output ${id} does not record as it should: ${message}`, { class: failureClass });
  }

  return (report, note) => {
    switch (report.type) {
      case "outputDown": {
        const { class: failureClass, message } = report.failure;
        down.add(report.id);
        note("outputDown", `Output ${report.id} is down: ${message}`, { class: failureClass });
        break;
      }
      case "outputDegraded":
        noteDegraded(report.id, report.failure, note);
        break;
      case "stats": // of an adopted worker they are the first to say so
        for (const { id, state, failure } of report.outputs) {
          if (state === "degraded" && failure && !degraded.has(id)) noteDegraded(id, failure, note);
        }
        break;
      case "outputUp": // at every start of a worker; news only where it was not
        if (down.delete(report.id)) note("outputUp", `Output ${report.id} is up again.`, {});
        if (degraded.delete(report.id)) note("recordingResumed", `Output ${report.id} records again.`, {});
        break;
      case "outputStopped":
        down.delete(report.id);
        degraded.delete(report.id);
        break;
      case "segmentClosed":
        if (report.reason === "error")
          note("segmentFailed", `A recording broke off: ${report.path}${report.whole ? "" : ".part"}`, {});
        break;
      case "ingestUp":
        format = formatOf(report.tracks);
        break;
      case "tracks": {
        const changed = formatOf(report.tracks);
        if (format !== "" && changed !== format) note("sourceChanged", `The source changed to ${changed}.`, {});
        format = changed;
        break;
      }
      case "ingestDown":
      case "ingestStopped":
      case "suspect":
      case "suspectCleared":
      case "segmentOpened":
      case "viewerJoined":
      case "viewerLeft":
      case "loginRefused":
      case "log":
        break;
    }
  };
}

/** Without the frame rate, which is an estimate at first. */
function formatOf(tracks: readonly TrackReport[]): string {
  return tracks.map(({ fps: _, ...track }) => trackText(track)).join(" + ");
}
