import { invalidTemplate } from './failure.ts'
import { limits } from './limits.ts'
import { toDictionary, toList, type Value } from './value.ts'

/** Something that was JSON as Go's `any` holds it: numbers are float64, objects are maps. */
export function toValue(json: unknown, depth = 0): Value {
  if (depth > limits.dataDepthMax) {
    throw invalidTemplate(`template: data nested deeper than ${limits.dataDepthMax}`)
  }
  switch (typeof json) {
    case 'string':
    case 'boolean':
    case 'number':
      return json
    case 'object':
      if (json === null) return undefined
      if (Array.isArray(json)) {
        return toList(
          '[]interface {}',
          json.map((item) => toValue(item, depth + 1)),
        )
      }
      return toDictionary(
        'map[string]interface {}',
        Object.entries(json).map(([key, item]) => [key, toValue(item, depth + 1)]),
      )
    default:
      return undefined
  }
}

/** The object's fields; none when it is no object. */
export function toRecord(json: unknown): Readonly<Record<string, unknown>> {
  return isRecord(json) ? json : {}
}

/** True for a JSON object. */
export function isRecord(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}
