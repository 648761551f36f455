/** The router as the supervisor sees it: who listens where, and which bundle each mount leads to. */

import { createServer } from "node:net";
import { join } from "node:path";
import type { ListenAddress } from "../config/model.js";
import { listenText } from "../policy/spec.js";
import type { Log } from "../report/log.js";
import type { NativePaths } from "../worker/native.js";
import type { WorkerExit } from "../worker/worker.js";
import { createKeeper, endText, type Keeper } from "./keeper.js";
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

/** Mount to stream. */
export type Mounts = ReadonlyMap<string, string>;

export interface Router {
  start(listen: ListenAddress, mounts: Mounts): Promise<RouterAnswer>;
  /** Where the route table cannot be written, the former one stays in force until this is called again. */
  setMounts(mounts: Mounts): RouterAnswer;
  /** Listens elsewhere. Where that cannot be, the former address stays. */
  move(listen: ListenAddress): Promise<RouterAnswer>;
  stop(graceMs: number): Promise<void>;
  view(): { readonly listen: string; readonly pid: number | null; readonly restarts: number };
}

const EXIT_PORT_IN_USE = 98;
const MOVE_GRACE_MS = 1_000;
const HUNG = "The router does not answer, and is replaced; viewers play on.";

export function createRouter({ paths, directory, clock, log, onRestart }: RouterParts): Router {
  const bundle = join(directory, "router");
  let listen = "";
  let mounts: Mounts = new Map();
  let keeper: Keeper | undefined;
  let told = "";

  function specText(): string {
    const bundles = [...mounts].map(([mount, stream]) => [mount, join(directory, "streams", stream)]);
    return `${JSON.stringify({ listen: [listen], mounts: Object.fromEntries(bundles) })}\n`;
  }

  function tellExit(exit: WorkerExit | undefined, retryMs: number): void {
    const message = exitText(exit, listen);
    onRestart(message);
    if (message === told) return;
    told = message;
    log.error(message, { nextTryMs: retryMs });
  }

  async function begin(address: string): Promise<RouterAnswer> {
    listen = address;
    told = "";
    keeper = createKeeper({
      shim: paths.shim,
      bundle,
      command: paths.router,
      args: ["--bundle", bundle, "--listen", address],
      spec: specText(),
      fits: (running) => listensOn(running, address),
      clock,
      onExit: tellExit,
      onHang() {
        log.error(HUNG);
        onRestart(HUNG);
      },
    });
    const started = await keeper.start();
    if (started.ok) return started;
    return started.problem === undefined ? routerFailure(started.exit, address) : notWritable(started.problem);
  }

  function rewrite(): RouterAnswer {
    const problem = keeper?.rewrite(specText());
    return problem === undefined ? { ok: true } : notWritable(problem);
  }

  return {
    start(address, wanted) {
      mounts = wanted;
      return begin(listenText({ rtsp: { listen: address } }));
    },
    setMounts(wanted) {
      mounts = wanted;
      return rewrite();
    },
    async move(address) {
      if (!(await canListen(address))) return portInUse(listenText({ rtsp: { listen: address } }));
      // The next router cannot be started where its spec cannot be written, so the living one must stay.
      const written = rewrite();
      if (!written.ok) return written;
      await keeper?.stop(MOVE_GRACE_MS);
      const former = listen;
      const answer = await begin(listenText({ rtsp: { listen: address } }));
      if (answer.ok) return answer;
      await keeper?.stop(0);
      await begin(former);
      return answer;
    },
    stop: async (graceMs) => keeper?.stop(graceMs),
    view: () => ({ listen, pid: keeper?.pid() ?? null, restarts: keeper?.restarts() ?? 0 }),
  };
}

function listensOn(spec: string, address: string): boolean {
  try {
    return JSON.parse(spec).listen[0] === address;
  } catch {
    return false;
  }
}

/** Asked before the living router gives up an address that works. */
function canListen({ host, port }: ListenAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

function routerFailure(exit: WorkerExit | undefined, listen: string): RouterAnswer {
  if (exit?.code === EXIT_PORT_IN_USE) return portInUse(listen);
  return { ok: false, message: exitText(exit, listen), hint: "router/worker.log in the runtime directory says more." };
}

function notWritable(problem: string): RouterAnswer {
  return { ok: false, message: problem, hint: "Make room in the runtime directory." };
}

function portInUse(listen: string): RouterAnswer {
  return {
    ok: false,
    message: `The RTSP address ${listen} is in use or cannot be listened on.`,
    hint: "End the other program (`ss -ltnp` shows it), or choose another `rtsp.listen`.",
  };
}

function exitText(exit: WorkerExit | undefined, listen: string): string {
  if (!exit) return "The router could not be started.";
  if (exit.code === EXIT_PORT_IN_USE) return `The router cannot listen on ${listen}: the address is in use.`;
  return `The router ended (${endText(exit)}); viewers play on.`;
}
