/** Status reports as a supervisor would give them. */

import type { StatusReport, StreamStatus } from "../../src/report/status.js";
import type { ViewerStatus } from "../../src/report/viewers.js";
import type { HistorySummary, WhyReport } from "../../src/report/why.js";

export const NOW = new Date("2026-03-01T12:00:00Z");

export function secondsAgo(seconds: number): string {
  return new Date(NOW.getTime() - seconds * 1000).toISOString();
}

export function runningStream(changes: Partial<StreamStatus> = {}): StreamStatus {
  return {
    name: "front-door",
    state: "running",
    since: secondsAgo(3 * 3600 + 12 * 60),
    reason: null,
    failure: null,
    nextAttemptAt: null,
    attempts: 0,
    breaker: "closed",
    credential: null,
    recovery: NO_HISTORY,
    worker: {
      pid: 4711,
      startedAt: secondsAgo(4 * 3600),
      restarts: 0,
      cpuPercent: 0.8,
      memoryBytes: 9.4 * 1024 * 1024,
      memoryLimitBytes: 256e6,
      memoryLimitBy: "cgroup2",
      cpuLimitPercent: 50,
      cpuLimitBy: "cgroup2",
    },
    source: {
      kind: "rtsp",
      uri: "rtsp://127.0.0.1:8654/front-door",
      reconnects: 0,
      fps: 25,
      bitrateBps: 2_104_000,
      frames: 288_000,
      lastFrameAgeMs: 12,
      tracks: [
        { index: 0, media: "video", encoding: "h264", width: 1920, height: 1080, fps: 25 },
        { index: 1, media: "audio", encoding: "aac", rate: 48_000, channels: 1 },
      ],
    },
    outputs: [
      { id: "rtsp", kind: "rtsp", state: "up", failure: null, url: "rtsp://127.0.0.1:8554/front-door", viewers: 2 },
      { id: "record", kind: "record", state: "up", failure: null, path: "/r/front-door/x.mkv", bytes: 1, segments: 3 },
    ],
    ...changes,
  };
}

export function statusReport(
  streams: readonly StreamStatus[],
  supervisor: Partial<StatusReport["supervisor"]> = {},
): StatusReport {
  return {
    supervisor: {
      pid: 4242,
      version: "0.1.0",
      instance: "default",
      uptimeSeconds: 12_000,
      configPath: "/etc/dslrs/config.yaml",
      configHash: "abc",
      configError: null,
      rtspListen: "127.0.0.1:8554",
      rtspsListen: null,
      rtspOpen: false,
      router: { state: "up", pid: 4243, restarts: 0 },
      hosts: [],
      roots: [],
      ...supervisor,
    },
    streams,
  };
}

/** Of a stream that never failed. */
export const NO_HISTORY: HistorySummary = {
  lastDay: { outages: 0, downMs: 0, longestMs: 0 },
  outages: 0,
  downMs: 0,
  longestMs: 0,
  attempts: 1,
  failures: {},
  falseAlarms: 0,
  detectionMs: null,
  recoveryMs: null,
};

export function wellReport(changes: Partial<WhyReport> = {}): WhyReport {
  return {
    stream: "front-door",
    state: "running",
    since: secondsAgo(3 * 3600 + 12 * 60),
    isWell: true,
    verdict: "Nothing is wrong.",
    failure: null,
    breaker: "closed",
    tried: null,
    next: null,
    advice: [],
    entry: null,
    history: NO_HISTORY,
    events: [],
    ...changes,
  };
}

export function watchingViewer(change: Partial<ViewerStatus> = {}): ViewerStatus {
  return {
    id: "front-door/3",
    stream: "front-door",
    output: "rtsp",
    address: "192.168.100.200",
    user: null,
    agent: "Lavf59.27.100",
    transport: "tcp",
    state: "playing",
    since: "2026-11-23T09:58:00.000Z",
    framesSent: 3_000,
    framesDropped: 0,
    bytesSent: 1_200_000,
    waitingBytes: 0,
    loss: 0,
    ...change,
  };
}
