import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createLog, type Log, streamLogPath, supervisorLogPath } from "../../src/report/log.js";
import { logFileChain, openLogFile } from "../../src/report/log-file.js";
import { temporaryDirectory } from "./directory.js";

const directory = temporaryDirectory();

interface Captured {
  readonly log: Log;
  readonly text: () => string;
}

function capture(options: Partial<Parameters<typeof createLog>[0]> = {}): Captured {
  const written: string[] = [];
  const output = { write: (text: string) => written.push(text), columns: 80, ...options.output };
  return { log: createLog({ directory: directory(), ...options, output }), text: () => written.join("") };
}

function linesOf(path: string): Record<string, unknown>[] {
  return readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("the log's files", () => {
  test("a stream's lines go to its own file and, with all others, to supervisor.log", () => {
    const { log } = capture();
    log.info("ready");
    log.forStream("front-door").warn("camera is away", { attempt: 2 });
    expect(linesOf(streamLogPath(directory(), "front-door"))).toMatchObject([
      { level: "warn", message: "camera is away", attempt: 2, stream: "front-door" },
    ]);
    expect(linesOf(supervisorLogPath(directory())).map((line) => line.message)).toEqual(["ready", "camera is away"]);
  });

  test("a stream called supervisor does not share a file with the supervisor", () => {
    const { log } = capture();
    log.forStream("supervisor").info("mine");
    log.info("ours");
    expect(linesOf(streamLogPath(directory(), "supervisor"))).toHaveLength(1);
  });

  test("only the owner can read them", () => {
    capture().log.forStream("cam").info("x");
    expect(statSync(streamLogPath(directory(), "cam")).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory(), "logs")).mode & 0o777).toBe(0o700);
  });

  test("they are bounded: the oldest lines go, the newest stay", () => {
    const fileLimits = { bytes: 1000, files: 3 };
    const cam = capture({ fileLimits }).log.forStream("cam");
    for (let line = 0; line < 200; line += 1) cam.info(`line ${line}`);
    const chain = logFileChain(streamLogPath(directory(), "cam"));
    const kept = chain.flatMap(linesOf).map((line) => line.message);
    expect(kept.at(-1)).toBe("line 199");
    expect(kept).toEqual([...kept.keys()].map((index) => `line ${200 - kept.length + index}`));
    for (const file of chain) expect(statSync(file).size).toBeLessThanOrEqual(fileLimits.bytes);
    expect(() => statSync(`${chain.at(-1)}.3`)).toThrow("ENOENT");
  });

  test("a folder that somebody removed comes back; one that cannot be written stops nothing", () => {
    const { log, text } = capture();
    const cam = log.forStream("cam");
    cam.info("one");
    rmSync(join(directory(), "logs"), { recursive: true });
    cam.info("two");
    expect(linesOf(streamLogPath(directory(), "cam"))).toHaveLength(1);
    rmSync(join(directory(), "logs"), { recursive: true });
    writeFileSync(join(directory(), "logs"), "in the way");
    cam.info("three");
    expect(text()).toContain("three");
  });

  test("a full disk stops nothing", () => {
    expect(() => openLogFile("/dev/full").append("line\n")).not.toThrow();
  });
});

describe("the log's output", () => {
  test("is JSON lines for a pipe", () => {
    const { log, text } = capture({ directory: null });
    log.forStream("cam").info("up", { fps: 25 });
    expect(JSON.parse(text())).toMatchObject({ level: "info", stream: "cam", message: "up", fps: 25 });
  });

  test("is one compact line without colours where none are wanted", () => {
    const { log, text } = capture({ directory: null, pretty: true });
    log.forStream("front-door").info("up", { fps: 25, url: "rtsp://h/x" });
    log.warn("disk is nearly full");
    expect(text().replace(/\d\d:\d\d:\d\d/g, "TIME")).toBe(
      "TIME front-door   up fps=25 url=rtsp://h/x\nTIME dslrs        warn: disk is nearly full\n",
    );
  });

  test("is coloured on a terminal, unless NO_COLOR is set", () => {
    const terminal = { write: () => true, isTTY: true };
    const written: string[] = [];
    const output = { ...terminal, write: (text: string) => written.push(text) };
    const before = process.env.NO_COLOR;
    try {
      delete process.env.NO_COLOR;
      createLog({ directory: null, output }).forStream("cam").error("coloured");
      process.env.NO_COLOR = "1";
      createLog({ directory: null, output }).forStream("cam").error("plain");
    } finally {
      if (before === undefined) delete process.env.NO_COLOR;
      else process.env.NO_COLOR = before;
    }
    expect(written[0]).toContain("\x1b[");
    expect(written[1]).not.toContain("\x1b[");
  });

  test("wraps long messages below themselves, within the width of the terminal", () => {
    const { log, text } = capture({ directory: null, pretty: true });
    log.forStream("cam").info("word ".repeat(60).trim());
    const lines = text().trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(3);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
    expect(lines[1]).toMatch(/^ {22}word/);
  });

  test("does not wrap on a terminal that says it is 0 columns wide", () => {
    const written: string[] = [];
    const output = { write: (text: string) => written.push(text), columns: 0 };
    createLog({ directory: null, pretty: true, output }).info("word ".repeat(60).trim());
    expect(written.join("").trimEnd().split("\n")).toHaveLength(1);
  });

  test("cannot be used by a camera to control the terminal", () => {
    const { log, text } = capture({ directory: null, pretty: true });
    log.info("evil \x1b[2J\x9b31m \r\nsecond line");
    expect(text()).not.toMatch(/\p{Cc}(?!$)/u);
    expect(text().split("\n")).toHaveLength(2);
  });

  test("masks credentials and cuts endless messages", () => {
    const { log, text } = capture();
    log.forStream("cam").warn(`rtsp://u:hunter2@h/ ${"x".repeat(100_000)}`, { uri: "rtsp://u:hunter2@h/" });
    expect(text()).not.toContain("hunter2");
    expect(readFileSync(streamLogPath(directory(), "cam"), "utf8")).not.toContain("hunter2");
    expect(text().length).toBeLessThan(5_000);
  });

  test("leaves out what is below its level", () => {
    const { log, text } = capture({ directory: null, level: "warn" });
    log.info("quiet");
    log.error("loud");
    expect(text()).not.toContain("quiet");
    expect(text()).toContain("loud");
  });

  test("drops lines for a reader that stopped reading; the files have them all", () => {
    const { log, text } = capture({ output: { write: () => true, writableLength: 2 ** 21 } });
    log.info("unread");
    expect(text()).toBe("");
    expect(linesOf(supervisorLogPath(directory()))).toHaveLength(1);
  });
});
