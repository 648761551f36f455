/** config.schema.json: lets editors complete and check a config while it is written. */

import { z } from "zod";
import { NAME_PATTERN } from "./formats.js";
import { schema, stream } from "./schema.js";
import { type ShortForm, scalarNotes, settingNotes } from "./setting.js";

type JsonSchema = Record<string, unknown>;

export function jsonSchema(): string {
  const generated = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema: target }) => annotate(zodSchema, target as JsonSchema),
  });
  const title = "Config of dslrs; written by `npm run reference`";
  return `${JSON.stringify({ title, ...generated }, null, 2)}\n`;
}

function annotate(zodSchema: z.core.$ZodType, target: JsonSchema): void {
  Object.assign(target, scalarNotes.get(zodSchema)?.jsonSchema);
  const notes = settingNotes.get(zodSchema);
  if (notes !== undefined) target.description = notes.about;
  if (notes?.shortForm !== undefined) allowShortForm(target, notes.shortForm);
  if (zodSchema instanceof z.ZodRecord) target.propertyNames = { pattern: NAME_PATTERN };
  if (zodSchema === stream)
    target.oneOf = ["source", "command"].map((key) => ({ type: "object", properties: { [key]: {} }, required: [key] }));
}

/** Moves what `target` demands into one of two alternatives. */
function allowShortForm(target: JsonSchema, shortForm: ShortForm): void {
  const { description, ...longForm } = target;
  for (const keyword of Object.keys(longForm)) delete target[keyword];
  target.anyOf = [{ ...shortForm.jsonSchema, description: shortForm.about }, longForm];
}
