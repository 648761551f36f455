/** Programs written in C that are built for tests alone. */

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";

export interface TestPrograms {
  /** Records at its own pace and kills itself (workers/tests/outputs/recording-feeder.c). */
  readonly feeder: string;
  /** To be preloaded (workers/tests/faults/faults.h). */
  readonly faults: string;
  /** Viewers by the dozen (workers/tests/crowd/main.c). */
  readonly crowd: string;
}

const BUILD = "build/test";

/** Builds them where no run of the C tests has done so. */
export async function testPrograms(): Promise<TestPrograms> {
  const root = packageRoot(dirname(fileURLToPath(import.meta.url)));
  const feeder = join(root, BUILD, "tests/outputs/recording-feeder");
  const faults = join(root, BUILD, "tests/faults/libdslrs-test-faults.so");
  const crowd = join(root, BUILD, "tests/crowd/dslrs-crowd");
  if (![feeder, faults, crowd].every((program) => existsSync(program))) {
    await execa(join(root, "scripts/build-native"), [BUILD, "--buildtype=debugoptimized"]);
  }
  return { feeder, faults, crowd };
}

/** The compiled benchmark lies deeper. */
function packageRoot(from: string): string {
  return existsSync(join(from, "workers")) ? from : packageRoot(dirname(from));
}
