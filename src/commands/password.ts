/** Asks for a password without showing it; where standard input is no terminal, its first line is the password. */

import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import type { CommandContext } from "./context.js";

export type Asked = { readonly password: string } | { readonly problem: string };

type Terminal = Pick<CommandContext, "stdin" | "stderr">;

const MOST_CHARACTERS = 256;

export async function askPassword(terminal: Terminal, prompt: string): Promise<Asked> {
  const password = await askLine(terminal, prompt);
  const problem = problemOf(password);
  if (problem !== undefined) return { problem };
  if (terminal.stdin.isTTY && (await askLine(terminal, "Again: ")) !== password) {
    return { problem: "The two passwords differ." };
  }
  return { password: password ?? "" };
}

function problemOf(password: string | undefined): string | undefined {
  if (password === undefined) return "No password was given.";
  if (password === "") return "The password is empty.";
  if (password.length > MOST_CHARACTERS) return `The password has more than ${MOST_CHARACTERS} characters.`;
  return /\p{Cc}/u.test(password) ? "The password has a control character in it." : undefined;
}

/** `undefined`: the input ended. The library shows what is typed on its output, so it gets one that shows nothing. */
function askLine({ stdin, stderr }: Terminal, prompt: string): Promise<string | undefined> {
  const nothing = new Writable({ write: (_chunk, _encoding, done) => done() });
  const isTerminal = stdin.isTTY === true;
  if (isTerminal) stderr.write(prompt);
  const lines = createInterface({ input: stdin, output: nothing, terminal: isTerminal });
  return new Promise((resolve) => {
    let line: string | undefined;
    lines.once("line", (text) => {
      line = text;
      lines.close();
    });
    lines.once("SIGINT", () => lines.close());
    lines.once("close", () => {
      if (isTerminal) stderr.write("\n");
      resolve(line);
    });
  });
}
