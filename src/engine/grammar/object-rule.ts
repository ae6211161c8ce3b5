import { classMember, jsonLiteral, literal, oneOf } from './literal.ts'
import { isSchema, type Schema } from './node.ts'
import { type RuleBook, schemaError } from './rule-book.ts'

/** Names that other keys must differ from are followed letter by letter, by recursion. */
const excludedNameLengthMax = 256

/** Characters that stand for themselves between quotes, as the inside of a class of GBNF. */
const notPlain = String.raw`"\\\x7F\x00-\x1F`

/**
 * The rule for an object. Members come in the order of `properties`, those not required may be left out; others only
 * where `additionalProperties` asks for them, at the end. `convert` gives the rule for a member's schema.
 */
export function objectRule(
  rules: RuleBook,
  schema: Schema,
  convert: (schema: unknown) => string,
): string {
  const properties = schema['properties'] ?? {}
  const required = schema['required'] ?? []
  const extra = schema['additionalProperties']
  if (!isSchema(properties) || !isNames(required)) {
    throw schemaError('properties or required have a wrong form')
  }
  const needed = new Set(required)
  const names = [...new Set([...Object.keys(properties), ...needed])]
  if (names.length === 0 && (extra === undefined || extra === true)) return 'object'
  const allowsMore = extra === true || isSchema(extra)
  const more = allowsMore
    ? rules.add(`${keyExcept(rules, names)} space ":" space ${convert(extra)} space`)
    : undefined
  // `rest`: what may follow a member; `first`: what may follow the opening brace. Both are made from the end.
  let rest = rules.add(more === undefined ? '""' : `("," space ${more})*`)
  let first = rules.add(more === undefined ? '""' : `(${more} ${rest})?`)
  for (const name of names.toReversed()) {
    const value = convert(Object.hasOwn(properties, name) ? properties[name] : true)
    const member = rules.add(`${jsonLiteral(name)} space ":" space ${value} space`)
    const isNeeded = needed.has(name)
    const newFirst = `${member} ${rest}`
    const newRest = `"," space ${member} ${rest}`
    first = rules.add(isNeeded ? newFirst : `${newFirst} | ${first}`)
    rest = rules.add(isNeeded ? newRest : `${newRest} | ${rest}`)
  }
  return rules.add(`"{" space ${first} "}"`)
}

/** A key that is none of the names. It has no escapes, or it could spell one of them in another way. */
function keyExcept(rules: RuleBook, names: readonly string[]): string {
  const spelt = names
    .map((name) => Array.from(name))
    .filter((name) => JSON.stringify(name.join('')) === `"${name.join('')}"`)
  if (spelt.some((name) => name.length > excludedNameLengthMax)) {
    throw schemaError('a name is too long to have other keys beside it')
  }
  return rules.add(String.raw`"\"" ${endingUnlike(rules, spelt)} "\""`)
}

/** A rule for every text that is none of the `endings`, each a list of characters. */
function endingUnlike(rules: RuleBook, endings: readonly (readonly string[])[]): string {
  const byFirst = Map.groupBy(
    endings.filter((ending) => ending.length > 0),
    ([first]) => first ?? '',
  )
  const isOver = endings.some((ending) => ending.length === 0)
  const others = `[^${notPlain}${[...byFirst.keys()].map(classMember).join('')}]`
  const alternatives = [...byFirst].map(
    ([first, group]) =>
      `${literal(first)} ${endingUnlike(
        rules,
        group.map((ending) => ending.slice(1)),
      )}`,
  )
  alternatives.push(`${others} [^${notPlain}]*`)
  if (!isOver) alternatives.push('""')
  return rules.add(oneOf(alternatives))
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string')
}
