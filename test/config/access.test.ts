/** `users:` and `viewers:`: who may watch, and that nothing is served to other machines by accident. */

import { readFileSync } from "node:fs";
import { setUser } from "../../src/config/edit.js";
import type { Access } from "../../src/config/model.js";
import { errorOf, errorsOf, parse, valid } from "./parsing.js";

const ANNA = "3447102996c497132c82cd8d82c4ec40";
const BOB = "eea9b814e816a8a7a4a3bc60d2b70aef";
const fixture = (name: string) => readFileSync(new URL(`../worker/fixtures/${name}`, import.meta.url), "utf8");
const USERS = `users: { anna: { hash: "${ANNA}" }, bob: { hash: "${BOB}" } }\n`;

function accessIn(text: string, ...around: [Parameters<typeof valid>[1]?]): Access | undefined {
  const [stream] = valid(text, ...around).config.streams;
  if (stream?.kind !== "media") throw new Error("this is a command");
  return stream.access;
}

describe("who may watch", () => {
  test.each<[string, string, Access | undefined]>([
    ["everybody, without users", "streams: { cam: { source: a } }", undefined],
    ["all users", `${USERS}streams: { cam: { source: a } }`, { users: { anna: ANNA, bob: BOB } }],
    [
      "those that the stream names",
      `${USERS}streams: { cam: { source: a, viewers: [bob] } }`,
      { users: { anna: ANNA, bob: BOB }, viewers: ["bob"] },
    ],
    [
      "those that the defaults name",
      `${USERS}defaults: { viewers: [bob] }\nstreams: { cam: { source: a } }`,
      { users: { anna: ANNA, bob: BOB }, viewers: ["bob"] },
    ],
    ["nobody", "streams: { cam: { source: a, viewers: [] } }", { users: {}, viewers: [] }],
  ])("%s", (_who, text, access) => {
    expect(accessIn(text)).toEqual(access);
  });

  test("a hash may come out of the environment or a file, in capitals too", () => {
    const text = `users: { anna: { hash: "\${ANNA}" }, bob: { hashFile: bob } }\nstreams: { cam: { source: a } }`;
    const around = { env: { ANNA: ANNA.toUpperCase() }, files: { "/site/bob": `${BOB}\n` } };
    expect(accessIn(text, around)).toEqual({ users: { anna: ANNA, bob: BOB } });
    expect(valid(text, around).follow).toEqual(["/site/bob"]);
  });

  test("a file with a hash that others can read is warned of", () => {
    const text = "users: { anna: { hashFile: anna } }\n";
    const files = { "/site/anna": ANNA };
    expect(valid(text, { files }).warnings).toEqual([]);
    const [warning] = valid(text, { files, exposed: ["/site/anna"] }).warnings;
    expect(warning).toMatchObject({ path: "users.anna", hint: "chmod 600 /site/anna" });
  });

  test.each<[string, string, string]>([
    ["a password instead of its hash", "users: { anna: { hash: secret1 } }", "is no hash of a password"],
    ["no hash at all", "users: { anna: {} }", "has no password"],
    ["two hashes", `users: { anna: { hash: "${ANNA}", hashFile: anna } }`, "has two hashes"],
    [
      "a viewer who is no user",
      `${USERS}streams: { cam: { source: a, viewers: [ana] } }`,
      '"ana" is none of the users',
    ],
    ["a name that is none", `users: { "a:b": { hash: "${ANNA}" } }`, "is no name"],
    ["a command with viewers", `${USERS}streams: { cam: { command: "true", viewers: [] } }`, "takes no viewers"],
  ])("%s is a mistake", (_what, text, message) => {
    expect(errorOf(text).message).toContain(message);
  });

  test("where a file with a hash is missing, its user is kept out, and the others get in", () => {
    const text = `users: { anna: { hash: "${ANNA}" }, bob: { hashFile: bob } }\nstreams: { cam: { source: a } }`;
    const parsed = parse(text);
    const startable = parsed.ok ? undefined : parsed.startable?.config.streams[0];
    expect(errorOf(text).message).toContain("/site/bob, which cannot be read");
    expect(startable).toMatchObject({ access: { users: { anna: ANNA, bob: "" } } });
    expect(errorOf(text, { files: { "/site/bob": "secret2" } }).message).not.toContain("secret2");
  });
});

describe("an address that other machines reach", () => {
  const listen = (address: string, more = "") => `rtsp: { listen: "${address}"${more} }\n`;

  test.each(["0.0.0.0:8554", "[::]:8554", "192.168.1.5:8554"])("%s needs users, or that it is meant", (address) => {
    expect(errorOf(listen(address))).toMatchObject({
      path: "rtsp.listen",
      hint: expect.stringContaining("public: true"),
    });
    expect(valid(listen(address, ", public: true")).warnings).toHaveLength(1);
    expect(valid(listen(address) + USERS).warnings).toEqual([]);
  });

  test.each(["8554", "127.0.0.1:8554", "127.1.2.3:8554", "[::1]:8554"])("%s is reached from here alone", (address) => {
    expect(valid(listen(address)).warnings).toEqual([]);
  });

  test("through TLS it is the same, and each of several addresses counts", () => {
    const files = { "/site/cert.pem": fixture("camera-cert.pem"), "/site/key.pem": fixture("camera-key.pem") };
    const rtsps = "rtsps: { listen: 0.0.0.0:8322, certificate: cert.pem, key: key.pem }\n";
    const paths = (text: string) => errorsOf(text, { files }).map(({ path }) => path);
    expect(paths(rtsps)).toEqual(["rtsps.listen"]);
    expect(paths(rtsps + USERS)).toEqual([]);
    expect(paths(`rtsp: { listen: ["127.0.0.1:8554", "0.0.0.0:8555"] }\n${rtsps}`)).toEqual([
      "rtsp.listen",
      "rtsps.listen",
    ]);
  });

  test("nobody is to believe that users are asked for nothing", () => {
    expect(errorsOf(listen("8554", ", public: true") + USERS).map(({ path }) => path)).toEqual(["rtsp.public"]);
  });
});

describe("a user is written", () => {
  test.each<[string, string, string]>([
    ["into a config without users", "streams: {}\n", `streams: {}\n\nusers:\n  anna: { hash: "${ANNA}" }\n`],
    [
      "behind the others, comments kept",
      `users: # all\n  bob: { hash: "${BOB}" } # guard\nrtsp: {}\n`,
      `users: # all\n  bob: { hash: "${BOB}" } # guard\n  anna: { hash: "${ANNA}" }\nrtsp: {}\n`,
    ],
    [
      "over the former hash, in its place",
      `users:\n  anna:\n    hash: ${BOB} # since May\n`,
      `users:\n  anna:\n    hash: "${ANNA}" # since May\n`,
    ],
    ["into braces", `users: { anna: { hash: "${BOB}" } }\n`, `users: { anna: { hash: "${ANNA}" } }\n`],
    ["where nothing was said of him", "users:\n  anna:\n", `users:\n  anna: { hash: ${ANNA} }\n`],
  ])("%s", (_where, before, after) => {
    expect(setUser(before, "anna", ANNA)).toEqual({ ok: true, text: after });
    expect(valid(after).config.users).toContainEqual({ name: "anna", hash: ANNA });
  });

  test("but not beside a file that holds his hash", () => {
    expect(setUser("users: { anna: { hashFile: anna } }\n", "anna", ANNA).ok).toBe(false);
  });
});
