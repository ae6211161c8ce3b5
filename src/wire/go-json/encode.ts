import { float32Json } from './float32.ts'

/** JSON text that is written as it stands. */
export class RawJson {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/**
 * The value as Go's encoder writes it: no blanks, keys in the order given, `<`, `>`, `&` and the two Unicode line ends
 * escaped, `undefined` members left out. A `Float32Array` prints every number in the fewest digits that name the same
 * float32. Throws TypeError for what JSON cannot say (an infinity, a function): a mistake of the caller.
 * Source: Go encoding/json encode.go.
 */
export function encodeGoJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return encodeString(value)
    case 'number':
      return encodeNumber(value)
    case 'boolean':
    case 'bigint':
      return String(value)
    case 'object':
      return encodeObject(value)
    default:
      throw new TypeError(`JSON has no ${typeof value}`)
  }
}

function encodeObject(value: object | null): string {
  if (value === null) return 'null'
  if (value instanceof RawJson) return value.text
  if (value instanceof Float32Array) return `[${Array.from(value, float32Json).join(',')}]`
  if (Array.isArray(value)) return `[${value.map(encodeGoJson).join(',')}]`
  const members: string[] = []
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) members.push(`${encodeString(key)}:${encodeGoJson(member)}`)
  }
  return `{${members.join(',')}}`
}

/** JavaScript and Go agree on when an exponent is written and on its form; only the negative zero differs. */
function encodeNumber(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`JSON has no ${value}`)
  return Object.is(value, -0) ? '-0' : String(value)
}

const escapedByGo = /[<>&\u2028\u2029]/g

/** `JSON.stringify` escapes what Go escapes, save for what could end a script element or a line. */
function encodeString(text: string): string {
  return JSON.stringify(text.toWellFormed()).replace(
    escapedByGo,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
