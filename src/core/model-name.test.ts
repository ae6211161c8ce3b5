import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalName, displayName, manifestPath, parseModelName } from './model-name.ts'

function show(text: string): string | undefined {
  const name = parseModelName(text)
  return name && manifestPath(name).join('|')
}

describe('parseModelName', () => {
  test.each([
    ['smol', 'registry.ollama.ai|library|smol|latest'],
    ['smol:7b', 'registry.ollama.ai|library|smol|7b'],
    ['a/b', 'registry.ollama.ai|a|b|latest'],
    ['gold.example:5000/ns/m:T1', 'gold.example:5000|ns|m|T1'],
    ['http://example.com/library/smol', 'example.com|library|smol|latest'],
    ['_smol', 'registry.ollama.ai|library|_smol|latest'],
    ['m.2-x_y:v1.0-q4', 'registry.ollama.ai|library|m.2-x_y|v1.0-q4'],
  ])('%s', (text, parts) => {
    expect(show(text)).toBe(parts)
  })

  test.each([
    '',
    'smol:',
    'smol/',
    '/smol',
    'library//smol',
    '.',
    '../../etc/passwd',
    '-smol',
    'smöl',
    'a b',
    ' smol',
    'n.s/m',
    'a:b:c',
    'smol@sha256:00',
    'a/b/c/d',
    'm:..',
    '<b>&',
    'm\n',
  ])('"%s" is no name', (text) => {
    expect(parseModelName(text)).toBeUndefined()
  })

  test.each([
    ['model', 80, (part: string) => part],
    ['tag', 80, (part: string) => `m:${part}`],
    ['namespace', 80, (part: string) => `${part}/m`],
    ['host', 350, (part: string) => `${part}/n/m`],
  ])('a %s has at most %d characters', (_, charactersMax, place) => {
    expect(parseModelName(place('a'.repeat(charactersMax)))).toBeDefined()
    expect(parseModelName(place('a'.repeat(charactersMax + 1)))).toBeUndefined()
  })
})

describe('displayName', () => {
  test.each([
    ['smol', 'smol:latest'],
    ['library/smol:x', 'smol:x'],
    ['Library/smol', 'smol:latest'],
    ['ns/smol', 'ns/smol:latest'],
    ['registry.ollama.ai/ns/smol', 'ns/smol:latest'],
    ['h:1/library/smol', 'h:1/library/smol:latest'],
  ])('%s is shown as %s', (text, shown) => {
    const name = parseModelName(text)
    expect(name && displayName(name)).toBe(shown)
  })
})

const letters = (text: string) => text.split('')
const first = 'abcXYZ019_'
const part = (rest: string) =>
  fc
    .tuple(
      fc.constantFrom(...letters(first)),
      fc.string({ unit: fc.constantFrom(...letters(`${first}${rest}`)), maxLength: 12 }),
    )
    .map((pieces) => pieces.join(''))
const names = fc.record({
  host: part('-.:'),
  namespace: part('-'),
  model: part('-.'),
  tag: part('-.'),
})

test('any name is read back from what is shown of it', () => {
  fc.assert(
    fc.property(names, (name) => {
      const read = parseModelName(displayName(name))
      expect(read && canonicalName(read)).toBe(canonicalName(name))
    }),
  )
})

test('the canonical form is the same for all spellings, and a name itself', () => {
  fc.assert(
    fc.property(names, (name) => {
      const upper = parseModelName(manifestText(name).toUpperCase())
      expect(upper && canonicalName(upper)).toBe(canonicalName(name))
      const read = parseModelName(canonicalName(name))
      expect(read && canonicalName(read)).toBe(canonicalName(name))
    }),
  )
})

test('no text gives a path that leaves the store', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...letters('./\\:a_-\u0000~@ ')) }), (text) => {
      const name = parseModelName(text)
      for (const segment of name ? manifestPath(name) : []) {
        expect(segment).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_.:-]*$/)
      }
    }),
  )
})

function manifestText(name: { host: string; namespace: string; model: string; tag: string }) {
  return `${name.host}/${name.namespace}/${name.model}:${name.tag}`
}
