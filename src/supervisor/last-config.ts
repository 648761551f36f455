/**
 * The last valid config, kept in the instance's directory: a supervisor that starts while the file is broken goes on with it, so that
 * the workers that are alive do not end as orphans. An orderly stop forgets it.
 */

import { join } from "node:path";
import type { ValidConfig } from "../config/parse.js";
import { instanceDirectory, instanceNames } from "../report/instance.js";
import type { Log } from "../report/log.js";
import { readJsonObject, removeFolder } from "./files.js";
import { createKeptFile } from "./kept-file.js";
import type { Clock } from "./stream.js";

export interface LastConfig {
  keep(valid: ValidConfig): void;
  forget(): void;
}

export interface LastConfigParts {
  /** Of the instance. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Mode 0600: like the file itself it may hold passwords. */
const FILE = "config.json";

export function keepLastConfig({ directory, clock, log }: LastConfigParts): LastConfig {
  const path = join(directory, FILE);
  const file = createKeptFile({ path, outdated: "stays", clock, log });
  return {
    keep: ({ config, text }) => file.write(`${JSON.stringify({ path: config.path, text })}\n`),
    forget() {
      file.rest();
      removeFolder(path);
    },
  };
}

/** What a former supervisor of `configPath` last ran; `instance`: of that one alone. */
export function readLastConfig(runtimeDir: string, configPath: string, instance?: string): string | undefined {
  for (const name of instance === undefined ? instanceNames(runtimeDir) : [instance]) {
    const kept = readJsonObject(join(instanceDirectory(runtimeDir, name), FILE));
    if (kept?.path === configPath && typeof kept.text === "string") return kept.text;
  }
  return undefined;
}
