import { z } from 'zod'
import { rows } from './table.ts'

/** A JSON Schema, or a part of one. */
export interface JsonSchema {
  [keyword: string]: unknown
}

/** JSON Schema (draft 7, the one that YAML editors know) of the configuration file. */
export function configJsonSchema(): JsonSchema {
  const root = section()
  for (const [key, { kind, default: fallback, description }] of rows) {
    const words = key.split('.')
    const name = words.pop() ?? ''
    let properties = root.properties
    for (const word of words) {
      const inner = (properties[word] ??= section()) as ReturnType<typeof section>
      properties = inner.properties
    }
    const { $schema: _, ...type } = z.toJSONSchema(kind.schema, { target: 'draft-7', io: 'input' })
    const isFixed = 'value' in fallback
    properties[name] = {
      ...type,
      description,
      ...(isFixed && { default: kind.spell(fallback.value) }),
    }
  }
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'ollama-distributed.yaml',
    ...root,
  }
}

function section() {
  // A section may stand empty, which is null in YAML.
  return {
    type: ['object', 'null'],
    additionalProperties: false,
    properties: {} as Record<string, unknown>,
  }
}
