/**
 * A world for the lifecycle: virtual time, many streams on a few hosts, one queue for all their attempts. `stream-world.ts` has the life of
 * each, `admission.ts` what they share.
 */

import type { ReconnectLimit } from "../../src/config/model.js";
import type { Occurrence } from "../../src/policy/states.js";
import { type Admission, createAdmission, type Host } from "./admission.js";
import { type Agenda, createAgenda } from "./agenda.js";
import { ABSENCES, type Absence } from "./cameras.js";
import { pick, type Random, seeded } from "./random.js";
import { createStreamWorld, type StreamSetup, type StreamWorld } from "./stream-world.js";

export interface World {
  readonly agenda: Agenda;
  readonly admission: Admission;
  readonly streams: ReadonlyMap<string, StreamWorld>;
  stream(name: string): StreamWorld;
  order(name: string, event: Occurrence): void;
  leave(host: string, absence: Absence): void;
  comeBack(host: string): void;
  /** Ingest lives of all streams. */
  lives(): number;
}

export interface WorldParts {
  readonly random: Random;
  readonly streams: readonly StreamSetup[];
  readonly limit?: ReconnectLimit;
}

const START = 1_000_000;
export const LIMIT: ReconnectLimit = { perSecond: 20, burst: 40 };

export function createWorld({ random, streams: setups, limit = LIMIT }: WorldParts): World {
  const agenda = createAgenda(START);
  const hosts = new Map<string, Host>(setups.map(({ host }) => [host, { absence: undefined }]));
  const streams = new Map<string, StreamWorld>();
  const admission = createAdmission({
    agenda,
    random,
    limit,
    hosts,
    post: (name, news) => stream(name).post(news),
    streamsOf: (host) => setups.filter((setup) => setup.host === host).map(({ name }) => name),
  });
  for (const setup of setups) {
    const parts = { agenda, admission, host: hostOf(setup.host), random: seeded(Math.floor(random() * 2 ** 32)) };
    streams.set(setup.name, createStreamWorld(setup, parts));
  }

  function hostOf(name: string): Host {
    const host = hosts.get(name);
    if (!host) throw new Error(`no host ${name}`);
    return host;
  }

  function stream(name: string): StreamWorld {
    const found = streams.get(name);
    if (!found) throw new Error(`no stream ${name}`);
    return found;
  }

  return {
    agenda,
    admission,
    streams,
    stream,
    order: (name, event) => stream(name).post(event),
    leave(host, absence) {
      hostOf(host).absence = absence;
      for (const setup of setups) if (setup.host === host) stream(setup.name).loseHost();
    },
    comeBack(host) {
      hostOf(host).absence = undefined;
    },
    lives: () => [...streams.values()].reduce((sum, each) => sum + each.state().lives.ingest, 0),
  };
}

/** Hosts come and go for as long as `until` says; then they are all there. */
export function unsettleHosts(world: World, hosts: readonly string[], random: Random, until: number): void {
  for (const host of hosts) {
    const turn = (isAway: boolean): void => {
      if (isAway) world.comeBack(host);
      if (world.agenda.now() > until) return;
      if (!isAway) world.leave(host, pick(ABSENCES, random));
      world.agenda.after(isAway ? random() * 900_000 : random() ** 3 * 300_000, () => turn(!isAway));
    };
    world.agenda.after(random() * 900_000, () => turn(false));
  }
}
