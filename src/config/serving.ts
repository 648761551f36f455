/** `rtsp:` and `rtsps:` — where viewers connect, and how many may. */

import { z } from "zod";
import { listenAddresses, network } from "./formats.js";
import { anyText, flag, wholeNumber } from "./scalar.js";
import { section, setting } from "./setting.js";

const networks = (about: string) =>
  setting(z.array(network()).optional(), { about, applies: "live", example: "[192.168.1.0/24, 2001:db8::1]" });

export const rtsp = setting(
  section({
    listen: setting(listenAddresses().prefault("127.0.0.1:8554"), {
      about:
        "Where viewers connect, one address or a list; a port alone means this machine only, `0.0.0.0:8554` every network, `[::]:8554` IPv6 as well; others than this machine need `users`.",
      applies: "supervisor",
      example: '[192.168.1.5:8554, "[::1]:8554"]',
    }),
    public: setting(flag().prefault(false), {
      about: "Everybody who reaches `listen`, here and in `rtsps`, may watch without a password; only without `users`.",
      applies: "live",
      example: "true",
    }),
    maxConnections: setting(wholeNumber(1, 10_000).prefault(1024), {
      about: "Most connections of viewers of all streams; one through HTTP has two.",
      applies: "live",
      example: "4000",
    }),
    maxConnectionsPerAddress: setting(wholeNumber(1, 10_000).prefault(256), {
      about: "Most of them from one address.",
      applies: "live",
      example: "16",
    }),
    maxViewers: setting(wholeNumber(1, 10_000).optional(), {
      about: "Most viewers of all streams together; the next one is answered 453.",
      applies: "live",
      example: "200",
    }),
    allow: networks(
      "Addresses and networks that may connect; none given means all. Others are closed without an answer.",
    ),
    deny: networks("Addresses and networks that may not connect; they count more than `allow`."),
  }).prefault({}),
  { about: "The RTSP server.", applies: "supervisor", example: "{ listen: 0.0.0.0:8554 }" },
);

export const rtsps = setting(
  section({
    listen: setting(listenAddresses().prefault("127.0.0.1:8322"), {
      about: "Where viewers connect with rtsps://, one address or a list.",
      applies: "supervisor",
      example: "0.0.0.0:8322",
    }),
    certificate: setting(anyText("path"), {
      about: "File with the PEM certificate, and the chain after it; a change of the file is noticed.",
      applies: "live",
      example: "/etc/letsencrypt/live/cam.example.org/fullchain.pem",
    }),
    key: setting(anyText("path"), {
      about: "File with its private key in PEM, without a passphrase; a change of the file is noticed.",
      applies: "live",
      example: "/etc/letsencrypt/live/cam.example.org/privkey.pem",
    }),
  }).optional(),
  {
    about: "RTSP through TLS, on ports of its own; without it there is none.",
    applies: "supervisor",
    example: "{ listen: 0.0.0.0:8322, certificate: tls/cert.pem, key: tls/key.pem }",
  },
);
