/** Calls as Ollama's own renderers write them, read by ours and by Ollama's parsers. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  callFormats,
  type FoundCall,
  offeredTool,
  ReplyReader,
  TaggedCallReader,
} from '../../../src/engine/reply/index.ts'
import { askOllamaGo, ollamaGo } from '../../reference/ollama-go.ts'

const go = await ollamaGo()
const missing = 'missing' in go ? go.missing : ''
if (missing !== '') console.warn(`skipped: ${missing}`)

const properties = {
  city: { type: 'string' },
  days: { type: 'integer' },
  wet: { type: 'boolean' },
  list: { type: 'array' },
  more: { type: 'object' },
}
const offered = ['get_weather', 'get'].map((name) => ({
  type: 'function',
  function: { name, description: 'd', parameters: { type: 'object', properties } },
}))
const tools = offered.map(offeredTool)

/** Texts that mean themselves as an argument. */
const word = fc
  .string({ unit: 'grapheme', maxLength: 20 })
  .map((text) => text.trim())
  .filter((text) => !/[<&>\u2028\u2029]|^null$/i.test(text))
/** Larger ones some renderers write with an exponent, which no parser takes for whole. */
const whole = fc.integer({ min: -99_999, max: 99_999 })
const item = fc.oneof(word, whole, fc.boolean())
const call = fc.record({
  name: fc.constantFrom('get_weather', 'get'),
  arguments: fc.record(
    {
      city: word,
      days: whole,
      wet: fc.boolean(),
      list: fc.array(item, { maxLength: 3 }),
      more: fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), item, { maxKeys: 3 }),
    },
    { requiredKeys: [] },
  ),
})
const questions = ['the first question', 'the second question'] as const
const [first, second] = questions.map((content) => ({ role: 'user', content }))

describe.skipIf(missing !== '').each([
  ['qwen3-coder', 'qwen3-coder', 'function-tags'],
  ['qwen3.5', 'qwen3.5', 'function-tags'],
  ['nemotron-3-nano', 'nemotron-3-nano', 'function-tags'],
  ['glm-4.7', 'glm-4.7', 'argument-tags'],
] as const)('S-035 (part: calls): as the renderer %s writes them', (renderer, parser, style) => {
  test('500 answers, cut at every place: the calls that were made, as Ollama reads them', async () => {
    if (!('program' in go)) return
    const given = fc
      .sample(fc.array(call, { minLength: 1, maxLength: 3 }), { numRuns: 500, seed: 8 })
      .map((calls) => JSON.parse(JSON.stringify(calls)) as FoundCall[])
    const asked = { Op: 'renderer', Name: renderer, Tools: offered, Think: false } as const
    const made = given.map((calls) => ({
      role: 'assistant',
      content: '',
      tool_calls: calls.map((made) => ({ function: made })),
    }))
    const rendered = await askOllamaGo(
      go.program,
      made.map((message) => ({ ...asked, Messages: [first, message, second] })),
    )
    const texts = rendered.map(({ Text }) => answerIn(Text))
    expect(texts.filter((text) => !text.includes('<tool_call>'))).toEqual([])
    const read = texts.map((text) => {
      const reader = new ReplyReader(undefined, new TaggedCallReader(callFormats[style], tools))
      const parts = [...Array.from(text).map((letter) => reader.push(letter)), reader.finish()]
      return {
        text: parts.map((part) => part.text).join(''),
        calls: parts.flatMap(({ calls }) => calls),
      }
    })
    expect(read.map(({ text }) => text.trim()).filter((text) => text !== '')).toEqual([])
    expect(read.map(({ calls }) => calls)).toEqual(given)
    const theirs = await askOllamaGo(
      go.program,
      texts.map((text) => ({
        Op: 'parser' as const,
        Name: parser,
        Tools: offered,
        Think: false,
        Pieces: Array.from(text),
      })),
    )
    const readByOllama = theirs.map(({ Calls }) =>
      (Calls ?? []).map(({ function: made }) => ({ name: made.name, arguments: made.arguments })),
    )
    const differ = texts.filter(
      (_, i) => JSON.stringify(sorted(readByOllama[i])) !== JSON.stringify(sorted(given[i])),
    )
    console.log(
      `${renderer}: ${given.flat().length} calls; Ollama's own parser reads ${differ.length} answers otherwise`,
    )
    expect(differ).toEqual([])
  })
})

/** Go's maps have no order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]))
}

/** What the assistant said between the questions, without the tags of its turn and of a thought that is not there. */
function answerIn(rendered: string): string {
  const said = rendered.slice(rendered.indexOf(questions[0]), rendered.lastIndexOf(questions[1]))
  const end = said.lastIndexOf('</tool_call>') + '</tool_call>'.length
  return said.slice(said.indexOf('<tool_call>'), end)
}
