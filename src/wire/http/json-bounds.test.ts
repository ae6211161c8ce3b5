import { assert, constantFrom, json, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { findForeignToken } from './context-tokens.ts'
import { findJsonExcess } from './json-bounds.ts'

const excessOf = (text: string) => findJsonExcess(Buffer.from(text))

test('whatever a JSON text holds, it is within bounds when it is small', () => {
  assert(
    property(json({ maxDepth: 10 }), (text) => {
      expect(excessOf(text)).toBeUndefined()
    }),
  )
})

test('a bound is found behind any text whatever its quotes and backslashes', () => {
  assert(
    property(string({ unit: constantFrom('"', '\\', '[', 'x', ','), maxLength: 300 }), (text) => {
      const filler = JSON.stringify(text.repeat(2))
      expect(excessOf(`{"a":${filler},"b":${'['.repeat(128)}`)).toBe('depth')
      expect(excessOf(`{"a":${filler},"b":${'['.repeat(127)}`)).toBeUndefined()
    }),
  )
})

test('lists of numbers may be as long as a context, all values together not longer', () => {
  const numbers = (count: number) => `[${'1,'.repeat(count - 1)}1]`
  expect(excessOf(`{"context":${numbers(999_999)}}`)).toBeUndefined()
  expect(excessOf(`{"a":${numbers(600_000)},"b":${numbers(600_000)}}`)).toBe('items')
  expect(excessOf(`[[],${numbers(10)},${'1,'.repeat(100_000)}1]`)).toBe('items')
})

test('bytes that are no JSON have no bounds to be beyond, and end', () => {
  for (const text of ['', '"', '{"a', '}', ']]]', '{]', '"\\', 'null', '{} [[['])
    expect(excessOf(text)).toBeUndefined()
})

test('behind a first value that is a text, a number or a word nothing counts', () => {
  for (const text of ['"model":', ' 5', '-1', '\ttrue', 'null'])
    expect(excessOf(`${text}${'['.repeat(200)}`)).toBeUndefined()
  expect(excessOf(` ${'['.repeat(200)}`)).toBe('depth')
})

test('a token is foreign below nought or beyond every vocabulary, whole numbers only', () => {
  const foreignIn = (list: string) => findForeignToken(Buffer.from(`{"context":${list}}`))
  expect(foreignIn('[0, 262143,\n1048576]')).toBeUndefined()
  expect(foreignIn('[1.5, "7777777777", null, -0]')).toBeUndefined()
  expect(foreignIn('[1, -3]')).toBe('-3')
  expect(foreignIn('[1048577]')).toBe('1048577')
  expect(foreignIn(`[${'1,'.repeat(1_000_000)}1]`)).toBe('…')
  expect(findForeignToken(Buffer.from('{"options":{"context":[-1]}}'))).toBeUndefined()
})
