/** What a config needs from the machine: room for recordings and free ports. */

import { accessSync, constants, existsSync, statfsSync } from "node:fs";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { listenText } from "../../config/formats.js";
import type { Config } from "../../config/model.js";
import { openAddresses } from "../../config/resolve-access.js";
import { reserveOf } from "../../recordings/reserve.js";
import { bytesText } from "../../report/units.js";
import { type Finding, missing, ok, warn } from "./finding.js";

type Recordings = Config["recordings"];

export function recordingsFindings({ roots, reserveBytes }: Recordings): Finding[] {
  return roots.map((root) => recordingsFinding(root, reserveBytes));
}

export function recordingsFinding(root: string, reserveBytes: Recordings["reserveBytes"]): Finding {
  const what = "recordings";
  const existing = nearestExisting(root);
  try {
    accessSync(existing, constants.W_OK);
  } catch {
    return missing(what, `${root} is not writable`, `mkdir -p ${root} && chown "$USER" ${root}`);
  }
  const { bavail, blocks, bsize } = statfsSync(existing);
  const space = { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  const reserve = reserveOf(reserveBytes, space, 0);
  const detail = `${root}: ${bytesText(space.freeBytes)} free`;
  if (space.freeBytes >= reserve) return ok(what, detail);
  return warn(
    what,
    `${detail}, less than the reserve of ${bytesText(reserve)}`,
    "the oldest recordings will go; make room, or choose another recordings.root",
  );
}

/** `inUse`: ports that the running instance of this config holds itself. */
export async function portFindings(config: Config, ownedByUs: boolean): Promise<Finding[]> {
  const addresses = [
    ...config.rtsp.listen.map((address) => ({ what: "port of rtsp.listen", ...address })),
    ...(config.rtsps?.listen ?? []).map((address) => ({ what: "port of rtsps.listen", ...address })),
  ];
  const cameraPorts = [...new Set(config.cameras.map((camera) => camera.port))];
  return Promise.all([
    ...addresses.map(({ what, host, port }) => portFinding(what, host, port, ownedByUs)),
    ...cameraPorts.map((cameraPort) => portFinding("port of simulate", "127.0.0.1", cameraPort, ownedByUs)),
  ]);
}

/** Who may watch what the config serves. */
export function accessFinding(config: Config): Finding {
  const what = "viewers";
  const open = openAddresses(config);
  if (open.length > 0) {
    const detail = `everybody who reaches ${open.map(listenText).join(" or ")} can watch`;
    return warn(what, detail, "`dslrs passwd NAME --config FILE` adds a user; then remove `public: true`");
  }
  const count = config.users.length;
  return ok(what, count === 0 ? "those on this machine, without a password" : `${count} user${count === 1 ? "" : "s"}`);
}

const WARNED_BEFORE_DAYS = 14;
const DAY_MS = 86_400_000;

/** How long the certificate of RTSPS is still good for. */
export function certificateFindings({ rtsps }: Pick<Config, "rtsps">, now: number): Finding[] {
  if (!rtsps) return [];
  const what = "certificate of rtsps";
  const until = new Date(rtsps.validUntil).toISOString().slice(0, 10);
  const mend = "renew it; dslrs notices the new file by itself";
  if (rtsps.validUntil < now) return [warn(what, `it expired on ${until}, and clients refuse it`, mend)];
  if (rtsps.validUntil - now < WARNED_BEFORE_DAYS * DAY_MS) return [warn(what, `it expires on ${until}`, mend)];
  return [ok(what, `good until ${until}`)];
}

async function portFinding(what: string, host: string, port: number, ownedByUs: boolean): Promise<Finding> {
  const address = `${host}:${port}`;
  if (ownedByUs) return ok(what, `${address}, held by the running instance`);
  const problem = await listenProblem(host, port);
  if (problem === undefined) return ok(what, `${address} is free`);
  if (problem !== "EADDRINUSE") return missing(what, `${address}: ${problem}`, "choose an address of this machine");
  return missing(
    what,
    `${address} is in use`,
    `ss -tlnp 'sport = :${port}' names who holds it; end it or choose another`,
  );
}

function listenProblem(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

function nearestExisting(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : nearestExisting(dirname(path));
}
