/** The protocol's reports as the rest of the program knows them: failures translated, ordered ends told apart from failures. */

import type { Failure } from "../failure.js";
import type { WireFailure, WireReady, WireReport, WireViewers } from "./wire.js";
import type { IngestPicture, OutputPicture, WorkerEvent, WorkerReport } from "./worker.js";

export interface Translation {
  ofIngest(failure: WireFailure): Failure;
  ofOutput(failure: WireFailure): Failure;
}

/** Not failed, but ended as ordered. */
const STOPPED = "stopped";

export function reportFromWire(report: Exclude<WireReport, WireViewers>, translation: Translation): WorkerReport {
  switch (report.type) {
    case "ingestDown": {
      const { life, failure } = report;
      if (failure.reason === STOPPED) return { type: "ingestStopped", life };
      return { type: "ingestDown", life, failure: translation.ofIngest(failure) };
    }
    case "outputDown": {
      const { id, kind, failure } = report;
      if (failure.reason === STOPPED) return { type: "outputStopped", id, kind };
      return { type: "outputDown", id, kind, failure: translation.ofOutput(failure) };
    }
    case "outputDegraded":
      return { ...report, failure: translation.ofOutput(report.failure) };
    case "stats":
      return { ...report, outputs: outputsFromWire(report.outputs, translation) };
    default:
      return report;
  }
}

export function pictureFromWire(
  ready: WireReady,
  translation: Translation,
): { ingest: IngestPicture; outputs: readonly OutputPicture[] } {
  const { state, life, tracks, failure } = ready.ingest;
  const outputs = outputsFromWire(ready.outputs, translation);
  if (failure?.reason === STOPPED) return { ingest: { state: "idle", life, tracks }, outputs };
  const failed = failure ? { failure: translation.ofIngest(failure) } : {};
  return { ingest: { state, life, tracks, ...failed }, outputs };
}

function outputsFromWire(outputs: WireReady["outputs"], translation: Translation): OutputPicture[] {
  return outputs.map(({ failure, ...output }) => {
    return failure ? { ...output, failure: translation.ofOutput(failure) } : output;
  });
}

/** A remark of the supervisor's own, among those of the worker. */
export function logEvent(level: "debug" | "info" | "warn" | "error", message: string): WorkerEvent {
  return { type: "report", report: { type: "log", level, at: Date.now(), source: "supervisor", message } };
}
