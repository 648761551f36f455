/** What a running supervisor can be asked, as HTTP over `supervisor.sock`; `client.ts` is the other end. */

import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";
import type { SupervisorControl } from "../supervisor/control.js";
import { type Answer, createAnswers, refusal } from "./api-answers.js";
import { openEventsDesk } from "./api-events.js";
import { SOCKET_NAME } from "./instance.js";
import type { Log } from "./log.js";
import { reachableSocketPath } from "./socket-path.js";

export interface Api {
  /** Lets answers under way finish, then closes the socket and removes it. */
  close(): Promise<void>;
}

const CONNECTION_LIMIT = 64;
const REQUEST_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 1_000;

/** The caller holds the lock of the instance, so a socket that is there already is a leftover. */
export async function serveApi(control: SupervisorControl, directory: string, log: Log): Promise<Api> {
  const desk = openEventsDesk(control);
  const answer = createAnswers({ control, desk, log });
  const server = createServer({ maxHeaderSize: 8 * 1024, connectionsCheckingInterval: 1_000 }, (request, response) => {
    answer(request, whenClosed(response)).then(
      (answer) => send(response, answer),
      (error: unknown) => {
        if (response.destroyed) return; // the asker left in the middle of the question
        log.error("A request to the supervisor failed inside", { request: request.url, error: String(error) });
        send(response, refusal(500, "The supervisor failed on this request; its log says more."));
      },
    );
  });
  server.maxConnections = CONNECTION_LIMIT;
  server.headersTimeout = REQUEST_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.on("clientError", (_error, socket) => {
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    else socket.destroy();
  });
  const socket = join(directory, SOCKET_NAME);
  rmSync(socket, { force: true });
  // Node removes the socket by this path when the server closes, so it stays valid until then.
  const reachable = reachableSocketPath(socket);
  await listen(server, reachable.path);
  chmodSync(socket, 0o600);
  return {
    close() {
      desk.close();
      return close(server).finally(reachable.release);
    },
  };
}

function whenClosed(response: ServerResponse): AbortSignal {
  const closed = new AbortController();
  response.once("close", () => closed.abort());
  return closed.signal;
}

async function listen(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    const impatience = setTimeout(() => server.closeAllConnections(), CLOSE_TIMEOUT_MS);
    server.close(() => {
      clearTimeout(impatience);
      resolve();
    });
    server.closeIdleConnections();
  });
}

function send(response: ServerResponse, answer: Answer): void {
  const body = `${JSON.stringify(answer.body)}\n`;
  response.writeHead(answer.status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    connection: "close",
  });
  response.end(body);
}
