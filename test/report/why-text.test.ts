import { paintFor, plain } from "../../src/report/terminal.js";
import type { WhyReport } from "../../src/report/why.js";
import { whyText } from "../../src/report/why-text.js";
import { NO_HISTORY, NOW, secondsAgo, wellReport } from "./reports.js";

function text(report: WhyReport, columns = 80): string {
  return whyText(report, { now: NOW, columns, paint: plain }).replace(/\d\d:\d\d:\d\d/g, "HH:MM:SS");
}

const holding = wellReport({
  state: "holding",
  since: secondsAgo(42),
  isWell: false,
  verdict:
    "The camera did not accept the user name or password. Refused 3 times; waiting, because cameras lock accounts.",
  tried: { since: secondsAgo(75), failures: { refused: 1, unauthorized: 3 }, credentials: { next: 2, of: 3 } },
  next: { sentence: "Another attempt; sooner after an edit.", at: secondsAgo(-557) },
  advice: ["Check user and password; few tries are made, because cameras lock accounts."],
  entry: "The camera did not accept the user name or password.",
  history: {
    ...NO_HISTORY,
    lastDay: { outages: 3, downMs: 420_000, longestMs: 302_000 },
    outages: 5,
    failures: { refused: 4, unauthorized: 3 },
    detectionMs: { last: 40, median: 40, max: 640 },
    recoveryMs: { last: 1_000, median: 1_234, max: 345_000 },
  },
  events: [
    {
      id: 1,
      at: secondsAgo(75),
      firstAt: secondsAgo(75),
      stream: "front-door",
      kind: "failed",
      message: "The camera refused the connection.",
      fields: {},
      times: 1,
    },
  ],
});

test("tells what is wrong, since when, what was tried, what comes next and what to do", () => {
  expect(text(holding)).toBe(
    [
      "front-door is holding, for 42s",
      "The camera did not accept the user name or password. Refused 3 times; waiting,",
      "because cameras lock accounts.",
      "  since   no video since HH:MM:SS, for 1m",
      "  tried   failed: 3 unauthorized, 1 refused",
      "          credentials: set 2 of 3 is next",
      "  next    In 9m, at HH:MM:SS: Another attempt; sooner after an edit.",
      "  to do   Check user and password; few tries are made, because cameras lock",
      "          accounts.",
      '          docs/troubleshooting.md: "The camera did not accept the user name or',
      '          password."',
      "  24 h    3 outages, 7m in all, the longest 5m",
      "  before  5 outages since events are kept",
      "          noticed after 40 ms (median; at most 640 ms), mended after 1.2 s",
      "          (median; at most 5m)",
      "          failures: 4 refused, 3 unauthorized",
      "  events  HH:MM:SS failed: The camera refused the connection.",
      "",
    ].join("\n"),
  );
});

test("is short where nothing is wrong", () => {
  expect(text(wellReport())).toBe("front-door is running, for 3h12m\nNothing is wrong.\n  24 h    no outage\n");
});

test("says that attempts are barred", () => {
  expect(text({ ...holding, breaker: "halfOpen" })).toContain("attempts at this host are barred");
});

test("stays within 80 columns, and says the day where it is not today", () => {
  const longAgo = { ...holding, tried: { since: secondsAgo(5 * 86_400), failures: {}, credentials: null } };
  expect(text(longAgo)).toMatch(/no video since \w{3} \d\d HH:MM:SS, for 5d0h/);
  for (const line of text(longAgo).split("\n")) expect(line.length).toBeLessThanOrEqual(80);
});

test("text from a camera cannot control the terminal, and colours are for terminals", () => {
  expect(text({ ...holding, verdict: "bad \x1b[2J camera" })).not.toContain("\x1b");
  const paint = paintFor({ write: () => true, isTTY: true }, {});
  const [head, verdict] = whyText(holding, { now: NOW, columns: 80, paint }).split("\n");
  expect(head).toBe("\x1b[31mfront-door is holding, for 42s\x1b[0m");
  expect(verdict).toContain("\x1b[1mThe camera did not accept");
});
