/** A supervisor that only remembers what it was asked. */

import { type EventStore, openEventStore } from "../../src/report/events.js";
import type { CheckResult, SupervisorControl } from "../../src/supervisor/control.js";
import { createFakeClock } from "../rig/fake-clock.js";
import { runningStream, statusReport, watchingViewer, wellReport } from "./reports.js";

export interface FakeControl extends SupervisorControl {
  readonly asked: string[];
  /** What it tells of; in memory only. */
  readonly store: EventStore;
}

export function fakeControl(checkResult: CheckResult = { ok: true, steps: [] }, configPath?: string): FakeControl {
  const asked: string[] = [];
  const store = openEventStore({ directory: "/dev/null", clock: createFakeClock() });
  const order = (verb: string) => async (name: string) => {
    asked.push(`${verb} ${name}`);
    return { ok: true as const, message: `${name}: ${verb} is done.` };
  };
  return {
    asked,
    store,
    status: () => statusReport([runningStream()], configPath === undefined ? {} : { configPath }),
    pause: order("pause"),
    resume: async () => ({ ok: false, message: "It is not paused.", hint: "Pause it first." }),
    restart: order("restart"),
    record: async (name, request) => {
      asked.push(`record ${name} ${JSON.stringify(request)}`);
      const recording = {
        output: "clip",
        path: "/recordings/a.mkv",
        until: "2026-11-23T10:00:30.000Z",
        preRollMs: 1_500,
      };
      return { ok: true, isAway: false, recordings: [recording] };
    },
    viewers: async (stream) => {
      asked.push(`viewers ${stream ?? "of all"}`);
      return { viewers: [watchingViewer()], unanswered: [] };
    },
    kick: async (name, viewer) => {
      asked.push(`kick ${name} ${viewer}`);
      if (viewer === 3) return { ok: true, message: `${name}/3 is ended.` };
      return { ok: false, message: `There is no viewer ${name}/${viewer}.`, hint: "Look who there is." };
    },
    down: async () => {
      asked.push("down");
    },
    check: async (path) => {
      asked.push(`check ${path}`);
      return checkResult;
    },
    events: store.read,
    nextEvent(signal) {
      asked.push("next event");
      return store.next(signal);
    },
    recordings: async (query) => {
      asked.push(`recordings ${JSON.stringify(query)}`);
      return { recordings: [], gaps: [], roots: [{ path: "/recordings", problem: null }] };
    },
    reindex: async () => ({ ok: true, message: "Every file is looked into again." }),
    why: (name) => (name === "front-door" ? wellReport() : undefined),
  };
}
