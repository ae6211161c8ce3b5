import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CallReader, type FoundCall } from './index.ts'

const tools = ['get_weather', 'get', 'add']

/** All that a reader gives for an answer in these pieces. */
function read(tag: string, pieces: readonly string[]): { text: string; calls: FoundCall[] } {
  const reader = new CallReader(tag, tools)
  const parts = pieces.map((piece) => reader.push(piece))
  return {
    text: parts.map(({ text }) => text).join('') + reader.finish(),
    calls: parts.flatMap(({ calls }) => calls),
  }
}

const weather = { name: 'get_weather', arguments: { city: 'Paris {"x"}' } }
const add = { name: 'add', arguments: { b: 2, a: [1, { c: '}' }] } }
const args = (call: FoundCall) => JSON.stringify(call.arguments)
const named = ({ name, arguments: given }: FoundCall) => ({ name, arguments: given })
const json = (call: FoundCall) => JSON.stringify(named(call))

/** How each family writes its calls, as its own template shows them. */
const families: readonly {
  readonly family: string
  readonly tag: string
  readonly write: (calls: readonly FoundCall[]) => string
}[] = [
  {
    family: 'Qwen, Hermes',
    tag: '<tool_call>',
    write: (calls) => calls.map((call) => `<tool_call>\n${json(call)}\n</tool_call>`).join('\n'),
  },
  {
    family: 'pocket, without an end tag',
    tag: '<tool_call>',
    write: (calls) => calls.map((call) => `<tool_call>${json(call)}`).join(''),
  },
  {
    family: 'Llama 3',
    tag: '{',
    write: (calls) =>
      calls.map((call) => `{"name": "${call.name}", "parameters": ${args(call)}}`).join('; '),
  },
  {
    family: 'Llama 3 with its tag',
    tag: '{',
    write: (calls) =>
      `<|python_tag|>${calls.map((call) => `{"name":"${call.name}","parameters":${args(call)}}`).join('; ')}`,
  },
  {
    family: 'Mistral',
    tag: '[TOOL_CALLS]',
    write: (calls) => `[TOOL_CALLS] [${calls.map(json).join(', ')}]`,
  },
  {
    family: 'Mistral, newer',
    tag: '[TOOL_CALLS]',
    write: (calls) => calls.map((call) => `[TOOL_CALLS]${call.name}[ARGS]${args(call)}`).join(''),
  },
  {
    family: 'a list without a tag',
    tag: '{',
    write: (calls) => `\n[${calls.map(json).join(',\n ')}]`,
  },
  {
    family: 'functions as tags',
    tag: '<function=',
    write: (calls) =>
      calls.map((call) => `<function=${call.name}>${args(call)}</function>`).join(''),
  },
  {
    family: 'names as keys',
    tag: '<|tool_call|>',
    write: (calls) =>
      `<|tool_call|>${calls.map((call) => `{"${call.name}": ${args(call)}}`).join('')}`,
  },
]

describe.each(families)('S-035: calls as $family writes them', ({ tag, write }) => {
  test('several at once, in order, and nothing of them as text', () => {
    const calls = [weather, add, { name: 'get', arguments: {} }]
    expect(read(tag, [write(calls)])).toEqual({ text: '', calls })
  })

  test('500 calls, cut at every place', () => {
    const value = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 })
    const call = fc.record({ name: fc.constantFrom(...tools), arguments: value })
    fc.assert(
      fc.property(
        fc.array(call, { minLength: 1, maxLength: 3 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 6 })),
        (given, cuts) => {
          // What JSON cannot hold is not in an answer either; names of tools as keys mean calls of their own
          const calls = JSON.parse(JSON.stringify(given)) as FoundCall[]
          const written = write(calls)
          const pieces: string[] = []
          for (let at = 0; at < written.length; ) {
            const length = cuts.next().value
            pieces.push(written.slice(at, at + length))
            at += length
          }
          expect(read(tag, pieces)).toEqual({ text: '', calls })
        },
      ),
      { numRuns: 500, seed: 7 },
    )
  })
})

describe('what is no call', () => {
  test.each([
    ['<tool_call>', 'Plain words, a < b, <tool_kit>.'],
    ['<tool_call>', 'It ends with <tool_'],
    ['{', 'The answer is {"name": "add", "arguments": {}}.'],
    ['{', '{"answer": 42} is the answer'],
    ['{', '{"name": "unknown", "arguments": {}}'],
    ['{', '{ broken } {"name": "add", "arguments": {}}'],
    ['{', '[1, 2, 3] and more'],
    ['{', ' \n'],
    ['{', '{"never ends": "'],
  ])('with %s, %j is shown as it is', (tag, text) => {
    expect(read(tag, text.split(''))).toEqual({ text, calls: [] })
  })

  test('a call that is cut short is neither call nor text', () => {
    expect(read('<tool_call>', ['Well.<tool_', 'call>{"name": "add", "argu'])).toEqual({
      text: 'Well.',
      calls: [],
    })
  })

  test('of a tool that was not offered there is neither', () => {
    const text = '<tool_call>{"name": "rm", "arguments": {"path": "/"}}</tool_call>'
    expect(read('<tool_call>', [text])).toEqual({ text: '', calls: [] })
  })
})

test('text before a call is shown at once, text behind it never', () => {
  const reader = new CallReader('<tool_call>', tools)
  expect(reader.push('Let me see.\n<to').text).toBe('Let me see.\n')
  expect(reader.push('ol_call>').text).toBe('')
  expect(reader.push(`${json(add)}</tool_call> Done.`)).toEqual({ text: '', calls: [add] })
  expect(reader.finish()).toBe('')
})

test.each([
  ['{"name": "add"}', {}],
  ['{"name": "add", "arguments": null}', {}],
  [String.raw`{"name": "add", "arguments": "{\"a\": 1}"}`, { a: 1 }],
  ['{"type": "function", "function": {"name": "add", "arguments": {"a": 1}}}', { a: 1 }],
])('%s is a call', (text, given) => {
  expect(read('{', [text]).calls).toEqual([{ name: 'add', arguments: given }])
})
