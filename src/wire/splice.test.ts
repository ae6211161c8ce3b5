import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeGoJson } from './go-json/index.ts'
import type { JsonNode } from './go-json/node.ts'
import { decodeFirstValue } from './go-json/parse.ts'
import { injectOption, replaceModel, restoreModel } from './splice.ts'

const replace = (text: string) => replaceModel(Buffer.from(text), 'x').toString()
const inject = (text: string) => injectOption(Buffer.from(text), 'num_gpu', 7).toString()
const restore = (text: string) => restoreModel(Buffer.from(text), 'ours:1', 'Theirs').toString()

describe('another name for the model', () => {
  test.each([
    ['{"model":"m"}', '{"model":"x"}'],
    [' { "MODEL" : "m" , "a" : 1e999 } tail', ' { "MODEL" : "x" , "a" : 1e999 } tail'],
    [String.raw`{"mod\u0065l":"\u006d"}`, String.raw`{"mod\u0065l":"x"}`],
    ['{"model":"a","model":"b","model":null}', '{"model":"a","model":"x","model":null}'],
    ['{"name":"n"}', '{"name":"x"}'],
    ['{"name":"n","model":""}', '{"name":"x","model":""}'],
    ['{"model":""}', '{"model":"x"}'],
    ['{"messages":[{"model":"m"}],"model":"m"}', '{"messages":[{"model":"m"}],"model":"x"}'],
  ])('%s', (text, changed) => {
    expect(replace(text)).toBe(changed)
  })

  test.each([
    '{"model":5}',
    '{"model":null}',
    '{"prompt":"model"}',
    '{"model":"m"',
    '["model","m"]',
    '\uFEFF{"model":"m"}',
    '',
  ])('%s stays as it is', (text) => {
    expect(replace(text)).toBe(text)
  })
})

describe('S-100: num_gpu of a request', () => {
  test.each([
    ['{}', '{"options":{"num_gpu":7}}'],
    [' { "model":"m"} tail', ' {"options":{"num_gpu":7}, "model":"m"} tail'],
    ['{"options":{}}', '{"options":{"num_gpu":7}}'],
    ['{"Options":{ "seed":1 }}', '{"Options":{ "seed":1 ,"num_gpu":7}}'],
    ['{"options":null,"a":1}', '{"options":null,"options":{"num_gpu":7},"a":1}'],
    ['{"options":{"num_gpu":null}}', '{"options":{"num_gpu":null,"num_gpu":7}}'],
    [
      '{"options":{"num_gpu":3},"options":null}',
      '{"options":{"num_gpu":3},"options":null,"options":{"num_gpu":7}}',
    ],
    ['{"options":{"stop":["}"]}}', '{"options":{"stop":["}"],"num_gpu":7}}'],
    ['{"messages":[{"num_gpu":1}]}', '{"options":{"num_gpu":7},"messages":[{"num_gpu":1}]}'],
  ])('%s', (text, changed) => {
    expect(inject(text)).toBe(changed)
  })

  test.each([
    '{"options":{"num_gpu":0}}',
    '{"options":{"NUM_GPU":1}}',
    String.raw`{"options":{"num\u005fgpu":1}}`,
    '{"options":{"num_gpu":"all"}}',
    '{"options":{"num_gpu":1},"options":{"seed":2}}',
    '{"options":[1]}',
    '{"options":"num_gpu"}',
    '{"options":{"seed":1}',
    '{"options":{"seed"}}',
    '\uFEFF{}',
    'null',
    '',
  ])('%s stays as it is', (text) => {
    expect(inject(text)).toBe(text)
  })
})

describe("the client's name in the answer", () => {
  test('stands in every line, and nothing else changes', () => {
    const lines =
      '{"model":"ours:1","done":false}\r\n\n{"a":"ours:1", "model" : "ours:1"}\nnot JSON\n'
    const changed =
      '{"model":"Theirs","done":false}\r\n\n{"a":"ours:1", "model" : "Theirs"}\nnot JSON\n'
    expect(restore(lines)).toBe(changed)
  })

  test.each(['{"model":"other"}\n', '{"model":"ours:1"', '{"message":{"model":"ours:1"}}', ''])(
    '%s stays as it is',
    (text) => {
      expect(restore(text)).toBe(text)
    },
  )

  test('is written as Go writes it', () => {
    const line = restoreModel(Buffer.from('{"model":"ours"}'), 'ours', '<&"\u2028').toString()
    expect(line).toBe(String.raw`{"model":"\u003c\u0026\"\u2028"}`)
  })
})

describe('whatever the body', () => {
  test('num_gpu is there afterwards as Go reads it, and taking it out gives the bytes back', () => {
    fc.assert(
      fc.property(bodies, (text) => {
        const changed = inject(text)
        const before = goOptions(text)
        if (before.get('num_gpu') !== undefined) {
          expect(changed).toBe(text)
          return
        }
        expect(goOptions(changed)).toEqual(new Map(before).set('num_gpu', '7'))
        expect(replacedPart(text, changed)).toBe('')
        expect(others(changed)).toEqual(others(text))
      }),
    )
  })

  test('the model is the other one afterwards, and only its bytes differ', () => {
    fc.assert(
      fc.property(bodies, fc.string(), (text, name) => {
        const body = Buffer.from(text)
        const changed = replaceModel(body, name)
        const span = modelSpan(body)
        const expected =
          span === undefined
            ? body
            : Buffer.concat([
                body.subarray(0, span.start),
                Buffer.from(encodeGoJson(name)),
                body.subarray(span.end),
              ])
        expect(changed.equals(expected)).toBe(true)
      }),
    )
  })

  test('an answer gets its name back in every line, and only that', () => {
    const parts = fc.tuple(fc.string(), blanks, fc.jsonValue())
    fc.assert(
      fc.property(fc.array(parts), fc.string(), fc.string(), (list, ours, clients) => {
        const linesFor = (name: string) =>
          list.map(([text, blank, rest]) => {
            const gap = blank.replaceAll('\n', ' ')
            const model = `"model"${gap}:${gap}${encodeGoJson(name)}`
            return `{${encodeGoJson(`x${text}`)}:${JSON.stringify(rest)},${gap}${model}}\n`
          })
        const restored = restoreModel(Buffer.from(linesFor(ours).join('')), ours, clients)
        expect(restored.toString()).toBe(linesFor(clients).join(''))
      }),
    )
  })

  test('noise and cut bodies come back as they are, or changed in a whole object', () => {
    fc.assert(
      fc.property(bodies, fc.uint8Array({ maxLength: 20 }), fc.nat(200), (text, noise, at) => {
        const bytes = Buffer.concat([Buffer.from(text).subarray(0, at), noise])
        const isCut = at < decodeFirstValue(Buffer.from(text)).end && noise.length === 0
        for (const changed of [
          injectOption(bytes, 'num_gpu', 7),
          replaceModel(bytes, 'x'),
          restoreModel(bytes, 'm', 'x'),
        ]) {
          if (isCut) expect(changed.equals(bytes)).toBe(true)
          expect(changed.length).toBeGreaterThanOrEqual(0)
        }
      }),
    )
  })
})

/** Members as Go's decoder sees them, by our own complete decoder. */
function membersOf(text: string): { key: string; value: JsonNode }[] {
  const node = decodeFirstValue(Buffer.from(text))
  if (node.kind !== 'object') throw new Error('bodies are objects')
  return node.members.map(({ key, value }) => ({ key: key.toLowerCase(), value }))
}

/** `options` as Go fills its map: later objects add to earlier ones, `null` empties it; null values do not count. */
function goOptions(text: string): Map<string, string> {
  let found = new Map<string, string>()
  for (const { key, value } of membersOf(text)) {
    if (key !== 'options') continue
    if (value.kind !== 'object') found = new Map()
    for (const member of value.kind === 'object' ? value.members : []) {
      const name = member.key.toLowerCase() === 'num_gpu' ? 'num_gpu' : member.key
      if (member.value.kind === 'null') found.delete(name)
      else found.set(name, textOf(text, member.value))
    }
  }
  return found
}

const others = (text: string) =>
  membersOf(text)
    .filter(({ key }) => key !== 'options')
    .map(({ key, value }) => [key, textOf(text, value)])

const textOf = (text: string, { start, end }: { start: number; end: number }) =>
  Buffer.from(text).toString('utf8', start, end)

function modelSpan(body: Buffer): JsonNode | undefined {
  const known = membersOf(body.toString()).filter(({ value }) => value.kind !== 'null')
  const model = known.findLast(({ key }) => key === 'model')?.value
  const older = known.findLast(({ key }) => key === 'name')?.value
  const isEmpty = model === undefined || (model.kind === 'string' && model.value === '')
  const value = isEmpty ? (older ?? model) : model
  return value?.kind === 'string' ? value : undefined
}

/** What of a text is not in the other, between their common start and their common end. */
function replacedPart(text: string, other: string): string {
  let start = 0
  while (start < text.length && text[start] === other[start]) start++
  let end = 0
  while (end < text.length - start && text.at(-1 - end) === other.at(-1 - end)) end++
  return text.slice(start, text.length - end)
}

const blanks = fc.string({ unit: fc.constantFrom(' ', '\n', '\r', '\t'), maxLength: 2 })

/** A key in any case, some of its characters written as escapes. */
const spelt = (name: string) =>
  fc
    .array(fc.constantFrom('plain', 'upper', 'escaped'), {
      minLength: name.length,
      maxLength: name.length,
    })
    .map((ways) => {
      const spell = (character: string, at: number) => {
        if (ways[at] === 'upper') return character.toUpperCase()
        if (ways[at] === 'plain') return character
        return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
      }
      return `"${name.split('').map(spell).join('')}"`
    })

const object = (members: fc.Arbitrary<readonly [string, string]>) =>
  fc.tuple(fc.array(members, { maxLength: 5 }), blanks, blanks).map(([list, before, after]) => {
    const texts = list.map(([key, value]) => `${before}${key}${after}:${before}${value}${after}`)
    return `{${texts.length === 0 ? before : texts.join(',')}}`
  })

const values = fc.oneof(fc.json(), fc.constantFrom('null', '1e400', '-0', '"}"', '"\\""', '[{}]'))
const keys = fc.oneof(spelt('num_gpu'), spelt('seed'), fc.string().map(encodeGoJson))
const options = fc.oneof(fc.constant('null'), object(fc.tuple(keys, values)))
const models = fc.oneof(fc.constantFrom('null', '""', '5'), fc.string().map(encodeGoJson))

const bodies = fc
  .tuple(
    blanks,
    object(
      fc.oneof(
        fc.tuple(spelt('options'), options),
        fc.tuple(fc.oneof(spelt('model'), spelt('name')), models),
        fc.tuple(fc.constant('"junk"'), values),
      ),
    ),
    fc.constantFrom('', '\n', ' {"model":"second"}', ' }]trailing'),
  )
  .map((parts) => parts.join(''))
