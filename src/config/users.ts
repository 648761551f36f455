/** `users:` — who may watch, and how they prove it; and `viewers:` of a stream. */

import { z } from "zod";
import { name } from "./formats.js";
import { anyText, FROM_ENVIRONMENT, type Reading, text } from "./scalar.js";
import { named, section, setting } from "./setting.js";

/** MD5 of `NAME:dslrs:PASSWORD` in hex: what digest access authentication needs of a password. */
export function userHash() {
  const jsonSchema = { type: "string", pattern: `^[0-9A-Fa-f]{32}$|${FROM_ENVIRONMENT}` };
  return text({ type: "hash", jsonSchema }, readHash);
}

export function readHash(written: string): Reading<string> {
  if (/^[0-9a-f]{32}$/i.test(written)) return { value: written.toLowerCase() };
  return { problem: "is no hash of a password", hint: "`dslrs passwd NAME` asks for the password and prints the hash" };
}

export const user = section({
  hash: setting(userHash().optional(), {
    about: "Hash of the password, as `dslrs passwd NAME` prints it. It opens the streams like the password itself.",
    applies: "live",
    example: `\${ANNA_HASH}`,
  }),
  hashFile: setting(anyText("path").optional(), {
    about: "File that holds the hash; line breaks at its end do not count, and a change of the file is noticed.",
    applies: "live",
    example: "secrets/anna",
  }),
});

export const users = setting(named(user).prefault({}), {
  about: "Who may watch; without any, everybody who reaches `rtsp.listen`.",
  applies: "live",
  example: "{ anna: { hashFile: secrets/anna } }",
});

export const viewers = setting(z.array(name("user name")).optional(), {
  about: "Those of `users` who may watch this stream; left out, all of them may, and with an empty list nobody.",
  applies: "live",
  example: "[anna]",
});

export type WrittenUser = z.output<typeof user>;
