import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { passesOver } from '../../tests/support/passes.ts'
import { peekRequest } from './peek.ts'

const peek = (text: string) => peekRequest(new TextEncoder().encode(text))

describe('peekRequest', () => {
  test.each([
    ['{"model":"m","prompt":"x"}', { model: 'm' }],
    ['{"model":"m","prompt":"x","stream":false}', { model: 'm', stream: false }],
    ['{"name":"n","prompt":"x"}', { model: 'n' }],
    ['{"model":"","name":"n","prompt":"x"}', { model: 'n' }],
    ['{"model":"m"}', { model: 'm', empty: true }],
    ['{"model":"m","messages":[ ],"prompt":""}', { model: 'm', empty: true }],
    ['{"model":"m","messages":[ {}]}', { model: 'm' }],
    ['{"model":"m","input":["a"]}', { model: 'm' }],
    ['{"messages":[{}],"messages":[]}', { empty: true }],
    ['{"prompt":"x","prompt":null}', {}],
    ['{"messages":[{}],"messages":null}', { empty: true }],
    ['{"keep_alive":0}', { keepAliveZero: true, empty: true }],
    ['{"keep_alive":"0s"}', { keepAliveZero: true, empty: true }],
    ['{"keep_alive":"0"}', { keepAliveZero: true, empty: true }],
    ['{"keep_alive":-1}', { empty: true }],
    ['{"keep_alive":0,"keep_alive":"5m"}', { empty: true }],
    ['{"stream":true,"stream":null}', { empty: true }],
    ['{"stream":"false"}', { empty: true }],
    ['{"model":"a","model":null}', { model: 'a', empty: true }],
    ['{"model":"a","model":5}', { empty: true }],
    ['{"messages":[{"model":"inner","role":"}"}],"model":"m"}', { model: 'm' }],
    [String.raw`{"prompt":"\\","model":"m\"\\"}`, { model: 'm"\\' }],
    ['{"model":"m"} {"model":"n"}', { model: 'm', empty: true }],
    [`{"model":"${'m'.repeat(7_000)}"}`, { empty: true }],
    ['', { empty: true, malformed: true }],
    ['null', { empty: true, malformed: true }],
    ['[]', { empty: true, malformed: true }],
    ['{"model":"m"', { model: 'm', empty: true, malformed: true }],
    ['{"model":"m","prompt":"x', { model: 'm', empty: true, malformed: true }],
    ['{"model":"m",}', { model: 'm', empty: true, malformed: true }],
    ['{"model" "m"}', { empty: true, malformed: true }],
    ['{"a":[[1}', { empty: true, malformed: true }],
    ['{"a":,"model":"m"}', { empty: true, malformed: true }],
  ])('%s', (text, found) => {
    expect(peek(text)).toEqual(found)
  })

  test('finds what JSON.parse finds, however it is spelt', () => {
    fc.assert(
      fc.property(fc.array(members, { maxLength: 8 }), spacing, (list, blank) => {
        const expected: { model?: string; stream?: boolean } = {}
        for (const { name, value } of list) {
          if (name === 'model') expected.model = String(value)
          if (name === 'stream') expected.stream = value === true
        }
        const spelt = list.map(({ key, text }) => `${blank}${key}${blank}:${blank}${text}${blank}`)
        const text = `${blank}{${spelt.join(',')}${blank}}${blank}`
        expect(() => JSON.parse(text)).not.toThrow()
        const { model, stream, malformed } = peek(text)
        expect({ model, stream, malformed }).toEqual({ ...expected, malformed: undefined })
      }),
    )
  })

  test('sees the model in the same bytes as a decoder that reads all of them', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (object, model) => {
        const lower = Object.keys(object).map((key) => key.toLowerCase())
        fc.pre(!lower.includes('model') && model !== '')
        expect(peek(JSON.stringify({ ...object, model })).model).toBe(model)
      }),
    )
  })

  test('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.json(), fc.nat(100), (noise, json, at) => {
        peekRequest(noise)
        peekRequest(Buffer.concat([Buffer.from(`{"model":${json}`).subarray(0, at), noise]))
      }),
    )
  })
})

describe('sixty megabytes', () => {
  const fill = (text: string) => text.repeat(Math.floor(60e6 / text.length))

  test.each([
    ['one picture', `"images":["${fill('AAAA')}"]`],
    ['escaped quotes', `"prompt":"${fill(String.raw`\"`)}"`],
    ['backslashes', `"prompt":"${fill(String.raw`\\`)}"`],
  ])('of %s are passed over in the time of some looks at every byte', (_, member) => {
    const body = new TextEncoder().encode(`{${member},"model":"m"}`)
    const count = passesOver(body, () => expect(peekRequest(body).model).toBe('m'))
    expect(count).toBeLessThan(10)
  })

  test.each([
    ['tiny values', `"a":[${fill('{},')}1]`],
    ['keys', fill('"a":1,').slice(0, -1)],
  ])('of %s are given up early', (_, members) => {
    const body = new TextEncoder().encode(`{${members},"model":"m"}`)
    const given = { empty: true, malformed: true }
    const count = passesOver(body, () => expect(peekRequest(body)).toEqual(given))
    expect(count).toBeLessThan(10)
  })
})

const spacing = fc.string({ unit: fc.constantFrom(' ', '\n', '\r', '\t'), maxLength: 3 })

/** A text in JSON, some of its characters written as escapes. */
const speltText = (text: string) =>
  fc.array(fc.boolean(), { minLength: text.length, maxLength: text.length }).map((escapes) => {
    const characters = text
      .split('')
      .map((character, index) =>
        escapes[index] === true || /["\\\p{Cc}]/u.test(character)
          ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
          : character,
      )
    return `"${characters.join('')}"`
  })

const anyCase = (name: string) =>
  fc
    .array(fc.boolean(), { minLength: name.length, maxLength: name.length })
    .map((uppers) =>
      name
        .split('')
        .map((character, index) => (uppers[index] === true ? character.toUpperCase() : character))
        .join(''),
    )
    .chain(speltText)

const member = (name: string, value: fc.Arbitrary<string | boolean>) =>
  fc.tuple(anyCase(name), value).chain(([key, chosen]) =>
    (typeof chosen === 'string' ? speltText(chosen) : fc.constant(String(chosen))).map((text) => ({
      name,
      key,
      value: chosen,
      text,
    })),
  )

const members = fc.oneof(
  member('model', fc.string({ minLength: 1 })),
  member('stream', fc.boolean()),
  fc
    .tuple(anyCase('junk'), fc.json())
    .map(([key, text]) => ({ name: 'junk', key, value: '', text })),
)
