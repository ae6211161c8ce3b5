import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type JsonNode, jsonLimits, plainValue } from './node.ts'
import { decodeFirstValue } from './parse.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const decode = (text: string): JsonNode => decodeFirstValue(bytes(text))

describe('decodeFirstValue', () => {
  test('reads any JSON as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(4), (text, indent) => {
        const spaced = JSON.stringify(JSON.parse(text), undefined, indent)
        expect(JSON.stringify(plainValue(decode(spaced)))).toBe(JSON.stringify(JSON.parse(spaced)))
      }),
    )
  })

  test.each(['{"a":1} trailing', '{"a":1}{"a":2}', ' {"a":1}x'])(
    'stops behind the value: %s',
    (text) => {
      expect(plainValue(decode(text))).toEqual({ a: 1 })
    },
  )

  test('keeps the order of keys, and of equal keys the last counts', () => {
    const value = plainValue(decode('{"b":1,"a":2,"b":3,"__proto__":4}'))
    expect(JSON.stringify(value)).toBe('{"b":3,"a":2,"__proto__":4}')
    expect(Object.getPrototypeOf(value)).toBeNull()
  })

  test('replaces half a surrogate pair, as Go strings cannot hold one', () => {
    expect(plainValue(decode(String.raw`"\ud800x\udc00\ud83d\ude00"`))).toBe('�x�😀')
  })

  test.each(['', ' \r\n\t'])('"%s" is a missing body', (text) => {
    expect(() => decode(text)).toThrow(expect.objectContaining({ code: 'OD_BODY_MISSING' }))
  })

  test.each([
    ['{"model":', 'unexpected EOF'],
    ['{"model":"smol","prompt":"', 'unexpected EOF'],
    ['tru', 'unexpected EOF'],
    ['-', 'unexpected EOF'],
    ['x', "invalid character 'x' looking for beginning of value"],
    ['nope', "invalid character 'o' in literal null (expecting 'u')"],
    ['{x', "invalid character 'x' looking for beginning of object key string"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ["{'a':1}", String.raw`invalid character '\'' looking for beginning of object key string`],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', `invalid character '"' after object key:value pair`],
    ['[1 2]', "invalid character '2' after array element"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ['[01]', "invalid character '1' after array element"],
    ['-x', "invalid character 'x' in numeric literal"],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
    ['1e+x', "invalid character 'x' in exponent of numeric literal"],
    ['"\n"', String.raw`invalid character '\n' in string literal`],
    [String.raw`"\x"`, "invalid character 'x' in string escape code"],
    [String.raw`"\u00g0"`, String.raw`invalid character 'g' in \u hexadecimal character escape`],
    ['\u001f', String.raw`invalid character '\x1f' looking for beginning of value`],
    ['\ufeff{}', "invalid character 'ï' looking for beginning of value"],
  ])('%s is refused in the words of Go', (text, message) => {
    const expected = expect.objectContaining({ code: 'OD_BODY_MALFORMED', message })
    expect(() => decode(text)).toThrow(expected)
  })

  test('never throws anything but its own errors, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.json(), fc.nat(200), (noise, text, at) => {
        const broken = Uint8Array.from([...bytes(text).subarray(0, at), ...noise])
        for (const body of [noise, broken]) {
          try {
            decodeFirstValue(body)
          } catch (error) {
            expect(error).toMatchObject({ code: expect.stringMatching(/^OD_BODY_/) })
          }
        }
      }),
    )
  })
})

describe('bounds', () => {
  const { depthMax, keysMax, itemsMax, valuesMax } = jsonLimits
  test.each([
    ['depth', '['.repeat(depthMax + 1), 'exceeded max depth'],
    ['half a million levels', '[{"a":'.repeat(250_000), 'exceeded max depth'],
    ['keys', `{${'"a":1,'.repeat(keysMax)}"a":1}`, 'too many keys in an object'],
    ['items', `[${'1,'.repeat(itemsMax)}1]`, 'too many elements in an array'],
    [
      'values',
      `[${`[${'1,'.repeat(itemsMax - 1)}1],`.repeat(valuesMax / itemsMax)}1]`,
      'too many values',
    ],
  ])('%s', (_, text, message) => {
    expect(() => decode(text)).toThrow(message)
  })

  test('what is just inside is read', () => {
    expect(decode('['.repeat(depthMax) + ']'.repeat(depthMax)).kind).toBe('array')
    expect(decode(`[${'1,'.repeat(itemsMax - 1)}1]`).kind).toBe('array')
    expect(decode(`{${'"a":1,'.repeat(keysMax - 1)}"a":1}`).kind).toBe('object')
  })
})
