/** The router as the supervisor sees it: who listens where, who may connect, and which bundle each mount leads to. */

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { RouterSpec } from "../policy/spec.js";
import type { Log } from "../report/log.js";
import { CONTROL_SOCKET } from "../worker/bundle.js";
import type { NativePaths } from "../worker/native.js";
import type { WorkerExit } from "../worker/worker.js";
import { notWritten, readText, writeAtomically } from "./files.js";
import { createKeeper, endText, type Keeper } from "./keeper.js";
import { reloadRouter } from "./router-order.js";
import type { Clock } from "./stream.js";

export interface RouterParts {
  readonly paths: NativePaths;
  /** Of the instance. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
  /** It ended or hung, and is started again. */
  readonly onRestart: (sentence: string) => void;
}

export type RouterAnswer =
  | { readonly ok: true }
  | { readonly ok: false; readonly message: string; readonly hint: string };

export interface RouterWanted {
  readonly spec: RouterSpec;
  /** Certificate, chain and key; `null`: no TLS. */
  readonly pem: string | null;
  /** Mount to stream. */
  readonly mounts: ReadonlyMap<string, string>;
  /** Mount to the sentence that says why nothing is there. */
  readonly away: ReadonlyMap<string, string>;
}

export interface RouterView {
  readonly listen: readonly string[];
  readonly tlsListen: readonly string[];
  readonly pid: number | null;
  readonly restarts: number;
}

export interface Router {
  start(wanted: RouterWanted): Promise<RouterAnswer>;
  /**
   * Brings it up to date. Where it cannot be written down, all stays as it was until this is called again; where it cannot listen
   * somewhere, it listens where it did before.
   */
  update(wanted: RouterWanted): Promise<RouterAnswer>;
  stop(graceMs: number): Promise<void>;
  view(): RouterView;
}

const EXIT_PORT_IN_USE = 98;
const CERTIFICATE_FILE = "tls.pem";
const HUNG = "The router does not answer, and is replaced; viewers play on.";

type Listening = Pick<RouterSpec, "listen" | "tlsListen">;

export function createRouter({ paths, directory, clock, log, onRestart }: RouterParts): Router {
  const bundle = join(directory, "router");
  let listening: Listening = { listen: [], tlsListen: [] };
  let keeper: Keeper | undefined;
  let told = "";

  function tellExit(exit: WorkerExit | undefined, retryMs: number): void {
    const message = exitText(exit, listening);
    onRestart(message);
    if (message === told) return;
    told = message;
    log.error(message, { nextTryMs: retryMs });
  }

  function specText({ spec, mounts, away }: RouterWanted, { listen, tlsListen }: Listening = spec): string {
    const { limits, allow, deny } = spec;
    const bundles = [...mounts].map(([mount, stream]) => [mount, join(directory, "streams", stream)]);
    const text = {
      listen,
      tls: { listen: tlsListen },
      limits,
      allow,
      deny,
      mounts: Object.fromEntries(bundles),
      away: Object.fromEntries(away),
    };
    return `${JSON.stringify(text)}\n`;
  }

  /** The certificate comes before the address that shows it, and goes after. Returns why it could not be written. */
  function writeCertificate(pem: string | null): string | undefined {
    const path = join(bundle, CERTIFICATE_FILE);
    try {
      if (pem !== null && readText(path) !== pem) writeAtomically(path, pem);
      return undefined;
    } catch (error) {
      return notWritten(path, error);
    }
  }

  function removeCertificate(): void {
    rmSync(join(bundle, CERTIFICATE_FILE), { force: true });
  }

  /** Has the router listen as `wanted` says; it stays as it was where that cannot be. */
  async function listen(wanted: RouterWanted): Promise<RouterAnswer> {
    const reply = await reloadRouter(join(bundle, CONTROL_SOCKET));
    if (reply.ok) {
      listening = wanted.spec;
      if (wanted.pem === null) removeCertificate();
      return { ok: true };
    }
    keeper?.rewrite(specText(wanted, listening));
    return reply.message === undefined ? noReply() : cannotListen(reply.message);
  }

  return {
    async start(wanted) {
      listening = wanted.spec;
      mkdirSync(bundle, { recursive: true, mode: 0o700 });
      const problem = writeCertificate(wanted.pem);
      if (problem !== undefined) return notWritable(problem);
      keeper = createKeeper({
        shim: paths.shim,
        bundle,
        command: paths.router,
        args: ["--bundle", bundle, "--tls", paths.tls],
        spec: specText(wanted),
        fits: isOfThisForm,
        clock,
        onExit: tellExit,
        onHang() {
          log.error(HUNG);
          onRestart(HUNG);
        },
      });
      const started = await keeper.start();
      if (!started.ok) {
        return started.problem === undefined ? routerFailure(started.exit, wanted.spec) : notWritable(started.problem);
      }
      // One that was adopted may listen elsewhere.
      return listen(wanted);
    },
    async update(wanted) {
      const problem = writeCertificate(wanted.pem) ?? keeper?.rewrite(specText(wanted));
      if (problem !== undefined) return notWritable(problem);
      return isSame(wanted.spec, listening) ? { ok: true } : listen(wanted);
    },
    stop: async (graceMs) => keeper?.stop(graceMs),
    view: () => ({ ...listening, pid: keeper?.pid() ?? null, restarts: keeper?.restarts() ?? 0 }),
  };
}

/** One of an earlier version knows its addresses from its arguments, and no limits. */
function isOfThisForm(spec: string): boolean {
  try {
    return JSON.parse(spec).limits !== undefined;
  } catch {
    return false;
  }
}

function isSame(a: Listening, b: Listening): boolean {
  const text = ({ listen, tlsListen }: Listening) => JSON.stringify([listen, tlsListen]);
  return text(a) === text(b);
}

function routerFailure(exit: WorkerExit | undefined, listening: Listening): RouterAnswer {
  if (exit?.code === EXIT_PORT_IN_USE) return portInUse(listening);
  return {
    ok: false,
    message: exitText(exit, listening),
    hint: "router/worker.log in the runtime directory says more.",
  };
}

function notWritable(problem: string): RouterAnswer {
  return { ok: false, message: problem, hint: "Make room in the runtime directory." };
}

function noReply(): RouterAnswer {
  return { ok: false, message: "The router does not answer.", hint: "It is replaced by itself; this is tried again." };
}

function portInUse(listening: Listening): RouterAnswer {
  const all = addressesOf(listening);
  const what = all.includes(",") ? `One of the RTSP addresses ${all}` : `The RTSP address ${all}`;
  return {
    ok: false,
    message: `${what} is in use or cannot be listened on.`,
    hint: "End the other program (`ss -ltnp` shows it), or choose another `rtsp.listen`.",
  };
}

/** `why` is the router's, as in "cannot listen on 127.0.0.1:8554: Address already in use". */
function cannotListen(why: string): RouterAnswer {
  return {
    ok: false,
    message: `The router ${why}; it listens where it did before.`,
    hint: "End the other program (`ss -ltnp` shows it), or choose another `listen`.",
  };
}

function exitText(exit: WorkerExit | undefined, listening: Listening): string {
  if (!exit) return "The router could not be started.";
  if (exit.code === EXIT_PORT_IN_USE) {
    return `The router cannot listen on ${addressesOf(listening)}: the address is in use.`;
  }
  return `The router ended (${endText(exit)}); viewers play on.`;
}

function addressesOf({ listen, tlsListen }: Listening): string {
  return [...listen, ...tlsListen].join(", ");
}
