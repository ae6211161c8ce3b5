/** Values as Go's fmt prints them. Source: Go fmt, print.go. */
import type { Budget } from './budget.ts'
import { type Flags, pad } from './field.ts'
import { encodeJson } from './json.ts'
import { formatFloat, formatInteger } from './number-format.ts'
import { quote } from './text.ts'
import { itemsOf, type Structure, typeName, type Value } from './value.ts'

/** One `%` directive. */
export interface Verb extends Flags {
  readonly letter: string
  /** Within `%!d(…)`, where nothing says of itself what it is. */
  readonly isBad?: true
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
      return formatNil(verb, depth)
    case 'string':
      return formatText(value, verb) ?? badVerb(value, verb)
    case 'boolean':
      return 'tv'.includes(verb.letter) ? pad(String(value), verb) : badVerb(value, verb)
    case 'bigint':
      return formatInteger(value, verb.letter, verb) ?? badVerb(value, verb)
    case 'number':
      return formatFloat(value, verb.letter, verb) ?? badVerb(value, verb)
    default:
      return formatComposite(value, verb, depth)
  }
}

/** Go's nil pads only where it is an argument of its own. */
function formatNil(verb: Verb, depth: number): string {
  if (depth > 0) return verb.sharpV ? 'interface {}(nil)' : '<nil>'
  return verb.letter === 'v' ? pad('<nil>', verb) : `%!${verb.letter}(<nil>)`
}

function badVerb(value: Value, verb: Verb): string {
  const shown = formatValue(value, { ...verb, letter: 'v', isBad: true })
  return `%!${verb.letter}(${typeName(value)}=${shown})`
}

function formatComposite(value: Value & object, verb: Verb, depth: number): string {
  const own = verb.sharpV || verb.isBad ? undefined : ownText(value)
  if (own !== undefined && 'vsxXq'.includes(verb.letter)) return formatText(own, verb) ?? ''
  const inner = (item: Value) => formatValue(item, verb, depth + 1)
  const type = verb.sharpV ? typeName(value) : ''
  switch (value.kind) {
    case 'list': {
      const items = itemsOf(value).map(inner)
      if (!verb.sharpV) return `[${items.join(' ')}]`
      return value.isNil ? `${type}(nil)` : `${type}{${items.join(', ')}}`
    }
    case 'map': {
      const entries = [...value.entries].map(([key, item]) => `${inner(key)}:${inner(item)}`)
      if (!verb.sharpV) return `map[${entries.join(' ')}]`
      return value.isNil ? `${type}(nil)` : `${type}{${entries.join(', ')}}`
    }
    case 'struct': {
      if (value.isPointer && depth > 0) return formatPointer(value, verb)
      const fields = formatFields(value, verb, inner)
      return (value.isPointer ? '&' : '') + (verb.sharpV ? value.type.name : '') + fields
    }
    default:
      if (value.entries === undefined || depth > 0) return formatPointer(value, verb)
      return `&${verb.sharpV ? type.slice(1) : ''}{${formatPointer(value, verb)}}`
  }
}

/** Go prints where a pointer points to; here every address is this one. */
const address = 0xc000000000n

function formatPointer(value: Value & object, verb: Verb): string {
  const isNil = value.kind === 'pointer' && value.entries === undefined
  const { letter, sharp = false, sharpV } = verb
  if (letter === 'v' && sharpV) {
    return `(${typeName(value)})(${isNil ? 'nil' : `0x${address.toString(16)}`})`
  }
  if (letter === 'v' && isNil) return pad('<nil>', verb)
  const at = isNil ? 0n : address
  if ('vp'.includes(letter)) return formatInteger(at, 'x', { ...verb, sharp: !sharp }) ?? ''
  return 'bodxX'.includes(letter) ? (formatInteger(at, letter, verb) ?? '') : badVerb(value, verb)
}

function formatFields(
  { type, fields }: Structure,
  verb: Verb,
  inner: (v: Value) => string,
): string {
  const shown = type.fields.map(({ name }) => {
    const text = inner(fields.get(name))
    return verb.plusV || verb.sharpV ? `${name}:${text}` : text
  })
  return `{${shown.join(verb.sharpV ? ', ' : ' ')}}`
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

/** Text under `%v %s %q %x %X`; undefined under others. */
function formatText(text: string, verb: Verb): string | undefined {
  const { letter, precision } = verb
  const shown = precision === undefined ? text : Array.from(text).slice(0, precision).join('')
  switch (letter) {
    case 'v':
      return pad(verb.sharpV ? quote(shown) : shown, verb)
    case 's':
      return pad(shown, verb)
    case 'q': {
      const isRaw = verb.sharp && !/[`\p{Cc}\ufeff]/u.test(shown.replaceAll('\t', ''))
      if (isRaw) return pad(`\`${shown}\``, verb)
      return pad(quote(shown, { isAscii: verb.plus === true }), verb)
    }
    case 'x':
    case 'X':
      return pad(hexOf(text, verb), verb)
    default:
      return undefined
  }
}

function hexOf(text: string, { letter, precision, sharp, space }: Verb): string {
  const bytes = [...new TextEncoder().encode(text)].slice(0, precision)
  if (bytes.length === 0) return ''
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0'))
  const prefix = sharp ? '0x' : ''
  const joined = prefix + hex.join(space ? ` ${prefix}` : '')
  return letter === 'X' ? joined.toUpperCase() : joined
}
