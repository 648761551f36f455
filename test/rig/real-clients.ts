/** The players that people use. They show nothing, but begin and end as they do when somebody watches. */

import { execa } from "execa";

/** Each over TCP and over UDP. */
export const REAL_CLIENTS = {
  "ffmpeg tcp": (url: string) => ffmpeg(url, "tcp"),
  "ffmpeg udp": (url: string) => ffmpeg(url, "udp"),
  "GStreamer tcp": (url: string) => gstreamer(url, "tcp"),
  "GStreamer udp": (url: string) => gstreamer(url, "udp"),
} as const;

export interface RealClient {
  /** Resolves when it has ended: with "end of stream", or with what it said instead. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

interface Run {
  readonly code: number | undefined;
  readonly said: string;
}

const END = "end of stream";

function ffmpeg(url: string, transport: string): RealClient {
  const argv = ["-nostdin", "-v", "error", "-rtsp_transport", transport, "-i", url, "-f", "null", "-"];
  return client("ffmpeg", argv, ({ code, said }) => code === 0 && said === "");
}

/** What comes after the end is not looked at: on a slow machine the connection may be closed before it says good-bye. */
function gstreamer(url: string, transport: string): RealClient {
  const argv = ["rtspsrc", `location=${url}`, `protocols=${transport}`, "!", "fakesink"];
  return client("gst-launch-1.0", argv, ({ said }) => said.split(/^ERROR/m)[0]?.includes("Got EOS") === true);
}

function client(program: string, argv: readonly string[], sawEnd: (run: Run) => boolean): RealClient {
  const child = execa(program, argv, { reject: false, all: true });
  const ended = child.then(({ exitCode: code, all: said }) => (sawEnd({ code, said }) ? END : `${code} ${said}`));
  return {
    ended,
    async stop() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
