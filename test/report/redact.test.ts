import { redact } from "../../src/report/redact.js";

describe("redact", () => {
  test.each([
    ["rtsp://admin:secret@cam/stream", "rtsp://***@cam/stream"],
    ["open rtsps://admin:secret@cam:322/s now", "open rtsps://***@cam:322/s now"],
    ["rtsp://admin:p@ss:w@cam/s", "rtsp://***@cam/s"],
    ["rtsp://admin:pa/ss@cam/s", "rtsp://***@cam/s"],
    ["http://cam/snap?user=admin&password=hunter2&size=1", "http://cam/snap?user=***&password=***&size=1"],
    ['{"uri":"RTSP://u:p@h/"}', '{"uri":"RTSP://***@h/"}'],
  ])("masks %s", (text, masked) => {
    expect(redact(text)).toBe(masked);
  });

  test.each([
    "rtsp://cam:554/stream",
    "rtsp://cam:554/stream?at=a@b",
    "mail a@b.example about rtsp://cam/x",
    "/home/user@host/file",
  ])("leaves %s alone", (text) => {
    expect(redact(text)).toBe(text);
  });
});
