/** Schemas of answers by name: each becomes a component of the OpenAPI document. */
import { z } from 'zod'

/** Every named schema. */
export const namedSchemas: z.core.$ZodRegistry<{ id: string }> = z.registry<{ id: string }>()

/** Gives a schema the name under which the document has it. */
export function named<Schema extends z.ZodType>(id: string, schema: Schema): Schema {
  namedSchemas.add(schema, { id })
  return schema
}

/** RFC 3339, UTC, to the millisecond. */
export const moment = z.iso.datetime({ precision: 3 }).describe('RFC 3339, UTC')

export const bytes = z.int().min(0).describe('bytes')

/** Body of every refusal. */
export const failure = named(
  'Error',
  z.strictObject({
    error: z.string().describe('what is wrong'),
    code: z.string().optional().describe('its name in docs/reference/errors.md'),
    remedy: z.string().optional().describe('what to do'),
  }),
)
