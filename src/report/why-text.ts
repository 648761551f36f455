/** `dslrs why` for a person: what is wrong with a stream, since when, what was tried, what comes next, what to do. */

import type { EventRecord, FailureCounts } from "./event.js";
import { eventText } from "./event-text.js";
import { localTime } from "./log-line.js";
import { type Paint, printable, wrap } from "./terminal.js";
import { durationText, spanText } from "./units.js";
import type { HistorySummary, SampleSummary, WhyReport } from "./why.js";

export interface WhyTextOptions {
  readonly now: Date;
  readonly columns: number;
  readonly paint: Paint;
}

const NARROWEST = 60;
const LABEL_COLUMN = 10;

export function whyText(report: WhyReport, options: WhyTextOptions): string {
  const { now, paint } = options;
  const head = `${report.stream} is ${report.state}, for ${durationText(secondsSince(report.since, now))}`;
  const parts: (readonly [label: string, texts: readonly string[]])[] = [
    ["since", sinceTexts(report, now)],
    ["tried", triedTexts(report)],
    ["next", nextTexts(report, now)],
    ["to do", [...report.advice, ...entryTexts(report)]],
    ["24 h", [dayText(report.history)]],
    ["before", beforeTexts(report)],
    ["events", report.events.map((event) => atText(event, now))],
  ];
  const lines = [
    paint(report.isWell ? "green" : "red", head),
    ...wrap(printable(report.verdict), Math.max(NARROWEST, options.columns)).map((line) => paint("bold", line)),
    ...parts.flatMap(([label, texts]) => inColumns(label, texts, options)),
  ];
  return `${lines.join("\n")}\n`;
}

/** The label stands before the first line of the first text. */
function inColumns(label: string, texts: readonly string[], { columns, paint }: WhyTextOptions): string[] {
  const width = Math.max(NARROWEST, columns) - LABEL_COLUMN;
  const lines = texts.flatMap((text) => wrap(printable(text), width));
  return lines.map((line, index) => {
    const shown = (index === 0 ? `  ${label}` : "").padEnd(LABEL_COLUMN);
    return (index === 0 ? paint("dim", shown) : shown) + line;
  });
}

function sinceTexts({ tried }: WhyReport, now: Date): string[] {
  if (!tried) return [];
  return [`no video since ${momentText(tried.since, now)}, for ${durationText(secondsSince(tried.since, now))}`];
}

function triedTexts({ tried, breaker }: WhyReport): string[] {
  if (!tried) return [];
  const failures = failuresText(tried.failures);
  const { credentials } = tried;
  return [
    ...(failures === "" ? [] : [`failed: ${failures}`]),
    ...(credentials ? [`credentials: set ${credentials.next} of ${credentials.of} is next`] : []),
    ...(breaker === "closed" ? [] : ["attempts at this host are barred, since it did not answer"]),
  ];
}

function nextTexts({ next }: WhyReport, now: Date): string[] {
  if (!next) return [];
  const when =
    next.at === null ? "" : `In ${durationText(-secondsSince(next.at, now))}, at ${momentText(next.at, now)}: `;
  return [`${when}${next.sentence}`];
}

function entryTexts({ entry }: WhyReport): string[] {
  return entry === null ? [] : [`docs/troubleshooting.md: "${entry}"`];
}

function dayText({ lastDay }: HistorySummary): string {
  if (lastDay.outages === 0) return "no outage";
  const [count, longest] = [lastDay.outages, spanText(lastDay.longestMs)];
  return count === 1
    ? `1 outage of ${longest}`
    : `${count} outages, ${spanText(lastDay.downMs)} in all, the longest ${longest}`;
}

/** What the day and the present outage do not say already. */
function beforeTexts({ history, tried }: WhyReport): string[] {
  const { outages, lastDay, failures, detectionMs, recoveryMs } = history;
  const all = outages > lastDay.outages ? [`${outages} outages since events are kept`] : [];
  const speeds = [...speedText("noticed", detectionMs), ...speedText("mended", recoveryMs)].join(", ");
  const counted = failuresText(failures);
  const isSaid = tried !== null && counted === failuresText(tried.failures);
  return [...all, speeds, counted === "" || isSaid ? "" : `failures: ${counted}`].filter((text) => text !== "");
}

function speedText(what: string, summary: SampleSummary | null): string[] {
  if (!summary) return [];
  return [`${what} after ${spanText(summary.median)} (median; at most ${spanText(summary.max)})`];
}

function failuresText(failures: FailureCounts): string {
  return Object.entries(failures)
    .sort(([, one], [, other]) => other - one)
    .map(([failureClass, count]) => `${count} ${failureClass}`)
    .join(", ");
}

function atText(event: EventRecord, now: Date): string {
  return `${momentText(event.at, now)} ${eventText(event)}`;
}

/** The time of day; with the day where that is not today. */
function momentText(iso: string, now: Date): string {
  const day = new Date(iso).toDateString();
  return day === now.toDateString() ? localTime(iso) : `${day.slice(4, 10)} ${localTime(iso)}`;
}

function secondsSince(iso: string, now: Date): number {
  return (now.getTime() - new Date(iso).getTime()) / 1000;
}
