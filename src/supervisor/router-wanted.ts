/** What the config and the pauses of users make the router do. */

import type { Config } from "../config/model.js";
import type { PlanStep } from "../policy/plan.js";
import { type InstanceSpec, mountsOf } from "../policy/spec.js";
import type { RouterView, RouterWanted } from "./router.js";

const ROUTER_STEPS: ReadonlySet<PlanStep["step"]> = new Set(["setListen", "setAccess", "setCertificate", "setRoutes"]);

export function concernsRouter({ step }: PlanStep): boolean {
  return ROUTER_STEPS.has(step);
}

export function routerWanted(
  { rtsps }: Pick<Config, "rtsps">,
  { router: spec, streams }: Pick<InstanceSpec, "router" | "streams">,
  isPaused: (stream: string) => boolean,
): RouterWanted {
  const paused = streams.filter(({ name }) => isPaused(name));
  const served = streams.filter((stream) => !paused.includes(stream));
  const away = [...mountsOf(paused)].map(([mount, name]) => [mount, `The stream ${name} is paused.`] as const);
  return { spec, pem: rtsps?.pem ?? null, mounts: mountsOf(served), away: new Map(away) };
}

/** For people at this machine. */
export function urlAt({ listen: [first = ""] }: Pick<RouterView, "listen">, mount: string): string {
  return `rtsp://${first.replace(/^(?:0\.0\.0\.0|\[::\]):/, "127.0.0.1:")}${mount}`;
}
