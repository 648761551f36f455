import { plain } from "../../src/report/terminal.js";
import type { ViewerStatus } from "../../src/report/viewers.js";
import { viewersTable } from "../../src/report/viewers-table.js";
import { NOW, secondsAgo, watchingViewer } from "./reports.js";

function table(viewers: readonly ViewerStatus[], columns = 80): string {
  return viewersTable(viewers, { now: NOW, columns, paint: plain });
}

test("shows each viewer on a line of 80 columns", () => {
  const slow = watchingViewer({
    id: "front-door/34",
    user: "guard-of-the-night",
    transport: "udp",
    since: secondsAgo(3 * 86_400),
    framesSent: 6_480_000,
    framesDropped: 12_345,
    waitingBytes: 48 * 1024 ** 2,
    state: "keyframes",
  });
  const joining = watchingViewer({ id: "yard/1", address: "::1", agent: "", transport: "", since: null });
  const text = table([watchingViewer({ since: secondsAgo(125) }), slow, joining]);
  expect(text).toBe(
    [
      "ID            ADDRESS         USER   AGENT VIA    FOR  SENT LOST QUEUE STATE",
      "front-door/3  192.168.100.200 -      Lavf… tcp     2m  3000    0    0B playing",
      "front-door/34 192.168.100.200 guard… Lavf… udp   3d0h  6.5M  12k   48M keyframes",
      "yard/1        ::1             -                     -  3000    0    0B playing",
      "",
    ].join("\n"),
  );
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBe(80);
});

test("a wide terminal shows more of what clients call themselves, and nothing moves its cursor", () => {
  const text = table([watchingViewer({ agent: "VLC/3.0.18 \x1b[31m(LIVE555 Streaming Media)" })], 120);
  expect(text).toContain("VLC/3.0.18 ?[31m(LIVE555 Streaming Media)");
});

test("says that nobody is there", () => {
  expect(table([])).toBe("Nobody watches.\n");
});
