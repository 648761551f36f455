/**
 * A network of its own for a camera, joined to this machine by a virtual cable that can be pulled: what a proxy cannot show, such as an
 * address nobody answers for. Needs root and `ip`.
 */

import { existsSync } from "node:fs";
import { execa } from "execa";

export interface TestNetwork {
  /** Of the far side; this machine reaches it over the cable. */
  readonly address: string;
  /** To put before a command, which then runs on the far side. */
  readonly enter: readonly string[];
  pullCable(): Promise<void>;
  plugCable(): Promise<void>;
  /** Ends what runs on the far side, too. */
  remove(): Promise<void>;
}

/** Networks of one test process, beside those of others. */
const names = networkNames();

/** `undefined`: this process may not. */
export async function createNetwork(): Promise<TestNetwork | undefined> {
  await removeOrphans();
  const name = names.next().value;
  const [near, far] = [`${name}a`, `${name}b`];
  const { failed } = await execa("ip", ["netns", "add", name], { reject: false });
  if (failed) return undefined;
  const subnet = `198.18.${Math.floor(Math.random() * 256)}`;
  const host = 4 * Math.floor(Math.random() * 63);
  try {
    await ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", name);
    await ip("address", "add", `${subnet}.${host + 1}/30`, "dev", near);
    await ip("link", "set", near, "up");
    await ip("-n", name, "address", "add", `${subnet}.${host + 2}/30`, "dev", far);
    await ip("-n", name, "link", "set", far, "up");
  } catch {
    await removeNetwork(name);
    return undefined;
  }
  return {
    address: `${subnet}.${host + 2}`,
    enter: ["ip", "netns", "exec", name],
    pullCable: () => ip("-n", name, "link", "set", far, "down"),
    plugCable: () => ip("-n", name, "link", "set", far, "up"),
    remove: () => removeNetwork(name),
  };
}

async function removeNetwork(name: string): Promise<void> {
  const pids = await listing("netns", "pids", name);
  if (pids.length > 0) await execa("kill", ["-KILL", ...pids], { reject: false });
  await execa("ip", ["link", "delete", `${name}a`], { reject: false });
  await execa("ip", ["netns", "delete", name], { reject: false });
}

/** Those of a test process that was killed before it could clean up. */
async function removeOrphans(): Promise<void> {
  for (const line of await listing("netns", "list")) {
    const [name, pid] = /^dt(\d+)n\d+/.exec(line) ?? [];
    if (name !== undefined && !existsSync(`/proc/${pid}`)) await removeNetwork(name);
  }
}

async function listing(...args: string[]): Promise<string[]> {
  const { stdout } = await execa("ip", args, { reject: false });
  return stdout.split("\n").filter((line) => line !== "");
}

async function ip(...args: string[]): Promise<void> {
  await execa("ip", args);
}

/** Names of interfaces have at most 15 characters. */
function* networkNames(): Generator<string, never> {
  for (let count = 0; ; count++) yield `dt${process.pid}n${count}`;
}
