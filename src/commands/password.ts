/** Asks for a password without showing it; where standard input is no terminal, its first line is the password. */

import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import type { CommandContext } from "./context.js";

export type Asked = { readonly password: string } | { readonly problem: string };

type Terminal = Pick<CommandContext, "stdin" | "stderr">;

const MOST_CHARACTERS = 256;

export async function askPassword({ stdin, stderr }: Terminal, prompt: string): Promise<Asked> {
  const isTerminal = stdin.isTTY === true;
  // What is typed is shown on the output, so that shows nothing.
  const nothing = new Writable({ write: (_chunk, _encoding, done) => done() });
  const input = createInterface({ input: stdin, output: nothing, terminal: isTerminal });
  input.once("SIGINT", () => input.close());
  const lines = input[Symbol.asyncIterator]();
  const ask = async (question: string): Promise<string | undefined> => {
    if (isTerminal) stderr.write(question);
    const { value, done } = await lines.next();
    if (isTerminal) stderr.write("\n");
    return done ? undefined : value;
  };

  try {
    const password = await ask(prompt);
    const problem = problemOf(password);
    if (problem !== undefined) return { problem };
    if (isTerminal && (await ask("Again: ")) !== password) return { problem: "The two passwords differ." };
    return { password: password ?? "" };
  } finally {
    input.close();
  }
}

function problemOf(password: string | undefined): string | undefined {
  if (password === undefined) return "No password was given.";
  if (password === "") return "The password is empty.";
  if (password.length > MOST_CHARACTERS) return `The password has more than ${MOST_CHARACTERS} characters.`;
  return /\p{Cc}/u.test(password) ? "The password has a control character in it." : undefined;
}
