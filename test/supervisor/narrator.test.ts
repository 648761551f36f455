import type { Log } from "../../src/report/log.js";
import { createNarrator, type NarratorFacts } from "../../src/supervisor/narrator.js";

/** The line of a file that ended. */
function lineOf(reason: string, whole: boolean): string {
  const lines: string[] = [];
  const write = (level: string) => (message: string) => void lines.push(`${level}: ${message}`);
  const log: Log = {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    forStream: () => log,
  };
  const media = { startedAt: 0, endedAt: 1, durationMs: 1, frames: 1, keyframes: 1, bytes: 1, encodings: ["h264"] };
  const narrator = createNarrator(log, () => ({}) as NarratorFacts);
  narrator.report({ type: "segmentClosed", id: "record", path: "/r/a.mkv", ...media, reason, whole });
  return lines.join();
}

test("only a file that has its final name is recorded; of another one it is said what becomes of it", () => {
  expect(lineOf("time", true)).toBe("info: Recorded /r/a.mkv");
  expect(lineOf("error", true)).toBe("info: Recorded /r/a.mkv");
  expect(lineOf("error", false)).toBe("warn: Not finished: /r/a.mkv.part; what is in it is salvaged");
});
