/** JSON Schemas that a seed makes, of what the engine's grammars say, and some that nobody can keep. */
import { type Draw, drawFrom } from './draw.ts'

export type Schema = Readonly<Record<string, unknown>>

const depthMax = 3

/** One schema; the same seed makes the same. Answers to most of them have an end soon: texts and lists are short. */
export function randomSchema(seed: number): Schema {
  const draw = drawFrom(seed)
  if (draw.oneIn(14)) return draw.pick(unkeepable)
  const definitions = Object.fromEntries(
    Array.from({ length: draw.below(3) }, (_, index) => [`d${index}`, simple(draw)]),
  )
  const names = Object.keys(definitions)
  const root = draw.oneIn(4) ? part(draw, 0, names) : object(draw, 0, names)
  return names.length === 0 ? root : { ...root, $defs: definitions }
}

type Make = (draw: Draw, depth: number, names: readonly string[]) => Schema

const simple = (draw: Draw): Schema => draw.pick(leaves)(draw, depthMax, [])

function part(draw: Draw, depth: number, names: readonly string[]): Schema {
  if (names.length > 0 && draw.oneIn(6)) return { $ref: `#/$defs/${draw.pick(names)}` }
  const kinds = depth >= depthMax ? leaves : [...leaves, ...branches]
  return draw.pick(kinds)(draw, depth + 1, names)
}

const words = ['red', 'a "b"', 'é', 'x/y', '', '0', 'null', '😀', 'tab\t', 'back\\slash']
const keys = ['id', 'name', 'na', 'a b', 'é', '"q"', 'toString', '$x', 'list', 'of']

const patterns = [
  '^[a-c]{2,5}$',
  '^(red|green|blue)$',
  String.raw`^\d{3}-\d{4}$`,
  String.raw`^[A-Z][a-z]{1,6}( [A-Z][a-z]{1,6})?$`,
  String.raw`^\w{1,8}@[a-z]{1,5}\.(?:de|org)$`,
  '^[^a-z]{1,4}$',
  String.raw`^"?\\?[\s"\\]{1,3}$`,
  '^.{2,4}$',
  String.raw`^(?:0|-?[1-9]\d{0,3})(?:\.\d{1,2})?$`,
  '^é{1,3}[ä-ü😀]$',
  'ab',
]

const leaves: readonly Make[] = [
  () => ({ type: 'boolean' }),
  () => ({ type: 'null' }),
  () => ({ type: 'integer' }),
  () => ({ type: 'number' }),
  (draw) => {
    const minimum = draw.below(2_000) - 1_000
    return { type: 'integer', minimum, maximum: minimum + draw.below(5_000) }
  },
  (draw) => ({ type: 'integer', exclusiveMinimum: draw.below(50) - 25 }),
  (draw) => ({ type: 'integer', maximum: draw.below(50) - 25 }),
  (draw) => {
    const minLength = draw.below(4)
    return { type: 'string', minLength, maxLength: minLength + draw.below(8) }
  },
  (draw) => ({ type: 'string', pattern: draw.pick(patterns) }),
  (draw) => ({ type: 'string', format: draw.pick(['date', 'time', 'date-time', 'uuid']) }),
  (draw) => ({ const: draw.pick([...words, 7, -1.5, null, true, ['a', 1], { k: [{}] }]) }),
  (draw) => ({ enum: draw.some([...words, 1, null, false], 4) }),
  (draw) => ({ type: draw.some(['boolean', 'null', 'integer'], 2) }),
]

const branches: readonly Make[] = [
  (draw, depth, names) => object(draw, depth, names),
  (draw, depth, names) => object(draw, depth, names),
  (draw, depth, names) => {
    const minItems = draw.below(3)
    const maxItems = minItems + draw.below(3)
    return { type: 'array', items: part(draw, depth, names), minItems, maxItems }
  },
  (draw, depth, names) => {
    const prefixItems = Array.from({ length: 1 + draw.below(3) }, () => part(draw, depth, names))
    const { length } = prefixItems
    const isOpen = draw.oneIn(3)
    const more = isOpen
      ? { items: simple(draw), maxItems: length + 1 }
      : { items: false, maxItems: length }
    return { type: 'array', prefixItems, minItems: length, ...more }
  },
  (draw, depth, names) => ({ anyOf: [part(draw, depth, names), { type: 'null' }] }),
  (draw, depth, names) => ({ anyOf: [part(draw, depth, names), part(draw, depth, names)] }),
  // Nothing fits two of these
  (draw, depth, names) => ({
    oneOf: [
      simpleObject(draw, depth, names, 'a'),
      simpleObject(draw, depth, names, 'b'),
      { type: 'integer', minimum: 3, maximum: 9 },
    ],
  }),
  (draw) => ({
    allOf: [
      { type: 'integer', minimum: draw.below(10) },
      { minimum: 5, maximum: 40 + draw.below(10) },
      { type: 'number', maximum: 45 },
    ],
  }),
  (draw, depth, names) => ({
    allOf: [
      { type: 'object', properties: { left: part(draw, depth, names) }, required: ['left'] },
      { properties: { right: part(draw, depth, names) }, required: draw.oneIn(2) ? ['right'] : [] },
    ],
  }),
  (draw) => ({ allOf: [{ enum: ['x', 'y', 'z', 1] }, { enum: ['z', 1, draw.pick(words)] }] }),
]

function object(draw: Draw, depth: number, names: readonly string[]): Schema {
  const chosen = draw.some(keys, 1 + draw.below(4))
  const properties = Object.fromEntries(chosen.map((key) => [key, part(draw, depth, names)]))
  const required = chosen.filter(() => !draw.oneIn(3))
  const closed = draw.oneIn(2) ? { additionalProperties: false } : {}
  const more = draw.oneIn(8) ? { additionalProperties: simple(draw) } : closed
  return { type: 'object', properties, required, ...more }
}

function simpleObject(draw: Draw, depth: number, names: readonly string[], kind: string): Schema {
  return {
    type: 'object',
    properties: { kind: { const: kind }, value: part(draw, depth, names) },
    required: ['kind'],
    additionalProperties: false,
  }
}

/** What no grammar of ours says, what nobody can keep, and what is no schema. */
const unkeepable: readonly Schema[] = [
  { type: 'string', pattern: '^(?=a)b$' },
  { type: 'string', pattern: String.raw`^(a)\1$` },
  { type: 'string', pattern: '(' },
  { type: 'integer', minimum: 5, maximum: 4 },
  { type: 'array', items: { type: 'null' }, minItems: 3, maxItems: 2 },
  { $ref: 'https://example.com/schema.json' },
  { $ref: '#/$defs/nowhere' },
  { allOf: [{ type: 'string' }, { type: 'null' }] },
  { allOf: [{ enum: ['a'] }, { enum: ['b'] }] },
  { type: 'text' },
  { enum: [] },
  { type: 'string', maxLength: 5_000 },
  { anyOf: [{ $ref: '#' }, { type: 'null' }] },
]
