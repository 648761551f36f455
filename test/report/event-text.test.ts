import type { EventRecord } from "../../src/report/event.js";
import { formatEvent } from "../../src/report/event-text.js";
import { plain } from "../../src/report/terminal.js";
import { secondsAgo } from "./reports.js";

const EVENT: EventRecord = {
  id: 1,
  at: secondsAgo(0),
  stream: "front-door",
  kind: "failed",
  message: "The camera refused the connection.",
  fields: { class: "refused", attempts: 12, nextInMs: 2_340, detail: "Could not connect" },
  times: 1,
  firstAt: secondsAgo(0),
};

function lines(change: Partial<EventRecord>, columns?: number): string[] {
  const text = formatEvent({ ...EVENT, ...change }, plain, columns);
  return text.replace(/\d\d:\d\d:\d\d/g, "HH:MM:SS").split("\n");
}

test("is one line with what a person wants to know", () => {
  expect(lines({})).toEqual([
    "HH:MM:SS front-door   failed: The camera refused the connection. (attempts 12, next in 2.3 s)",
    "",
  ]);
});

test("says how often it happened, and since when", () => {
  expect(lines({ times: 7, fields: {} })[0]).toMatch(/connection\. \(7 times since HH:MM:SS\)$/);
});

test("the instance speaks as dslrs, and without the name of a state", () => {
  const event = { stream: null, kind: "configApplied", message: "The edit is in force.", fields: {} } as const;
  expect(lines(event)[0]).toBe("HH:MM:SS dslrs        The edit is in force.");
});

test("stays within 80 columns, below itself", () => {
  const wrapped = lines({ message: "word ".repeat(40).trim() }, 80);
  expect(wrapped.length).toBeGreaterThan(4);
  for (const line of wrapped) expect(line.length).toBeLessThanOrEqual(80);
  expect(wrapped[1]).toMatch(/^ {22}word/);
});

test("cannot be used by a camera to control the terminal", () => {
  expect(lines({ message: "evil \x1b[2J", fields: { camera: "\x9b31m\n" } }).join("")).not.toMatch(/\p{Cc}/u);
});
