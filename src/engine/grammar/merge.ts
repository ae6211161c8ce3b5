import { isSchema, type Schema } from './node.ts'
import { schemaError } from './rule-book.ts'

/** Both schemas at once, as far as laying their keywords together goes; `b` wins where both set the same one. */
export function merged(a: Schema, b: Schema): Schema {
  const both: Record<string, unknown> = { ...a, ...b }
  if (isSchema(a['properties']) && isSchema(b['properties'])) {
    both['properties'] = { ...a['properties'], ...b['properties'] }
  }
  if (Array.isArray(a['required']) && Array.isArray(b['required'])) {
    both['required'] = [...a['required'], ...b['required']]
  }
  return both
}

/** The schema at a JSON pointer within the same document (RFC 6901), such as `#/$defs/node`. */
export function targetOf(root: Schema, reference: string): unknown {
  if (!reference.startsWith('#')) throw schemaError('a $ref leads out of the schema')
  let target: unknown = root
  for (const step of reference.slice(1).split('/').slice(1)) {
    const key = decoded(step).replaceAll('~1', '/').replaceAll('~0', '~')
    const isThere = typeof target === 'object' && target !== null && Object.hasOwn(target, key)
    if (!isThere) throw schemaError(`nothing is at ${reference}`)
    target = (target as Schema)[key]
  }
  return target
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step)
  } catch {
    return step
  }
}
