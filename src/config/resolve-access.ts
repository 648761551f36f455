/** From `users:` and `viewers:` as written to who may watch what; and what is served to everybody. */

import type { Access, Config, ListenAddress, User } from "./model.js";
import { readUserHash, type Surroundings } from "./named-files.js";
import type { Complain } from "./resolve.js";
import { closest } from "./suggest.js";
import type { WrittenUser } from "./users.js";

/** So that all of them fit into one order to a worker. */
const MOST_USERS = 1000;

/** Where the file with the hash is at fault, the user is returned all the same, as one who is never let in. */
export function resolveUser(name: string, written: WrittenUser, around: Surroundings, complain: Complain): User {
  const { hash, hashFile } = written;
  if ((hash === undefined) === (hashFile === undefined)) {
    const problem = hash === undefined ? "has no password" : "has two hashes";
    complain([], problem, `give either \`hash\` or \`hashFile\`; \`dslrs passwd ${name}\` makes one`);
    return { name };
  }
  if (hashFile === undefined) return { name, ...(hash !== undefined && { hash }) };
  const read = readUserHash(hashFile, around);
  if ("value" in read) return { name, hash: read.value };
  complain(["hashFile"], read.problem, read.hint, "file");
  return { name };
}

/** `undefined`: everybody may watch. */
export function accessOf(users: readonly User[], viewers: readonly string[] | undefined): Access | undefined {
  if (users.length === 0 && viewers === undefined) return undefined;
  const hashes = Object.fromEntries(users.map(({ name, hash }) => [name, hash ?? ""]));
  return { users: hashes, ...(viewers !== undefined && { viewers }) };
}

export function checkViewers(
  viewers: readonly string[] | undefined,
  users: readonly string[],
  complain: Complain,
): void {
  for (const [index, viewer] of (viewers ?? []).entries()) {
    if (users.includes(viewer)) continue;
    const near = closest(viewer, users);
    const hint = near === undefined ? "`users:` lists those who may watch" : `did you mean "${near}"?`;
    complain(["viewers", index], "is none of the users", hint);
  }
}

type Served = Pick<Config, "rtsp" | "rtsps" | "users">;

export function checkOpenness(config: Served, complain: Complain): void {
  const { rtsp, users } = config;
  if (users.length > MOST_USERS) complain(["users"], "are too many", `there may be ${MOST_USERS}`);
  if (rtsp.public && users.length > 0) {
    complain(
      ["rtsp", "public"],
      "has no effect beside `users:`",
      "remove one of them: with users, passwords are asked for",
    );
  }
  if (rtsp.public || users.length > 0) return;
  const hint = "add `users:` (see `dslrs passwd`), or `public: true` to `rtsp:` if everybody shall watch";
  for (const section of ["rtsp", "rtsps"] as const) {
    if (!config[section]?.listen.some(isReachedFromOutside)) continue;
    complain([section, "listen"], "is reached from other machines, and nobody is asked for a password", hint);
  }
}

/** Where everybody who reaches them can watch, and not only this machine does. */
export function openAddresses({ rtsp, rtsps, users }: Served): readonly ListenAddress[] {
  return users.length > 0 ? [] : [...rtsp.listen, ...(rtsps?.listen ?? [])].filter(isReachedFromOutside);
}

function isReachedFromOutside({ host }: ListenAddress): boolean {
  return !host.startsWith("127.") && host !== "::1";
}
