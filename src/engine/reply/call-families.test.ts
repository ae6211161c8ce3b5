import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  callFormats,
  type FoundCall,
  HarmonyReader,
  type OfferedTool,
  offeredTool,
  ReplyReader,
  type ReplyTaker,
  TaggedCallReader,
} from './index.ts'

const properties = {
  city: { type: 'string' },
  days: { type: 'integer' },
  heat: { type: 'number' },
  wet: { type: 'boolean' },
  list: { type: 'array' },
  more: { type: 'object' },
  either: { anyOf: [{ type: 'integer' }, { type: 'string' }] },
}
const tools: readonly OfferedTool[] = ['get_weather', 'get', 'my-tool.v2'].map((name) =>
  offeredTool({ type: 'function', function: { name, parameters: { type: 'object', properties } } }),
)

function read(reader: ReplyTaker, pieces: readonly string[]) {
  const parts = [...pieces.map((piece) => reader.push(piece)), reader.finish()]
  return {
    thinking: parts.map(({ thinking }) => thinking).join(''),
    text: parts.map(({ text }) => text).join(''),
    calls: parts.flatMap(({ calls }) => calls),
  }
}

const written = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

/** How each family writes its calls, one after the other. */
const families: readonly {
  readonly family: string
  readonly reader: () => ReplyTaker
  readonly write: (calls: readonly FoundCall[]) => string
}[] = [
  {
    family: 'Qwen3-Coder',
    reader: () =>
      new ReplyReader(undefined, new TaggedCallReader(callFormats['function-tags'], tools)),
    write: (calls) =>
      calls
        .map(({ name, arguments: args }) => {
          const parameters = Object.entries(args).map(
            ([key, value]) => `<parameter=${key}>\n${written(value)}\n</parameter>\n`,
          )
          return `<tool_call>\n<function=${name}>\n${parameters.join('')}</function>\n</tool_call>`
        })
        .join('\n'),
  },
  {
    family: 'GLM 4.6',
    reader: () =>
      new ReplyReader(undefined, new TaggedCallReader(callFormats['argument-tags'], tools)),
    write: (calls) =>
      calls
        .map(({ name, arguments: args }) => {
          const pairs = Object.entries(args).map(
            ([key, value]) =>
              `<arg_key>${key}</arg_key>\n<arg_value>${written(value)}</arg_value>\n`,
          )
          return `<tool_call>${name}\n${pairs.join('')}</tool_call>`
        })
        .join('\n'),
  },
  {
    family: 'gpt-oss',
    reader: () =>
      new HarmonyReader(
        tools.map(({ name }) => name),
        '<|start|>user<|message|>a<|end|><|start|>assistant',
      ),
    write: (calls) =>
      calls
        .map(({ name, arguments: args }, i) => {
          const tool = name.replaceAll(/[-.]/g, '_')
          const head =
            i % 2 === 0
              ? `<|channel|>commentary to=functions.${tool} <|constrain|>json`
              : ` to=functions.${tool}<|channel|>commentary json`
          return `${head}<|message|>${JSON.stringify(args)}`
        })
        .join('<|call|><|start|>assistant'),
  },
]

/** Texts that mean themselves as an argument: no tags of a call, no blank lines at their ends. */
const word = fc
  .string({ unit: 'grapheme', maxLength: 20 })
  .filter((text) => !/<|^\n|\n$|^null$/i.test(text))
const json = fc.jsonValue({ maxDepth: 2 }).filter((value) => !JSON.stringify(value).includes('<'))
const call = fc.record({
  name: fc.constantFrom(...tools.map(({ name }) => name)),
  arguments: fc.record(
    {
      city: word,
      days: fc.maxSafeInteger(),
      heat: fc.double({ noDefaultInfinity: true, noNaN: true }).map((value) => value || 0),
      wet: fc.boolean(),
      list: fc.array(json, { maxLength: 3 }),
      more: fc.dictionary(word, json, { maxKeys: 3 }),
      either: fc.oneof(fc.maxSafeInteger(), fc.constant('many words')),
      other: word,
    },
    { requiredKeys: [] },
  ),
})

describe.each(families)('S-035: calls as $family writes them', ({ reader, write }) => {
  test('500 calls, cut at every place', () => {
    const cuts = fc.infiniteStream(fc.integer({ min: 1, max: 6 }))
    fc.assert(
      fc.property(fc.array(call, { minLength: 1, maxLength: 3 }), cuts, (given, lengths) => {
        const calls = JSON.parse(JSON.stringify(given)) as FoundCall[]
        const text = write(calls)
        const pieces: string[] = []
        for (let at = 0; at < text.length; ) {
          const length = lengths.next().value
          pieces.push(text.slice(at, at + length))
          at += length
        }
        expect(read(reader(), pieces)).toEqual({ thinking: '', text: '', calls })
      }),
      { numRuns: 500, seed: 8 },
    )
  })

  test('an answer that is cut anywhere shows nothing of a call', () => {
    const text = write([{ name: 'get_weather', arguments: { city: 'Rome', days: 3 } }])
    for (let end = 0; end < text.length; end++) {
      expect(read(reader(), [text.slice(0, end)]).text).toMatch(/^(?:<|<t.*)?$/)
    }
  })
})

describe('types of arguments', () => {
  const value = (key: string, text: string) => {
    const inner = `<tool_call><function=get><parameter=${key}>\n${text}\n</parameter></function></tool_call>`
    const { calls } = read(
      new ReplyReader(undefined, new TaggedCallReader(callFormats['function-tags'], tools)),
      [inner],
    )
    return calls[0]?.arguments[key]
  }
  test.each([
    ['days', '3', 3],
    ['days', 'three', 'three'],
    ['days', '9007199254740993', '9007199254740993'],
    ['heat', '1e3', 1000],
    ['wet', 'True', true],
    ['wet', 'perhaps', false],
    ['list', '[1, "a"]', [1, 'a']],
    ['list', '{"a": 1}', '{"a": 1}'],
    ['more', '{"a": 1}', { a: 1 }],
    ['either', '7', 7],
    ['either', 'seven', 'seven'],
    ['city', '7', '7'],
    ['city', 'NULL', null],
    ['unknown', '7', '7'],
    ['city', ' a < b && </b> ', ' a < b && </b> '],
    ['city', 'two\nlines', 'two\nlines'],
  ])('%s %j', (key, text, expected) => {
    expect(value(key, text)).toEqual(expected)
  })
})

describe('gpt-oss', () => {
  const prompt = '<|start|>assistant'
  test('thought, words, a call and the answer, cut at every place', () => {
    const said =
      '<|channel|>analysis<|message|>Hm < 1.<|end|><|start|>assistant<|channel|>commentary<|message|>I look.<|end|>' +
      '<|start|>assistant<|channel|>analysis to=functions.get code<|message|>{"a":1}<|call|>' +
      '<|start|>assistant<|channel|>final<|message|>It is <b>.<|return|>'
    const expected = {
      thinking: 'Hm < 1.',
      text: 'I look.It is <b>.',
      calls: [{ name: 'get', arguments: { a: 1 } }],
    }
    expect(read(new HarmonyReader(['get'], prompt), said.split(''))).toEqual(expected)
    for (let at = 0; at < said.length; at++) {
      const pieces = [said.slice(0, at), said.slice(at)]
      expect(read(new HarmonyReader(['get'], prompt), pieces)).toEqual(expected)
    }
  })

  test('goes on with the message that the prompt left open', () => {
    const open = `${prompt}<|channel|>final<|message|>It `
    expect(read(new HarmonyReader([], open), ['is', ' so.']).text).toBe('is so.')
  })

  test.each([
    '<|channel|>commentary to=functions.rm<|message|>{}',
    '<|channel|>commentary to=functions.get<|message|>{"a":',
    '<|channel|>commentary to=functions.get<|message|>[1]',
    '<|channel|>',
    'no head at all',
  ])('%s is neither call nor text', (said) => {
    const nothing = { thinking: '', text: '', calls: [] }
    expect(read(new HarmonyReader(['get'], prompt), said.split(''))).toEqual(nothing)
  })
})
