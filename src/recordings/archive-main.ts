/**
 * The archive process of one root: `archive-main.js ROOT MEND`, started by `archive.ts` with a channel. Whatever blocks on the disk blocks here.
 * It ends with the channel.
 */

import { setPriority } from "node:os";
import { openDesk } from "./archive-desk.js";
import type { ArchiveMessage, ArchiveRequest } from "./archive-messages.js";

const NICE = 10;

const [root = "", mend = ""] = process.argv.slice(2);
const desk = openDesk({
  root,
  mend,
  clock: {
    now: Date.now,
    after(ms, run) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  },
  isMending: true,
  say,
});

// What ends the supervisor ends this process too, by the channel: it has notes to take until then.
process.on("SIGINT", () => {}).on("SIGTERM", () => {});
process.on("disconnect", end);
process.on("message", (request: ArchiveRequest) => {
  desk.carryOut(request).then(
    (value) => {
      say({ id: request.id, ok: true, value });
      if (request.do === "stop") end();
    },
    (error: unknown) =>
      say({ id: request.id, ok: false, message: error instanceof Error ? error.message : String(error) }),
  );
});
setPriority(NICE);

function say(message: ArchiveMessage): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

function end(): void {
  desk.stop();
  process.exit(0);
}
