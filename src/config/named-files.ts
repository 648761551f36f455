/** The files that a config names and that are part of it: passwords and certificates. An edit of one is an edit of the config. */

import { createHash, X509Certificate } from "node:crypto";
import { dirname, resolve } from "node:path";
import { codeOf } from "./file-error.js";
import type { Reading } from "./scalar.js";
import type { WrittenInstance, WrittenStream } from "./schema.js";
import { readHash } from "./users.js";

export interface Surroundings {
  /** Absolute path of the config file; other paths are relative to its folder. */
  readonly path: string;
  /** Throws where a file cannot be read. */
  readonly readFile: (path: string) => string | Uint8Array;
}

const MOST_PASSWORD_BYTES = 4096;
/** The bundle of all public authorities has a quarter of that. */
const MOST_CERTIFICATE_BYTES = 1024 * 1024;

/** Absolute paths of the files that `written` names, whether or not they exist. */
export function namedFilesOf({ source }: WrittenStream, around: Surroundings): readonly string[] {
  if (source?.type !== "rtsp") return [];
  const passwords = [source, ...(source.credentials ?? [])].map(({ passwordFile }) => passwordFile);
  return [...passwords, source.tls?.ca].filter((each) => each !== undefined).map((each) => absolute(each, around));
}

/** The same of what is no stream's. */
export function sharedFilesOf({ rtsps }: Pick<WrittenInstance, "rtsps">, around: Surroundings): readonly string[] {
  return rtsps ? [rtsps.certificate, rtsps.key].map((each) => absolute(each, around)) : [];
}

export function absolute(path: string, around: Surroundings): string {
  return resolve(dirname(around.path), path);
}

export function readPassword(written: string, around: Surroundings): Reading<string> {
  const file = absolute(written, around);
  const read = readNamed(written, around);
  if (!("value" in read)) return read;
  const password = read.value.toString("utf8").replace(/[\r\n]+$/, "");
  if (password === "") return { problem: `names the empty file ${file}`, hint: "write the password into it" };
  if (password.length <= MOST_PASSWORD_BYTES && !password.includes("\0")) return { value: password };
  const hint = "a password file holds the password and nothing else";
  return { problem: `names ${file}, which holds no password`, hint };
}

export function readUserHash(written: string, around: Surroundings): Reading<string> {
  const file = absolute(written, around);
  const read = readNamed(file, around);
  if (!("value" in read)) return read;
  const hash = readHash(read.value.toString("latin1").replace(/[\r\n]+$/, ""));
  if ("value" in hash) return hash;
  return { problem: `names ${file}, which holds no hash of a password`, hint: hash.hint };
}

export interface Certificates {
  readonly file: string;
  /** SHA-256 of the file, in hex. */
  readonly digest: string;
}

/** PEM certificates, at least one, each of them readable. */
export function readCertificates(written: string, around: Surroundings): Reading<Certificates> {
  const file = absolute(written, around);
  const read = readNamed(written, around);
  if (!("value" in read)) return read;
  if (read.value.length <= MOST_CERTIFICATE_BYTES && holdsCertificates(read.value.toString("latin1"))) {
    return { value: { file, digest: createHash("sha256").update(read.value).digest("hex") } };
  }
  const hint =
    "it must hold -----BEGIN CERTIFICATE----- and what belongs to it; `openssl x509 -in FILE -out ca.pem` converts";
  return { problem: `names ${file}, which holds no PEM certificate`, hint };
}

export function readNamed(written: string, around: Surroundings): Reading<Buffer> {
  const file = absolute(written, around);
  try {
    return { value: Buffer.from(around.readFile(file)) };
  } catch (error) {
    const problem = `names ${file}, which cannot be read (${codeOf(error) ?? "unknown reason"})`;
    return { problem, hint: "is the path right, relative to this config?" };
  }
}

function holdsCertificates(text: string): boolean {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return blocks.length > 0 && blocks.every(isCertificate);
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).fingerprint256 !== "";
  } catch {
    return false;
  }
}
