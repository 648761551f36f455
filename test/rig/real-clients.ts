/** The players that people use, which show nothing but end as they do when somebody watches. */

import { execa } from "execa";

/** Each over TCP and over UDP. */
export const REAL_CLIENTS = {
  "ffmpeg tcp": (url: string) => ffmpeg(url, "tcp"),
  "ffmpeg udp": (url: string) => ffmpeg(url, "udp"),
  "GStreamer tcp": (url: string) => gstreamer(url, "tcp"),
  "GStreamer udp": (url: string) => gstreamer(url, "udp"),
} as const;

export interface RealClient {
  /** Resolves when it has ended: with 0 where the stream ended for it, and what it had to say. */
  readonly ended: Promise<{ readonly code: number | undefined; readonly said: string }>;
  stop(): Promise<void>;
}

function ffmpeg(url: string, transport: string): RealClient {
  return client("ffmpeg", ["-nostdin", "-v", "error", "-rtsp_transport", transport, "-i", url, "-f", "null", "-"]);
}

function gstreamer(url: string, transport: string): RealClient {
  return client("gst-launch-1.0", ["-q", "rtspsrc", `location=${url}`, `protocols=${transport}`, "!", "fakesink"]);
}

function client(program: string, argv: readonly string[]): RealClient {
  const child = execa(program, argv, { reject: false });
  const ended = child.then(({ exitCode, stderr }) => ({ code: exitCode, said: String(stderr) }));
  return {
    ended,
    async stop() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
