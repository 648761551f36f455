/** Viewers by the dozen, in a process of their own: the program of workers/tests/crowd, which says what can be ordered. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { testPrograms } from "./test-programs.js";
import { until } from "./until.js";

export interface CrowdGroup {
  readonly group: string;
  readonly url: string;
  readonly count: number;
  /** `watch`, where nothing is said. */
  readonly does?: "watch" | "hop" | "knock";
  /** It reads no faster than that. */
  readonly bytesPerSecond?: number;
  /** Of the sockets, in bytes: how much the kernel takes for one who does not read. */
  readonly receiveBuffer?: number;
  /** After the first frame of each visit. */
  readonly stayMs?: number;
  /** Visits of the whole group, after which nobody comes again. */
  readonly times?: number;
  /** Whether the report says when each frame came. */
  readonly arrivals?: boolean;
}

export interface Arrival {
  /** The same frame has the same key on every path. */
  readonly key: string;
  readonly atUs: number;
}

/** Of one viewer's video, over all its visits. */
export interface Seen {
  readonly playing: boolean;
  readonly frames: number;
  readonly bytes: number;
  /** Packets. */
  readonly lost: number;
  readonly smallestStep: number;
  readonly largestStep: number;
  readonly visits: number;
  /** By the other side. */
  readonly ended: number;
  readonly refused: number;
  /** Of the last refusal; 0 where there was none. */
  readonly status: number;
  readonly arrivals: readonly Arrival[];
}

export interface GroupReport {
  readonly group: string;
  /** From connect to the first whole frame (where it knocks: to the answer), of each visit. */
  readonly firstFrameUs: readonly number[];
  readonly viewers: readonly Seen[];
}

export interface Crowd {
  readonly pid: number;
  add(group: CrowdGroup): Promise<void>;
  /** Puts itself before the camera of `url`; resolves with the same URL through it. Its report has when each frame went through. */
  relay(group: string, url: string): Promise<string>;
  report(group: string): Promise<GroupReport>;
  /** Resolves with the first report that is as `is` wants. */
  reportUntil(group: string, is: (report: GroupReport) => boolean): Promise<GroupReport>;
  /** SIGSTOP: the kernel keeps the connections, and nobody reads. */
  freeze(): void;
  /** SIGKILL. */
  stop(): Promise<void>;
}

export async function startCrowd(): Promise<Crowd> {
  const { crowd } = await testPrograms();
  const child: ChildProcess = spawn(crowd, { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const waiting: ((line: string) => void)[] = [];
  if (child.stdout === null || child.pid === undefined) throw new Error(`${crowd} does not start`);
  createInterface({ input: child.stdout }).on("line", (line) => waiting.shift()?.(line));

  const ask = async (order: object): Promise<unknown> => {
    const answer = new Promise<string>((resolve, reject) => {
      waiting.push(resolve);
      ended.then(() => reject(new Error("dslrs-crowd ended")));
    });
    child.stdin?.write(`${JSON.stringify(order)}\n`);
    return JSON.parse(await answer);
  };
  const order = async (what: object): Promise<number> => {
    const answer = (await ask(what)) as { ok: boolean; message?: string; port?: number };
    if (!answer.ok) throw new Error(answer.message);
    return answer.port ?? 0;
  };
  const report = async (name: string): Promise<GroupReport> => {
    const groups = (await ask({ type: "report" })) as readonly GroupReport[];
    const found = groups.find(({ group }) => group === name);
    if (found === undefined) throw new Error(`there is no group ${name}`);
    return found;
  };
  return {
    pid: child.pid,
    async add(group) {
      await order({ ...group, type: "add" });
    },
    async relay(group, url) {
      const port = await order({ type: "relay", group, url });
      return `rtsp://127.0.0.1:${port}${new URL(url).pathname}`;
    },
    report,
    reportUntil: (name, is) =>
      until(async () => {
        const found = await report(name);
        return is(found) && found;
      }),
    freeze() {
      child.kill("SIGSTOP");
    },
    async stop() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
