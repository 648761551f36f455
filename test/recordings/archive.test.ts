/** The archive process as the supervisor sees it, with real processes: killed at any moment, stopped as by a disk that hangs. */

import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Archive, createArchive } from "../../src/recordings/archive.js";
import type { ArchiveNote } from "../../src/recordings/archive-messages.js";
import type { Keeping } from "../../src/recordings/retention.js";
import type { Log } from "../../src/report/log.js";
import { temporaryDirectory } from "../report/directory.js";
import { archivesOf } from "../rig/processes.js";
import { until } from "../rig/until.js";

const PROGRAM = join(process.cwd(), "dist/src/recordings/archive-main.js");
const TIMEOUT_MS = 60_000;

interface Rig {
  readonly archive: Archive;
  readonly lines: string[];
  readonly changes: boolean[];
  /** Beats until it is so. */
  until(is: () => boolean | Promise<boolean>): Promise<void>;
  /** Lets the clock of the archive run ahead. */
  pass(ms: number): void;
}

const rigs: Rig[] = [];
afterEach(async () => {
  for (const pid of archiveProcesses()) signal(pid, "SIGCONT");
  await Promise.all(rigs.splice(0).map(({ archive }) => archive.stop()));
});
// Afterwards: what runs in it has ended when it goes.
const directory = temporaryDirectory();

function rig(program = PROGRAM): Rig {
  const lines: string[] = [];
  const changes: boolean[] = [];
  let ahead = 0;
  const waiting = new Map<() => void, number>();
  const clock = {
    now: () => Date.now() + ahead,
    after(ms: number, run: () => void) {
      const once = () => {
        waiting.delete(once);
        clearTimeout(timer);
        run();
      };
      const timer = setTimeout(once, ms);
      waiting.set(once, Date.now() + ahead + ms);
      return () => {
        waiting.delete(once);
        clearTimeout(timer);
      };
    },
  };
  const write = (line: string) => void lines.push(line);
  const log: Log = { debug: write, info: write, warn: write, error: write, forStream: () => log };
  const archive = createArchive({
    root: directory(),
    program,
    mend: "/nowhere",
    clock,
    log,
    onEvent: () => {},
    onSalvaged: () => {},
    onChange: (isAnswering) => changes.push(isAnswering),
  });
  const made: Rig = {
    archive,
    lines,
    changes,
    async until(is) {
      await until(async () => {
        archive.beat(keeping(), false);
        return is();
      });
    },
    pass(ms) {
      ahead += ms;
      for (const [run, due] of [...waiting]) if (due <= Date.now() + ahead) run();
    },
  };
  rigs.push(made);
  return made;
}

function keeping(): Keeping {
  return {
    root: directory(),
    keepBytes: 0,
    reserveBytes: 0,
    outputs: [],
    bytesPerSecond: 0,
    others: [],
  };
}

function note(number: number): ArchiveNote {
  const gap = { stream: "yard", output: "record", from: number, class: `${number}`, sentence: "It was reset." };
  return { is: "gap", gap, isBetter: false };
}

/** That look after the directory of this test. */
function archiveProcesses(): number[] {
  return archivesOf(directory());
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone.
  }
}

async function gapsKnown({ archive }: Rig): Promise<number> {
  const answer = await archive.find({});
  return answer.ok ? answer.value.gaps.length : -1;
}

test(
  "starts with the first beat, remembers, measures the disk, and is gone when it is stopped",
  async () => {
    const made = rig();
    expect([archiveProcesses(), made.archive.status().freeBytes]).toEqual([[], null]);
    made.archive.remember(note(1));
    await made.until(() => made.archive.status().freeBytes !== null);
    await made.until(async () => (await gapsKnown(made)) === 1);
    expect(existsSync(join(directory(), ".dslrs/index.sqlite"))).toBe(true);
    await made.archive.stop();
    await until(() => archiveProcesses().length === 0);
  },
  TIMEOUT_MS,
);

test(
  "killed again and again, it comes back and nothing that it was told is lost",
  async () => {
    const made = rig();
    const kills = 8;
    const each = 25;
    for (let kill = 0; kill < kills; kill += 1) {
      for (let count = 0; count < each; count += 1) made.archive.remember(note(1 + kill * each + count));
      await made.until(() => archiveProcesses().length > 0);
      // Somewhere in the start of the process, or in its work.
      await new Promise((resolve) => setTimeout(resolve, (kill * 37) % 150));
      for (const pid of archiveProcesses()) signal(pid, "SIGKILL");
      await until(() => archiveProcesses().length === 0);
      made.pass(60_000);
    }
    await made.until(async () => (await gapsKnown(made)) === kills * each);
    expect(made.lines.some((line) => line.includes("SIGKILL"))).toBe(true);
  },
  TIMEOUT_MS,
);

test(
  "one that hangs is waited for by nobody, is told of, replaced, and what it missed is told to the next",
  async () => {
    const made = rig();
    await made.until(async () => (await gapsKnown(made)) === 0);
    const [hanging = 0] = archiveProcesses();
    signal(hanging, "SIGSTOP");
    made.archive.remember(note(1));
    made.archive.beat(keeping(), false);
    made.pass(5_000);
    expect(made.archive.status().archive.state).toBe("slow");
    made.pass(10_000);
    made.archive.beat(keeping(), false);
    expect([made.archive.status().archive.state, made.changes]).toEqual(["silent", [false]]);
    expect(await Promise.race([made.archive.find({}), passed(made)])).toMatchObject({ ok: false });
    made.pass(30_000);
    made.pass(60_000);
    await made.until(async () => (await gapsKnown(made)) === 1 && made.archive.status().archive.state === "ok");
    expect(made.changes).toEqual([false, true]);
    expect(archiveProcesses()).not.toContain(hanging);
  },
  TIMEOUT_MS,
);

test(
  "notes that it refuses are told again with the next beat, without end and without a rush",
  async () => {
    const told = join(directory(), "told");
    const made = rig(refusingProgram(told));
    for (const number of [1, 2]) made.archive.remember(note(number));
    await made.until(() => linesOf(told).at(-1)?.startsWith("took") === true);
    expect(linesOf(told)).toEqual(["refused 1,2", "refused 1,2", "took 1,2"]);
  },
  TIMEOUT_MS,
);

/** An archive that lives, and takes notes at the third time only. */
function refusingProgram(told: string): string {
  const path = join(directory(), "archive-main.mjs");
  writeFileSync(
    path,
    `import { appendFileSync } from "node:fs";
    let refusals = 0;
    process.on("disconnect", () => process.exit());
    process.on("message", ({ id, do: what, notes }) => {
      const isRefused = what === "remember" && ++refusals < 3;
      const value = what === "beat" ? { root: null, indexProblem: null } : null;
      if (notes) appendFileSync(${JSON.stringify(told)}, (isRefused ? "refused " : "took ") + notes.map((note) => note.gap.from) + "\\n");
      process.send(isRefused ? { id, ok: false, message: "not now" } : { id, ok: true, value });
    });`,
  );
  return path;
}

function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
}

test(
  "one that hangs ends with a supervisor that is killed",
  async () => {
    const supervisor = spawn(process.execPath, ["--input-type=module", "-e", supervisorText()], { stdio: "ignore" });
    await until(() => existsSync(join(directory(), ".dslrs/index.sqlite")));
    for (const pid of archiveProcesses()) signal(pid, "SIGSTOP");
    expect(archiveProcesses()).toHaveLength(1);
    supervisor.kill("SIGKILL");
    await until(() => archiveProcesses().length === 0);
  },
  TIMEOUT_MS,
);

/** Of a program that has an archive of this root, and nothing else. */
function supervisorText(): string {
  const parts = JSON.stringify({ root: directory(), program: PROGRAM, mend: "/nowhere" });
  return `
    import { createArchive } from ${JSON.stringify(join(process.cwd(), "dist/src/recordings/archive.js"))};
    const clock = { now: Date.now, after: (ms, run) => { const timer = setTimeout(run, ms); return () => clearTimeout(timer); } };
    const log = { debug() {}, info() {}, warn() {}, error() {}, forStream: () => log };
    const archive = createArchive({ ...${parts}, clock, log, onEvent() {}, onSalvaged() {}, onChange() {} });
    archive.beat(${JSON.stringify(keeping())}, true);`;
}

/** Never resolves: time goes on meanwhile. */
function passed(made: Rig): Promise<never> {
  return new Promise(() => setImmediate(() => made.pass(5_000)));
}

test(
  "many who ask at once do not make it look dead",
  async () => {
    const made = rig();
    await made.until(async () => (await gapsKnown(made)) === 0);
    const [pid = 0] = archiveProcesses();
    signal(pid, "SIGSTOP");
    const answers = Array.from({ length: 40 }, () => made.archive.find({}));
    made.archive.beat(keeping(), false);
    signal(pid, "SIGCONT");
    expect((await Promise.all(answers)).map(({ ok }) => ok)).toEqual(expect.arrayContaining([true, false]));
    await made.until(async () => (await gapsKnown(made)) === 0);
    expect([archiveProcesses(), made.lines]).toEqual([[pid], []]);
  },
  TIMEOUT_MS,
);

test(
  "a stop waits for no disk",
  async () => {
    const made = rig();
    await made.until(async () => (await gapsKnown(made)) === 0);
    for (const pid of archiveProcesses()) signal(pid, "SIGSTOP");
    made.archive.remember(note(1));
    await made.archive.stop();
    await until(() => archiveProcesses().length === 0);
  },
  TIMEOUT_MS,
);
