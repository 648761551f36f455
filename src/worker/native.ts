/** Where the programs written in C and the pipeline texts are. */

import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export interface NativePaths {
  readonly shim: string;
  readonly worker: string;
  readonly router: string;
  readonly tls: string;
  readonly camera: string;
  readonly mend: string;
  readonly join: string;
  /** The directory of the `.launch` files. */
  readonly pipelines: string;
}

export type NativeResult =
  | { readonly ok: true; readonly paths: NativePaths }
  | {
      readonly ok: false;
      /** Where they should be. */
      readonly paths: NativePaths;
      readonly message: string;
      readonly hint: string;
      readonly missing: readonly string[];
    };

/** `DSLRS_NATIVE_DIR` names another build directory than `<package>/build/native`. */
export function nativePaths(env: NodeJS.ProcessEnv = process.env): NativeResult {
  const root = packageRoot(dirname(fileURLToPath(import.meta.url)));
  const build = resolve(env.DSLRS_NATIVE_DIR ?? join(root, "build", "native"));
  const paths: NativePaths = {
    shim: join(build, "shim", "dslrs-shim"),
    worker: join(build, "worker", "dslrs-worker"),
    router: join(build, "router", "dslrs-router"),
    tls: join(build, "tls", "dslrs-tls"),
    camera: join(build, "camera", "dslrs-camera"),
    mend: join(build, "mend", "dslrs-mend"),
    join: join(build, "join", "dslrs-join"),
    pipelines: join(root, "pipelines"),
  };
  const { pipelines, ...programs } = paths;
  const missing = Object.values(programs).filter((path) => !isExecutable(path));
  if (!existsSync(pipelines)) missing.push(pipelines);
  if (missing.length === 0) return { ok: true, paths };
  return {
    ok: false,
    paths,
    missing,
    message: `Not built or not executable: ${missing.join(", ")}.`,
    hint: "Run `scripts/setup`, then `npm run build`.",
  };
}

/** Compiled files lie deeper (`dist/src/worker`) than the sources that tests run (`src/worker`). */
function packageRoot(from: string): string {
  const manifest = join(from, "package.json");
  if (existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).name === "dslrs") return from;
  const parent = dirname(from);
  if (parent === from) throw new Error("dslrs does not run from its own package: no package.json above it");
  return packageRoot(parent);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
