/** What is known of the media of one stream: tracks, counters, rates, outputs. Fed by the worker's events, read by `status`. */

import type { Failure } from "../failure.js";
import type { OutputPicture, TrackReport, WorkerEvent, WorkerReport } from "../worker/worker.js";

type Stats = Extract<WorkerReport, { type: "stats" }>;

interface Sample {
  readonly at: number;
  readonly life: number;
  readonly frames: number;
  readonly bytes: number;
}

export interface OutputView {
  readonly picture: OutputPicture;
  readonly failure: { readonly failure: Failure; readonly at: number } | null;
}

export interface Picture {
  readonly tracks: readonly TrackReport[];
  readonly frames: number;
  readonly fps: number | null;
  readonly bitrateBps: number | null;
  /** How old the newest frame of the main track was when the worker last told, and when that was. */
  readonly lastFrame: { readonly ageMs: number; readonly toldAt: number } | null;
  /** Times that the source came up after the first. */
  readonly reconnects: number;
  readonly outputs: ReadonlyMap<string, OutputView>;
}

export interface PictureKeeper {
  see(event: WorkerEvent, at: number): void;
  outputFailed(id: string, kind: OutputPicture["kind"], failure: Failure, at: number): void;
  picture(): Picture;
}

/** Two reports closer than this say nothing about a rate. */
const SHORTEST_RATE_MS = 500;

export function createPicture(): PictureKeeper {
  let tracks: readonly TrackReport[] = [];
  let ups = 0;
  let previous: Sample | undefined;
  let latest: Sample | undefined;
  let lastFrame: Picture["lastFrame"] = null;
  const outputs = new Map<string, OutputView>();

  function seeStats(stats: Stats, at: number): void {
    const sample = sampleOf(stats, tracks, at);
    if (sample.life !== latest?.life) previous = undefined;
    else if (sample.at - latest.at >= SHORTEST_RATE_MS) previous = latest;
    latest = sample;
    const age = mainCounters(stats, tracks)?.lastFrameAgeMs;
    lastFrame = typeof age === "number" ? { ageMs: age, toldAt: at } : null;
    setOutputs(stats.outputs);
  }

  function setOutputs(pictures: readonly OutputPicture[]): void {
    const present = new Set(pictures.map((output) => output.id));
    for (const id of outputs.keys()) if (!present.has(id)) outputs.delete(id);
    for (const picture of pictures) {
      outputs.set(picture.id, { picture, failure: failureIn(picture) ?? earlierFailure(picture) });
    }
  }

  function earlierFailure({ id, state }: OutputPicture): OutputView["failure"] {
    return state === "down" || state === "waiting" ? (outputs.get(id)?.failure ?? null) : null;
  }

  function seeReport(report: WorkerReport, at: number): void {
    switch (report.type) {
      case "ingestUp":
        ups += 1;
        tracks = report.tracks;
        break;
      case "tracks":
        tracks = report.tracks;
        break;
      case "stats":
        seeStats(report, at);
        break;
      case "outputUp":
        setState(report.id, report.kind, "up", null);
        break;
      case "outputDown":
        setState(report.id, report.kind, "down", { failure: report.failure, at });
        break;
      case "outputDegraded":
        setState(report.id, report.kind, "degraded", { failure: report.failure, at });
        break;
      case "outputStopped":
        outputs.delete(report.id);
        break;
      case "ingestDown":
      case "ingestStopped":
        previous = undefined;
        break;
      case "suspect":
      case "suspectCleared":
      case "segmentOpened":
      case "segmentClosed":
      case "viewerJoined":
      case "viewerLeft":
      case "loginRefused":
      case "log":
        break;
    }
  }

  function setState(id: string, kind: string, state: OutputPicture["state"], failure: OutputView["failure"]): void {
    const known = outputs.get(id)?.picture;
    outputs.set(id, { picture: { ...known, id, kind: kind as OutputPicture["kind"], state }, failure });
  }

  return {
    see(event, at) {
      if (event.type === "report") seeReport(event.report, at);
      if (event.type === "connected") {
        if (event.ingest.state === "up") {
          ups = Math.max(ups, 1);
          tracks = event.ingest.tracks;
        }
        setOutputs(event.outputs);
      }
      if (event.type === "exited") {
        outputs.clear();
        [previous, latest, lastFrame] = [undefined, undefined, null];
      }
    },
    outputFailed: (id, kind, failure, at) => setState(id, kind, "down", { failure, at }),
    picture: () => ({
      tracks,
      frames: latest?.frames ?? 0,
      ...rates(previous, latest),
      lastFrame,
      reconnects: Math.max(0, ups - 1),
      outputs,
    }),
  };
}

/** A recorder says itself what keeps it from its work, and since when. */
function failureIn({ failure, sinceMs }: OutputPicture): OutputView["failure"] | undefined {
  return failure && { failure, at: sinceMs ?? 0 };
}

function sampleOf(stats: Stats, tracks: readonly TrackReport[], at: number): Sample {
  const bytes = stats.ingest.tracks.reduce((sum, track) => sum + track.bytes, 0);
  return { at, life: stats.ingest.life, frames: mainCounters(stats, tracks)?.frames ?? 0, bytes };
}

/** Of the first video track; without video, of the first track. */
function mainCounters(stats: Stats, tracks: readonly TrackReport[]): Stats["ingest"]["tracks"][number] | undefined {
  const main = tracks.find((track) => track.media === "video")?.index ?? tracks[0]?.index;
  return stats.ingest.tracks.find((track) => track.index === main) ?? stats.ingest.tracks[0];
}

function rates(from: Sample | undefined, to: Sample | undefined): Pick<Picture, "fps" | "bitrateBps"> {
  if (!from || !to) return { fps: null, bitrateBps: null };
  const seconds = (to.at - from.at) / 1000;
  // Counters that fell belong to another worker; the next report tells.
  if (to.frames < from.frames || to.bytes < from.bytes) return { fps: null, bitrateBps: null };
  return {
    fps: Math.round(((to.frames - from.frames) / seconds) * 10) / 10,
    bitrateBps: Math.round(((to.bytes - from.bytes) * 8) / seconds),
  };
}
