import { itemsOf, type Structure, type Value } from './value.ts'

const escaped = /[<>&\u2028\u2029]/g

/**
 * The value as Go's encoding/json writes it: no spaces, sorted map keys, struct fields in their order, and `<`, `>`,
 * `&` as `\u003c` and so on.
 */
export function encodeJson(value: Value): string {
  switch (typeof value) {
    case 'undefined':
      return 'null'
    case 'string':
      return encodeText(value)
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    default:
      break
  }
  switch (value.kind) {
    case 'list':
      if (value.prints === 'words' && value.length === 1) return encodeJson(itemsOf(value)[0])
      return value.isNil ? 'null' : `[${itemsOf(value).map(encodeJson).join(',')}]`
    case 'map':
      return value.isNil ? 'null' : encodeEntries(value.entries)
    case 'pointer':
      return value.entries === undefined ? 'null' : encodeEntries(value.entries)
    default:
      return encodeEntries(fieldsShown(value))
  }
}

function encodeEntries(entries: Iterable<readonly [string, Value]>): string {
  const members = [...entries].map(([key, value]) => `${encodeText(key)}:${encodeJson(value)}`)
  return `{${members.join(',')}}`
}

function* fieldsShown({ type, fields }: Structure): Generator<readonly [string, Value]> {
  for (const { name, json, omitsEmpty } of type.fields) {
    const value = fields.get(name)
    if (omitsEmpty !== true || !isOmitted(value)) yield [json, value]
  }
}

/** What Go's `omitempty` leaves out. */
function isOmitted(value: Value): boolean {
  if (value === undefined || value === '') return true
  if (typeof value !== 'object') return false
  if (value.kind === 'list') return value.length === 0
  return value.kind === 'pointer' && value.entries === undefined
}

function encodeText(text: string): string {
  return JSON.stringify(text.toWellFormed()).replaceAll(
    escaped,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
