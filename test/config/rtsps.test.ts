/** `rtsps:` — what is asked of a certificate and its key. */

import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CERTIFICATE, KEY } from "../rig/odd-server.js";
import { errorOf, parse, valid } from "./parsing.js";

const TEXT = "rtsps: { listen: 8322, certificate: tls/cert.pem, key: tls/key.pem }\nstreams: { cam: { source: a } }\n";

const around = (certificate: string, key: string) => ({
  files: { "/site/tls/cert.pem": certificate, "/site/tls/key.pem": key },
});

/** What openssl makes of `argv`, which ends in the option for the output. */
function openssl(...argv: string[]): string {
  const directory = mkdtempSync(join(tmpdir(), "dslrs-key-"));
  const file = join(directory, "out.pem");
  const given = join(directory, "in.pem");
  writeFileSync(given, KEY);
  // A file, since not all that it does takes an input, and what is written to nobody fails.
  const input = openSync(given, "r");
  execFileSync("openssl", [...argv, file], { stdio: [input, "ignore", "ignore"] });
  closeSync(input);
  const text = readFileSync(file, "utf8");
  rmSync(directory, { recursive: true });
  return text;
}

const otherKey = () => openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out");

test("certificate and key become one text, and both files are followed", () => {
  const parsed = valid(TEXT, around(`Issuer: x\n${CERTIFICATE}`, KEY));
  expect(parsed.config.rtsps?.listen).toEqual([{ host: "127.0.0.1", port: 8322 }]);
  expect(parsed.config.rtsps?.pem).toMatch(
    /^-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----\n-----BEGIN PRI/,
  );
  expect(parsed.config.rtsps?.validUntil).toBeGreaterThan(Date.UTC(2024, 0));
  expect(parsed.follow).toEqual(["/site/tls/cert.pem", "/site/tls/key.pem"]);
});

test("a chain is kept whole and in order", () => {
  const chain = valid(TEXT, around(CERTIFICATE + CERTIFICATE, KEY)).config.rtsps?.pem ?? "";
  expect(chain.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
});

test.each([
  ["a key that is another's", () => around(CERTIFICATE, otherKey()), "rtsps.key", /is not the key of/],
  ["a key in the place of the certificate", () => around(KEY, KEY), "rtsps.certificate", /no PEM certificate/],
  ["a certificate in the place of the key", () => around(CERTIFICATE, CERTIFICATE), "rtsps.key", /no PEM key/],
  [
    "a key with a passphrase",
    () => around(CERTIFICATE, openssl("pkey", "-aes256", "-passout", "pass:hunter2", "-out")),
    "rtsps.key",
    /which has a passphrase/,
  ],
  ["a file that is not there", () => ({ files: { "/site/tls/cert.pem": CERTIFICATE } }), "rtsps.key", /ENOENT/],
])("%s is found, and all but RTSPS can be started", (_, files, path, says) => {
  const error = errorOf(TEXT, files());
  expect(error).toMatchObject({ path, message: expect.stringMatching(says) });
  expect(JSON.stringify(error)).not.toMatch(/MI[GI]/);
  const parsed = parse(TEXT, files());
  expect(!parsed.ok && parsed.startable?.config.rtsps).toBeNull();
  expect(!parsed.ok && parsed.startable?.config.streams).toHaveLength(1);
});

test("RTSP and RTSPS cannot have the same address, nor a camera one of theirs", () => {
  const files = around(CERTIFICATE, KEY);
  const same = TEXT.replace("8322", "8554");
  expect(errorOf(same, files)).toMatchObject({ path: "rtsps.listen", message: expect.stringContaining("rtsp.listen") });
  const camera = `${TEXT}simulate: { a: { port: 8322 } }\n`;
  expect(errorOf(camera, files)).toMatchObject({ message: expect.stringContaining("is the port of `rtsps.listen`") });
});
