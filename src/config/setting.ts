/** What the schema says about a setting beyond its shape: for the reference, for editors and for the planner. */

import { z } from "zod";

/** How a change of a setting applies, from the smallest interruption to the largest. */
export type Effect = "live" | "output" | "ingest" | "worker" | "supervisor";

export interface SettingNotes {
  /** One sentence. */
  readonly about: string;
  readonly applies: Effect;
  /** A value as one would write it in YAML. */
  readonly example?: string;
  /** Set where a plain text may stand for the whole section. */
  readonly shortForm?: ShortForm;
}

export interface ShortForm {
  /** What the text is. */
  readonly about: string;
  /** For editors: JSON Schema keywords. */
  readonly jsonSchema: Readonly<Record<string, unknown>>;
}

/** What a user writes for a single value. */
export interface ScalarNotes {
  /** For people: `duration`, `tcp | udp | auto`. */
  readonly type: string;
  /** For editors: JSON Schema keywords. */
  readonly jsonSchema: Readonly<Record<string, unknown>>;
}

export const settingNotes = z.registry<SettingNotes>();
export const scalarNotes = z.registry<ScalarNotes>();

export function setting<S extends z.ZodType>(schema: S, notes: SettingNotes): S {
  // A registry keeps one entry a schema; the copy lets two settings share a type and differ in their sentence.
  const own = schema.clone() as S;
  settingNotes.add(own, notes);
  return own;
}

/** A map of settings; a key without a value counts as an empty map, so that its content can be commented out. */
export function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.preprocess((written) => written ?? {}, z.strictObject(shape));
}

/** A map from names that the user chooses to sections. */
export function named<S extends z.ZodType>(value: S) {
  return z.preprocess((written) => written ?? {}, z.record(z.string(), value));
}

/** The same setting where leaving it out means nothing at all. */
export function withoutDefault<S extends z.ZodType>(schema: z.ZodPrefault<S>): z.ZodOptional<S> {
  const notes = settingNotes.get(schema);
  if (notes === undefined) throw new Error("this schema is no setting");
  return setting(schema.unwrap().optional() as z.ZodOptional<S>, notes);
}
