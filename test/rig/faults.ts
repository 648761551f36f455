/**
 * A disk under an instance's recordings that fails, fills, hangs or is slow on order, and a clock that jumps: the workers run with the library of
 * workers/tests/faults preloaded.
 */

import { closeSync, mkdirSync, openSync, readdirSync, readSync, symlinkSync, writeFileSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { nativePaths } from "../../src/worker/native.js";
import { testPrograms } from "./test-programs.js";

/** As `FaultOp` and `Faults` in faults.h. */
const OPS = ["open", "write", "sync", "rename", "mkdir", "truncate"] as const;
const MEMBERS = ["op", "nth", "persistent", "error", "delayMs", "hang", "clockSeconds", "fired"] as const;
const INT = 4;

export interface DiskFault {
  readonly op: (typeof OPS)[number];
  readonly error?: "ENOSPC" | "EIO" | "EROFS";
  readonly delayMs?: number;
  /** Until the cure. */
  readonly hangs?: boolean;
}

export interface FaultyDisk {
  /** What the supervisor has to be started with. */
  readonly environment: NodeJS.ProcessEnv;
  /** Every call of that kind from now on. */
  break(fault: DiskFault): void;
  cure(): void;
  /** Calls that the fault concerned. */
  fired(): number;
  /** Made so far, by kind. */
  calls(): Record<string, number>;
  setClockFast(seconds: number): void;
  close(): void;
}

/** `root`: the folder whose files are concerned, without symbolic links. */
export async function createFaultyDisk(directory: string, root: string): Promise<FaultyDisk> {
  const { faults } = await testPrograms();
  const orders = join(directory, "faults");
  writeFileSync(orders, Buffer.alloc((MEMBERS.length + OPS.length) * INT));
  const fd = openSync(orders, "r+");

  const set = (member: (typeof MEMBERS)[number], value: number) => {
    const bytes = Buffer.alloc(INT);
    bytes.writeInt32LE(value);
    writeSync(fd, bytes, 0, INT, MEMBERS.indexOf(member) * INT);
  };
  const at = (index: number) => {
    const bytes = Buffer.alloc(INT);
    readSync(fd, bytes, 0, INT, index * INT);
    return bytes.readInt32LE();
  };

  return {
    environment: {
      ...process.env,
      DSLRS_NATIVE_DIR: wrapWorkers(join(directory, "native"), faults),
      DSLRS_TEST_FAULTS: orders,
      DSLRS_TEST_FAULT_ROOT: root,
    },
    break({ op, error, delayMs = 0, hangs = false }) {
      set("nth", 0);
      set("op", OPS.indexOf(op));
      set("error", error === undefined ? 0 : constants.errno[error]);
      set("delayMs", delayMs);
      set("hang", hangs ? 1 : 0);
      set("fired", 0);
      set("persistent", 1);
      set("nth", 1);
    },
    cure() {
      set("nth", 0);
      set("error", 0);
      set("hang", 0);
    },
    fired: () => at(MEMBERS.indexOf("fired")),
    calls: () => Object.fromEntries(OPS.map((op, index) => [op, at(MEMBERS.length + index)])),
    setClockFast: (seconds) => set("clockSeconds", seconds),
    close: () => closeSync(fd),
  };
}

/** The programs as they are built, but for the worker: a worker's environment is not its supervisor's. */
function wrapWorkers(folder: string, library: string): string {
  const { worker } = nativePaths().paths;
  const built = dirname(dirname(worker));
  mkdirSync(join(folder, "worker"), { recursive: true });
  for (const name of readdirSync(built)) if (name !== "worker") symlinkSync(join(built, name), join(folder, name));
  const script = `#!/bin/sh\nexec env LD_PRELOAD='${library}' '${worker}' "$@"\n`;
  writeFileSync(join(folder, "worker", "dslrs-worker"), script, { mode: 0o755 });
  return folder;
}
