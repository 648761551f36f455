/** Ways through the schema: what a path leads to, and which settings there are below it. */

import { z } from "zod";

type AnySchema = z.core.$ZodType;

/** Below optional, defaulted and preprocessed wrappers. */
export function unwrap(schema: AnySchema): AnySchema {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault) return unwrap(schema.unwrap());
  if (schema instanceof z.ZodPipe) return schema.in instanceof z.ZodTransform ? unwrap(schema.out) : schema;
  return schema;
}

/** The members of a union, or the schema itself. */
export function alternatives(schema: AnySchema): readonly AnySchema[] {
  const inner = unwrap(schema);
  return inner instanceof z.ZodUnion ? inner.options.map(unwrap) : [inner];
}

/** The settings of one section, as written there; none for anything but a section. */
export function settingsOf(schema: AnySchema): readonly (readonly [string, AnySchema])[] {
  return schema instanceof z.ZodObject ? Object.entries<AnySchema>(schema.shape) : [];
}

/** What `segment` may lead to: several schemas where members of a union share the name. */
export function step(schema: AnySchema, segment: PropertyKey): readonly AnySchema[] {
  return alternatives(schema).flatMap((each): readonly AnySchema[] => {
    if (each instanceof z.ZodObject) {
      const child: AnySchema | undefined = each.shape[String(segment)];
      return child === undefined ? [] : [child];
    }
    if (each instanceof z.ZodRecord) return [each.valueType];
    return each instanceof z.ZodArray ? [each.element] : [];
  });
}

/** All schemas that `path` may lead to, wrappers included. */
export function follow(schema: AnySchema, path: readonly PropertyKey[]): readonly AnySchema[] {
  return path.reduce<readonly AnySchema[]>(
    (reached, segment) => reached.flatMap((each) => step(each, segment)),
    [schema],
  );
}

/** The value that tells the members of a union apart: `rtsp` for the source of that type. */
export function typeOf(schema: AnySchema): string | undefined {
  const discriminator = schema instanceof z.ZodObject ? schema.shape.type : undefined;
  return discriminator instanceof z.ZodLiteral ? String(discriminator.value) : undefined;
}

/** As written in YAML; `undefined` where there is none. */
export function defaultOf(schema: AnySchema): unknown {
  return schema instanceof z.ZodPrefault ? schema.def.defaultValue : undefined;
}

export function isOptional(schema: AnySchema): boolean {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault;
}
