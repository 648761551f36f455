/** Single values: each reads what the user wrote and, where it is wrong, says what would be right. */

import { z } from "zod";
import { type ScalarNotes, scalarNotes } from "./setting.js";
import { closest } from "./suggest.js";

export type Reading<T> =
  | { readonly value: T }
  /** `problem` completes the sentence that begins with the offending text: "has no unit". */
  | { readonly problem: string; readonly hint: string };

/** Params of the zod issues made here; `issues.ts` turns them into errors. */
export interface ScalarProblem {
  readonly hint: string;
}

export function scalar<T>(notes: ScalarNotes, read: (written: unknown) => Reading<T>) {
  const schema = z.unknown().transform((written, context): T => {
    const reading = read(written);
    if ("value" in reading) return reading.value;
    const params: ScalarProblem = { hint: reading.hint };
    context.issues.push({ code: "custom", input: written, message: reading.problem, params });
    return z.NEVER;
  });
  scalarNotes.add(schema, notes);
  return schema;
}

/** Text whose content `read` judges. Numbers and the like are refused: YAML would have changed how they look. */
export function text<T>(notes: ScalarNotes, read: (written: string) => Reading<T>) {
  return scalar(notes, (written) => {
    if (typeof written === "string") return read(written);
    const isBare = typeof written === "number" || typeof written === "boolean";
    return { problem: "is no text", hint: isBare ? "put it in quotes" : `write a ${notes.type}` };
  });
}

export function anyText(type = "text") {
  return text({ type, jsonSchema: { type: "string", minLength: 1 } }, (written): Reading<string> => {
    if (written.trim() === "") return { problem: "is empty", hint: `write a ${type}` };
    return { value: written };
  });
}

export function choice<const Values extends readonly [string, ...string[]]>(values: Values, type = values.join(" | ")) {
  return scalar({ type, jsonSchema: { type: "string", enum: values } }, (written): Reading<Values[number]> => {
    const value = values.find((each) => each === written);
    if (value !== undefined) return { value };
    const near = typeof written === "string" ? closest(written, values) : undefined;
    const all = `one of: ${values.join(", ")}`;
    return { problem: "is not known here", hint: near === undefined ? all : `did you mean "${near}"?` };
  });
}

/** Quoted digits count too: a value out of the environment is always text. */
export function wholeNumber(least: number, most: number) {
  const jsonSchema = {
    anyOf: [
      { type: "integer", minimum: least, maximum: most },
      { type: "string", pattern: FROM_ENVIRONMENT },
    ],
  };
  return scalar({ type: `number, ${least}–${most}`, jsonSchema }, (written): Reading<number> => {
    const value = typeof written === "string" && /^\d{1,9}$/.test(written) ? Number(written) : written;
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return { value };
    return { problem: "is no whole number in range", hint: `write a number from ${least} to ${most}` };
  });
}

export function flag() {
  const jsonSchema = { anyOf: [{ type: "boolean" }, { type: "string", pattern: FROM_ENVIRONMENT }] };
  return scalar({ type: "true | false", jsonSchema }, (written): Reading<boolean> => {
    if (written === true || written === "true") return { value: true };
    if (written === false || written === "false") return { value: false };
    return { problem: "is neither true nor false", hint: "write true or false" };
  });
}

/** What an editor accepts in place of any value that has a format. */
export const FROM_ENVIRONMENT = "\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}";
