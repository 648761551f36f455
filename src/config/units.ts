/** Quantities with units. A number without one is an error: nobody can tell 10 seconds from 10 minutes. */

import { FROM_ENVIRONMENT, type Reading, scalar, text } from "./scalar.js";
import { closest } from "./suggest.js";

interface Unit {
  readonly type: string;
  /** How many of the resulting unit one of each is. */
  readonly factors: Readonly<Record<string, number>>;
  readonly example: string;
}

const DURATION: Unit = {
  type: "duration",
  factors: { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 },
  example: "500ms, 10s, 10m, 2h, 1d",
};

const SIZE: Unit = {
  type: "size",
  factors: {
    KB: 1e3,
    MB: 1e6,
    GB: 1e9,
    TB: 1e12,
    KiB: 1024,
    MiB: 1024 ** 2,
    GiB: 1024 ** 3,
    TiB: 1024 ** 4,
  },
  example: "256MB, 1GB, 512MiB",
};

const BIT_RATE: Unit = {
  type: "bit rate",
  factors: { bit: 1, kbit: 1e3, Mbit: 1e6, Gbit: 1e9 },
  example: "500kbit, 2Mbit",
};

const PERCENTAGE: Unit = { type: "percentage", factors: { "%": 1 }, example: "50%, 150%" };

interface Bounds {
  readonly least: string;
  readonly most: string;
}

/** Milliseconds. */
export function duration(bounds: Bounds) {
  return quantity(DURATION, bounds);
}

/** Bytes. KB, MB, GB, TB are powers of 1000; KiB, MiB, GiB, TiB of 1024. */
export function size(bounds: Bounds) {
  return quantity(SIZE, bounds);
}

/** Bits per second. */
export function bitRate(bounds: Bounds) {
  return quantity(BIT_RATE, bounds);
}

export function percentage(bounds: Bounds) {
  return quantity(PERCENTAGE, bounds);
}

/** `off` reads as 0. */
export function durationOrOff(bounds: Bounds) {
  return quantity(DURATION, bounds, { off: 0 });
}

/** Milliseconds, or `auto` as it is. */
export function durationOrAuto(bounds: Bounds) {
  return quantity(DURATION, bounds, { auto: "auto" });
}

export function sizeOrOff(bounds: Bounds) {
  return quantity(SIZE, bounds, { off: 0 });
}

/** Bytes, or `auto` as it is; `off` reads as 0. */
export function sizeAutoOrOff(bounds: Bounds) {
  return quantity(SIZE, bounds, { auto: "auto", off: 0 });
}

/** Width and height; both even, because the encoders halve the colour planes. */
export function frameSize() {
  const jsonSchema = { type: "string", pattern: `^[0-9]+x[0-9]+$|${FROM_ENVIRONMENT}`, examples: ["1280x720"] };
  return text({ type: "frame size", jsonSchema }, (written): Reading<{ width: number; height: number }> => {
    const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(written)?.map(Number) ?? [];
    const isUsable = (side: number | undefined) => side !== undefined && side >= 32 && side <= 4096 && side % 2 === 0;
    if (width !== undefined && height !== undefined && isUsable(width) && isUsable(height)) {
      return { value: { width, height } };
    }
    return { problem: "is no frame size", hint: "write WIDTHxHEIGHT, both even and from 32 to 4096, as in 1280x720" };
  });
}

/** `words` may stand in place of a quantity, and mean what they are given with. */
function quantity<const Word extends string | number = never>(
  unit: Unit,
  bounds: Bounds,
  words: Readonly<Record<string, Word>> = {},
) {
  const names = Object.keys(unit.factors);
  const formats = [`^[0-9]+(\\.[0-9]+)? ?(${names.join("|")})$`, ...Object.keys(words).map((word) => `^${word}$`)];
  const type = [unit.type, ...Object.keys(words)].join(" | ");
  const least = amount(bounds.least, unit);
  const most = amount(bounds.most, unit);
  const read = (written: string | number): Reading<number | Word> => {
    const word = Object.entries(words).find(([name]) => name === written);
    if (word !== undefined) return { value: word[1] };
    const reading = readQuantity(String(written), unit);
    if (!("value" in reading)) return { ...reading, hint: [reading.hint, ...Object.keys(words)].join(", or ") };
    if (reading.value < least) return { problem: "is too small", hint: `the least is ${bounds.least}` };
    if (reading.value > most) return { problem: "is too large", hint: `the most is ${bounds.most}` };
    return reading;
  };
  const pattern = [...formats, FROM_ENVIRONMENT].join("|");
  const jsonSchema = { type: "string", pattern, examples: unit.example.split(", ") };
  return quantityText({ type, jsonSchema }, read);
}

/** Like `text`, but a bare number gets the answer that it lacks a unit. */
function quantityText<T>(notes: Parameters<typeof text>[0], read: (written: string | number) => Reading<T>) {
  return scalar(notes, (written) => {
    if (typeof written === "string" || typeof written === "number") return read(written);
    return { problem: `is no ${notes.type}`, hint: `write a ${notes.type}` };
  });
}

function readQuantity(written: string, unit: Unit): Reading<number> {
  const names = Object.keys(unit.factors);
  const [, digits, name] = /^(\d{1,15}(?:\.\d{1,6})?) ?([A-Za-z%/]*)$/.exec(written) ?? [];
  if (digits === undefined || name === undefined) {
    return { problem: `is no ${unit.type}`, hint: `write a number and a unit, as in ${unit.example}` };
  }
  const factor = unit.factors[name];
  if (factor !== undefined) return { value: Math.round(Number(digits) * factor) };
  const known = `units are ${names.join(", ")}, as in ${unit.example}`;
  if (name === "") return { problem: "has no unit", hint: known };
  const near = closest(name, names);
  return {
    problem: "has an unknown unit",
    hint: near === undefined ? known : `did you mean "${digits}${near}"? ${known}`,
  };
}

function amount(written: string, unit: Unit): number {
  const reading = readQuantity(written, unit);
  if ("value" in reading) return reading.value;
  throw new Error(`a bound in the schema is wrong: ${written}`);
}
