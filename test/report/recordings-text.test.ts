import type { GapReport, RecordingReport, RecordingsReport } from "../../src/report/recordings.js";
import { gapLines, recordingsSummary, recordingsTable } from "../../src/report/recordings-text.js";
import { plain } from "../../src/report/terminal.js";

const OPTIONS = { columns: 80, paint: plain };
/** Of here, as people read it. */
const at = (time: string) => new Date(`2026-11-20T${time}`).toISOString();

function recording(start: string, end: string | null, changes: Partial<RecordingReport> = {}): RecordingReport {
  const media = { durationMs: 600_000, bytes: 160_000_000, frames: 15_000, keyframes: 300, encodings: ["h264", "aac"] };
  const place = { stream: "front-door", output: "record", path: "/r/a.mkv", root: "/r" };
  const times = { start: at(start), end: end === null ? null : at(end), state: "finished" } as const;
  return { ...place, ...times, ...media, reason: "time", continues: true, ...changes };
}

function gap(from: string, to: string | null, gapClass: string): GapReport {
  const sentence = "The camera did something odd.";
  const times = { from: at(from), to: to === null ? null : at(to) };
  return { stream: "front-door", output: "record", ...times, class: gapClass, sentence };
}

const REPORT: RecordingsReport = {
  recordings: [
    recording("02:00:00", "02:10:00"),
    recording("02:10:00", "02:13:07", { reason: "ingestDown" }),
    recording("02:13:11", null, { state: "writing", durationMs: null, bytes: null, reason: null }),
    recording("02:13:11", "02:14:00", { output: "a-very-long-name-of-an-output", encodings: ["h265", "pcma"] }),
  ],
  gaps: [gap("02:13:07", "02:13:11", "reset"), gap("02:20:00", null, "paused"), gap("03:00:00", "03:00:01", "odd")],
  roots: [{ path: "/r", problem: null }],
};

test("files and gaps are listed by output and day, in the order of time", () => {
  expect(recordingsTable(REPORT, OPTIONS)).toBe(`front-door
-- 2026-11-20 --
  02:00:00–02:10:00       10m   153M  h264+aac         time
  02:10:00–02:13:07       10m   153M  h264+aac         ingestDown
  no recording 02:13:07–02:13:11, camera reset
  02:13:11–now                        h264+aac         is being written
  paused 02:20:00–now
  no recording 03:00:00–03:00:01, The camera did something odd
front-door/a-very-long-name-of-an-output
-- 2026-11-20 --
  02:13:11–02:14:00       10m   153M  h265+pcma        time
`);
});

test("a gap is one line that says when and why", () => {
  expect(gapLines({ ...REPORT, gaps: REPORT.gaps.slice(0, 1) }, OPTIONS)).toBe(
    "front-door: no recording 2026-11-20 02:13:07–02:13:11, camera reset\n",
  );
});

test("a gap within a second has times that differ", () => {
  const gaps = [gap("02:13:07.140", "02:13:07.460", "reset"), gap("02:13:07.920", "02:13:08.000", "reset")];
  expect(gapLines({ ...REPORT, gaps }, OPTIONS)).toBe(
    "front-door: no recording 2026-11-20 02:13:07.1–02:13:07.4, camera reset\n" +
      "front-door: no recording 2026-11-20 02:13:07.920–02:13:08.000, camera reset\n",
  );
});

test("without a stream there is a line for each output", () => {
  expect(recordingsSummary(REPORT, OPTIONS).split("\n").slice(1, 3)).toEqual([
    "front-door                    3   305M     3  2026-11-20 02:00  now",
    "front-door/a-very-long-…      1   153M     0  2026-11-20 02:13  2026-11-20 02:14",
  ]);
});

test("no line is longer than 80 columns, and a disk that does not answer is told of", () => {
  const report = { ...REPORT, roots: [{ path: "/mnt/disk1/recordings", problem: "it did not answer in time." }] };
  for (const text of [recordingsTable, gapLines, recordingsSummary].map((write) => write(report, OPTIONS))) {
    expect(text).toContain("/mnt/disk1/recordings is not in this list: it did not answer in time.");
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  }
});
