/** `dslrs passwd`: the password comes from standard input or a terminal, never from the command line. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { askPassword } from "../../src/commands/password.js";
import { temporaryDirectory } from "../report/directory.js";
import { cli } from "./cli.js";

const directory = temporaryDirectory();
const ANNA = "3447102996c497132c82cd8d82c4ec40";

function input(text: string, isTTY = false) {
  const stream = new PassThrough();
  stream.end(text);
  return Object.assign(stream, { isTTY, setRawMode: () => stream }) as unknown as NodeJS.ReadStream;
}

test("the hash is printed as the config wants it", async () => {
  const { code, stdout, stderr } = await cli(["passwd", "anna"], {}, input("secret1\n"));
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `users:\n  anna: { hash: "${ANNA}" }\n`, stderr: "" });
});

test("with --config it is written there", async () => {
  const path = join(directory(), "config.yaml");
  writeFileSync(path, "# mine\nstreams: {}\n");
  const { code, stdout } = await cli(["passwd", "anna", "--config", path], {}, input("secret1"));
  expect({ code, stdout }).toEqual({ code: 0, stdout: `The password of anna is written to ${path}.\n` });
  expect(readFileSync(path, "utf8")).toBe(`# mine\nstreams: {}\n\nusers:\n  anna: { hash: "${ANNA}" }\n`);
});

test.each<[string, string[], string]>([
  ["no password", ["passwd", "anna"], ""],
  ["an empty one", ["passwd", "anna"], "\n"],
  ["one with a control character", ["passwd", "anna"], "a\u0007b\n"],
  ["a name that is none", ["passwd", "An na"], "secret1\n"],
  ["a password in the command line", ["passwd", "anna", "secret1"], ""],
])("%s is refused", async (_what, argv, text) => {
  expect(await cli(argv, {}, input(text))).toMatchObject({ code: 2, stdout: "" });
});

test("a terminal is asked twice and shows nothing of it", async () => {
  const shown: string[] = [];
  const asked = askPassword(
    { stdin: input("secret1\rsecret1\r", true), stderr: { write: (text) => shown.push(text) } },
    "Password: ",
  );
  expect(await asked).toEqual({ password: "secret1" });
  expect(shown.join("")).toBe("Password: \nAgain: \n");
});
