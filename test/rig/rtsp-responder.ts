/** The least that passes for a camera: it answers OPTIONS and DESCRIBE, with an SDP of the test's choice. */

import { once } from "node:events";
import { createServer, type Socket } from "node:net";

export interface RtspResponder {
  readonly port: number;
  stop(): Promise<void>;
}

/** `media`: the `m=` lines and what belongs to them. */
export async function startResponder(media: readonly string[]): Promise<RtspResponder> {
  const sdp = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", ...media, ""].join("\r\n");
  const clients = new Set<Socket>();
  const server = createServer((socket) => {
    let unread = "";
    clients.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => clients.delete(socket));
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      unread += chunk;
      for (let end = unread.indexOf("\r\n\r\n"); end >= 0; end = unread.indexOf("\r\n\r\n")) {
        socket.write(answerTo(unread.slice(0, end), sdp));
        unread = unread.slice(end + 4);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    async stop() {
      for (const client of clients) client.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function answerTo(request: string, sdp: string): string {
  const sequence = /^CSeq: *(\d+)/im.exec(request)?.[1] ?? "0";
  if (!request.startsWith("DESCRIBE"))
    return `RTSP/1.0 200 OK\r\nCSeq: ${sequence}\r\nPublic: OPTIONS, DESCRIBE, SETUP, PLAY\r\n\r\n`;
  const head = [`CSeq: ${sequence}`, "Content-Type: application/sdp", `Content-Length: ${sdp.length}`];
  return `RTSP/1.0 200 OK\r\n${head.join("\r\n")}\r\n\r\n${sdp}`;
}
