/** Values as Go's fmt prints them. Source: Go fmt, print.go and format.go. */
import type { Budget } from './budget.ts'
import { encodeJson } from './json.ts'
import { type Flags, formatFloat, formatInteger } from './number-format.ts'
import { quote } from './text.ts'
import { itemsOf, type Structure, typeName, type Value } from './value.ts'

/** One `%` directive. */
export interface Verb extends Flags {
  readonly letter: string
  readonly minus?: boolean
  readonly zero?: boolean
  readonly width?: number
}

const plainVerb: Verb = { letter: 'v' }

/** What `{{ value }}` prints. Source: Go text/template, printValue. */
export function printValue(value: Value): string {
  if (value === undefined) return '<no value>'
  if (typeof value === 'string') return value
  const text = formatValue(value, plainVerb)
  return text.startsWith('&{') && typeof value === 'object' ? text.slice(1) : text
}

/** Go's `fmt.Sprint`: a space between neighbours that are both no strings. */
export function sprint(values: readonly Value[], budget: Budget): string {
  let out = ''
  values.forEach((value, i) => {
    if (i > 0 && typeof value !== 'string' && typeof values[i - 1] !== 'string') out += ' '
    out += spent(formatValue(value, plainVerb), budget)
  })
  return out
}

/** Go's `fmt.Sprintln`. */
export function sprintln(values: readonly Value[], budget: Budget): string {
  return `${values.map((value) => spent(formatValue(value, plainVerb), budget)).join(' ')}\n`
}

function spent(text: string, budget: Budget): string {
  budget.spendChars(text.length)
  return text
}

/** The value under a verb, with Go's `%!d(string=x)` where the verb does not suit it. */
export function formatValue(value: Value, verb: Verb, depth = 0): string {
  switch (typeof value) {
    case 'undefined':
      return pad(verb.letter === 'v' || depth > 0 ? '<nil>' : `%!${verb.letter}(<nil>)`, verb)
    case 'string':
      return orBad(formatText(value, verb), value, verb)
    case 'boolean':
      return orBad('tv'.includes(verb.letter) ? String(value) : undefined, value, verb)
    case 'bigint':
      return orBad(formatInteger(value, verb.letter, verb), value, verb)
    case 'number':
      return orBad(formatFloat(value, verb.letter, verb), value, verb)
    default:
      return formatComposite(value, verb, depth)
  }
}

function formatComposite(value: Value & object, verb: Verb, depth: number): string {
  const own = ownText(value)
  if (own !== undefined && 'vsxXq'.includes(verb.letter)) {
    return orBad(formatText(own, verb), own, verb)
  }
  const inner = (item: Value) => formatValue(item, verb, depth + 1)
  switch (value.kind) {
    case 'list':
      return `[${itemsOf(value).map(inner).join(' ')}]`
    case 'map': {
      const entries = [...value.entries].map(([key, item]) => `${inner(key)}:${inner(item)}`)
      return `map[${entries.join(' ')}]`
    }
    case 'struct':
      if (value.isPointer && depth > 0) return address
      return (value.isPointer ? '&' : '') + formatFields(value, verb, inner)
    default:
      if (value.entries === undefined) return '<nil>'
      return depth > 0 ? address : `&{${address}}`
  }
}

/** Go prints where a pointer points to; here every address is this one. */
const address = '0xc000000000'

function formatFields(
  { type, fields }: Structure,
  verb: Verb,
  inner: (v: Value) => string,
): string {
  const shown = type.fields.map(({ name }) => {
    const text = inner(fields.get(name))
    return verb.plus && verb.letter === 'v' ? `${name}:${text}` : text
  })
  return `{${shown.join(' ')}}`
}

/** What a value says of itself (Go's `String` methods of Ollama's types). */
function ownText(value: Value & object): string | undefined {
  if (value.kind === 'map') {
    if (value.prints !== 'json') return undefined
    return value.isNil ? '{}' : encodeJson(value)
  }
  if (value.kind !== 'list' || value.prints === undefined) return undefined
  if (value.prints === 'json') return encodeJson(value)
  const words = itemsOf(value).map(printValue).join(' ')
  return value.length > 1 ? `[${words}]` : words
}

/** Text under `%v %s %q %x %X`. */
function formatText(text: string, { letter, sharp, precision, space }: Verb): string | undefined {
  const shown = precision === undefined ? text : Array.from(text).slice(0, precision).join('')
  switch (letter) {
    case 'v':
      return sharp ? quote(shown) : shown
    case 's':
      return shown
    case 'q':
      return sharp && !/[`\p{Cc}\ufeff]/u.test(shown.replaceAll('\t', ''))
        ? `\`${shown}\``
        : quote(shown)
    case 'x':
    case 'X': {
      const bytes = [...new TextEncoder().encode(text)].slice(0, precision ?? text.length * 3)
      const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0'))
      const prefix = sharp ? '0x' : ''
      const joined = space ? hex.map((two) => prefix + two).join(' ') : prefix + hex.join('')
      return letter === 'X' ? joined.toUpperCase() : joined
    }
    default:
      return undefined
  }
}

function orBad(text: string | undefined, value: Value, verb: Verb): string {
  if (text !== undefined) return pad(text, verb, typeof value)
  const shown = formatValue(value, { ...verb, letter: 'v', sharp: false })
  return `%!${verb.letter}(${typeName(value)}=${shown})`
}

function pad(text: string, { width = 0, minus, zero }: Verb, type = ''): string {
  const missing = width - Array.from(text).length
  if (missing <= 0) return text
  if (minus) return text + ' '.repeat(missing)
  if (!zero || (type !== 'bigint' && type !== 'number')) return ' '.repeat(missing) + text
  const signLength = /^[+\- ]/.test(text) ? 1 : 0
  return text.slice(0, signLength) + '0'.repeat(missing) + text.slice(signLength)
}
