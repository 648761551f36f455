/** One order to the router, over its control socket (docs/worker-protocol.md, The router). */

import { connect } from "node:net";
import { reachableSocketPath } from "../report/socket-path.js";

export type RouterReply =
  | { readonly ok: true }
  /** `message` is missing where no reply came. */
  | { readonly ok: false; readonly message?: string };

const WITHIN_MS = 3_000;
/** Whoever asks takes the place of whoever asked before, so that a question may be cut short. */
const ATTEMPTS = 5;

/** The router reads its spec again and listens where that says. */
export async function reloadRouter(socketPath: string): Promise<RouterReply> {
  for (let attempt = 1; attempt < ATTEMPTS; attempt += 1) {
    const reply = await ask(socketPath, "reload");
    if (reply.ok || reply.message !== undefined) return reply;
  }
  return ask(socketPath, "reload");
}

function ask(socketPath: string, order: string): Promise<RouterReply> {
  return new Promise((resolve) => {
    const reachable = reachableSocketPath(socketPath);
    const lines = [
      { type: "hello", protocol: 1, epoch: 0 },
      { type: order, seq: 1 },
    ];
    const socket = connect(reachable.path, () =>
      socket.write(lines.map((line) => `${JSON.stringify(line)}\n`).join("")),
    );
    let text = "";
    const finish = (reply: RouterReply) => {
      clearTimeout(timer);
      socket.destroy();
      reachable.release();
      resolve(reply);
    };
    const timer = setTimeout(() => finish({ ok: false }), WITHIN_MS);
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      text += chunk;
      const reply = replyIn(text);
      if (reply) finish(reply);
    });
    socket.once("error", () => finish({ ok: false }));
    socket.once("end", () => finish({ ok: false }));
  });
}

function replyIn(text: string): RouterReply | undefined {
  for (const line of text.split("\n").slice(0, -1)) {
    const message = parse(line);
    if (message?.type !== "reply") continue;
    return message.ok === true ? { ok: true } : { ok: false, message: String(message.message) };
  }
  return undefined;
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
