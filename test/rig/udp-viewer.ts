/** An RTSP viewer over UDP that takes the video of a mount, and tells the server by receiver reports (RFC 3550, 6.4.2) what of it got lost. */

import { once } from "node:events";
import { connect } from "node:net";
import { bindPair } from "./proxy-udp.js";
import { count, createConnection, demand, type TrackCount, tracksOf } from "./rtsp-viewer.js";
import { until } from "./until.js";

export interface UdpViewer {
  readonly track: TrackCount;
  /** So many more than there are now. */
  moreFrames(count: number): Promise<void>;
  stop(): Promise<void>;
}

/** Players send one every few seconds. */
const REPORT_EVERY_MS = 200;
const RECEIVER_REPORT = 201;

export async function playOverUdp(url: string): Promise<UdpViewer> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  const [rtp, rtcp] = await bindPair();
  await once(socket, "connect");
  socket.on("error", () => {});
  const connection = createConnection(socket, () => {});
  const { body } = await demand(connection, "DESCRIBE", url, { Accept: "application/sdp" });
  const track = tracksOf(body).find(({ media }) => media === "video");
  if (track === undefined) throw new Error(`no video:\n${body}`);
  const received = createReceived();
  rtp.on("message", (packet) => {
    if (packet.length < 12) return;
    received.add(packet);
    count(track, packet, performance.now());
  });

  const first = rtp.address().port;
  const setup = await demand(connection, "SETUP", `${url}/${track.control}`, {
    Transport: `RTP/AVP;unicast;client_port=${first}-${first + 1}`,
  });
  const Session = setup.headers.get("session")?.split(";")[0] ?? "";
  const serverPort = Number(/server_port=\d+-(\d+)/.exec(setup.headers.get("transport") ?? "")?.[1]);
  await demand(connection, "PLAY", url, { Session, Range: "npt=0.000-" });
  const reports = setInterval(() => {
    const report = received.report();
    if (report !== undefined) rtcp.send(report, serverPort, hostname);
  }, REPORT_EVERY_MS);

  return {
    track,
    async moreFrames(frames) {
      const wanted = track.frames + frames;
      await until(() => track.frames >= wanted);
    },
    async stop() {
      clearInterval(reports);
      socket.destroy();
      for (const datagrams of [rtp, rtcp]) datagrams.close();
    },
  };
}

/** Sequence numbers of one sender, and what they say of losses. */
function createReceived() {
  let ssrc = 0;
  let first: number | undefined;
  let highest = 0;
  let packets = 0;

  return {
    add(packet: Buffer): void {
      const sequence = packet.readUInt16BE(2);
      packets += 1;
      ssrc = packet.readUInt32BE(8);
      first ??= highest = sequence;
      const ahead = (sequence - highest) & 0xffff;
      if (ahead < 0x8000) highest += ahead;
    },
    /** `undefined`: nothing has come yet. */
    report(): Buffer | undefined {
      if (first === undefined) return undefined;
      const report = Buffer.alloc(32);
      report.writeUInt8(0x81, 0);
      report.writeUInt8(RECEIVER_REPORT, 1);
      report.writeUInt16BE(report.length / 4 - 1, 2);
      report.writeUInt32BE(0x7e57, 4);
      report.writeUInt32BE(ssrc, 8);
      report.writeUIntBE(Math.max(highest - first + 1 - packets, 0), 13, 3);
      report.writeUInt32BE(highest, 16);
      return report;
    },
  };
}
