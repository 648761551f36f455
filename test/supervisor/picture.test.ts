import { createPicture, type PictureKeeper } from "../../src/supervisor/picture.js";
import { failureOf } from "../../src/worker/failures.js";
import type { OutputPicture } from "../../src/worker/worker.js";

const TRACKS = [
  { index: 0, media: "audio", encoding: "aac" },
  { index: 1, media: "video", encoding: "h264" },
] as const;

let keeper: PictureKeeper;

beforeEach(() => {
  keeper = createPicture();
  keeper.see({ type: "report", report: { type: "ingestUp", life: 1, tracks: TRACKS } }, 0);
});

function tell(at: number, frames: number, bytes: number, life = 1, outputs: readonly OutputPicture[] = []): void {
  const track = { keyframes: 0, lastFrameAgeMs: 40 };
  const tracks = [
    { index: 0, frames: frames * 2, bytes: 0, ...track },
    { index: 1, frames, bytes, ...track },
  ];
  keeper.see(
    { type: "report", report: { type: "stats", ingest: { state: "up", life, tracks }, outputs, hub: { bytes: 0 } } },
    at,
  );
}

test("rates are those of the video between two reports", () => {
  tell(1_000, 100, 10_000);
  expect(keeper.picture().fps).toBeNull();
  tell(2_000, 125, 260_000);
  expect(keeper.picture()).toMatchObject({ frames: 125, fps: 25, bitrateBps: 2_000_000 });
});

test("a new life of the ingest is not a burst of frames", () => {
  tell(1_000, 100, 10_000);
  tell(2_000, 125, 20_000);
  tell(3_000, 5_000, 9_000_000, 2);
  expect(keeper.picture().fps).toBeNull();
});

test("a worker that starts again counts from nothing", () => {
  tell(1_000, 100, 10_000);
  keeper.see(
    { type: "exited", exit: { code: 1, signal: null, oomKills: 0, endedAt: 0 }, failure: failureOf("workerCrashed") },
    1_500,
  );
  tell(2_000, 3, 100);
  expect(keeper.picture()).toMatchObject({ frames: 3, fps: null });
});

test("a failed output keeps its failure until it works again", () => {
  const record: OutputPicture = { id: "record", kind: "record", state: "down" };
  const failure = failureOf("recordingFailed");
  keeper.see({ type: "report", report: { type: "outputDown", id: "record", kind: "record", failure } }, 500);
  tell(1_000, 1, 1, 1, [record]);
  expect(keeper.picture().outputs.get("record")?.failure).toEqual({ failure, at: 500 });
  tell(2_000, 2, 2, 1, [{ ...record, state: "up" }]);
  expect(keeper.picture().outputs.get("record")?.failure).toBeNull();
});

test("a recording that is degraded says why and since when, until it is up again", () => {
  const failure = failureOf("diskFull");
  const record: OutputPicture = { id: "record", kind: "record", state: "degraded", failure, sinceMs: 700 };
  tell(1_000, 1, 1, 1, [record]);
  expect(keeper.picture().outputs.get("record")).toMatchObject({
    picture: { state: "degraded" },
    failure: { failure, at: 700 },
  });
  keeper.see({ type: "report", report: { type: "outputUp", id: "record", kind: "record" } }, 1_500);
  expect(keeper.picture().outputs.get("record")).toMatchObject({ picture: { state: "up" }, failure: null });
});

test("coming up again is a reconnect, coming up is none", () => {
  expect(keeper.picture().reconnects).toBe(0);
  keeper.see({ type: "report", report: { type: "ingestUp", life: 2, tracks: TRACKS } }, 5_000);
  expect(keeper.picture().reconnects).toBe(1);
});
