/** The certificate that viewers are shown, and its private key. */

import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { absolute, readNamed, type Surroundings } from "./named-files.js";
import type { Reading } from "./scalar.js";

export interface KeyPair {
  /** Certificate, chain and key in PEM. */
  readonly pem: string;
  /** ms since 1970 */
  readonly validUntil: number;
}

/** What is wrong, and with which of the two files. */
export type KeyPairReading =
  | { readonly value: KeyPair }
  | { readonly of: "certificate" | "key"; readonly problem: string; readonly hint: string };

const MOST_BYTES = 1024 * 1024;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
const ENCRYPTED = /-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/;

export function readKeyPair(certificate: string, key: string, around: Surroundings): KeyPairReading {
  const chain = readChain(certificate, around);
  if (!("value" in chain)) return { of: "certificate", ...chain };
  const secret = readKey(key, around);
  if (!("value" in secret)) return { of: "key", ...secret };
  const [leaf] = chain.value;
  if (!leaf.checkPrivateKey(secret.value)) {
    const hint = "give the key that the certificate was made with; while both are replaced this passes by itself";
    return { of: "key", problem: "is not the key of `rtsps.certificate`", hint };
  }
  const pem = [...chain.value.map(String), secret.value.export({ type: "pkcs8", format: "pem" })].join("");
  return { value: { pem, validUntil: Date.parse(leaf.validTo) } };
}

function readChain(written: string, around: Surroundings): Reading<readonly [X509Certificate, ...X509Certificate[]]> {
  const read = readText(written, around);
  if (!("value" in read)) return read;
  const [leaf, ...others] = (read.value.match(CERTIFICATE) ?? []).map(certificateIn);
  if (leaf && others.every((each) => each !== undefined)) return { value: [leaf, ...others] };
  const hint = "it must hold -----BEGIN CERTIFICATE-----, the server's first and then its chain";
  return { problem: `names ${absolute(written, around)}, which holds no PEM certificate`, hint };
}

function readKey(written: string, around: Surroundings): Reading<KeyObject> {
  const read = readText(written, around);
  if (!("value" in read)) return read;
  if (ENCRYPTED.test(read.value)) {
    const hint = "`openssl pkey -in KEY -out PLAIN` takes the passphrase off; keep the file at mode 0600";
    return { problem: `names ${absolute(written, around)}, which has a passphrase`, hint };
  }
  try {
    return { value: createPrivateKey(read.value) };
  } catch {
    return {
      problem: `names ${absolute(written, around)}, which holds no PEM key`,
      hint: "it must hold -----BEGIN PRIVATE KEY-----",
    };
  }
}

function readText(written: string, around: Surroundings): Reading<string> {
  const read = readNamed(written, around);
  if (!("value" in read)) return read;
  return read.value.length <= MOST_BYTES
    ? { value: read.value.toString("latin1") }
    : { problem: `names ${absolute(written, around)}, which is too large`, hint: "name a PEM file" };
}

function certificateIn(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
