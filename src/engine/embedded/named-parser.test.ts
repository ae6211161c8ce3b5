import { describe, expect, test } from 'vitest'
import { offeredTool } from '../reply/index.ts'
import { jinjaTraits, templateOf } from './capabilities.ts'
import { withParser } from './named-parser.ts'
import { replyTaker } from './routes/reply-taker.ts'

const parameters = { properties: { city: { type: 'string' } } }
const tools = [offeredTool({ type: 'function', function: { name: 'weather', parameters } })]
const calls = [{ name: 'weather', arguments: { city: 'Rome' } }]
const json = '{"name": "weather", "arguments": {"city": "Rome"}}'

/** Traits of a template that shows nothing. */
const bare = jinjaTraits('{{ messages }}')

describe('the parser that a config names reads calls of its family', () => {
  test.each([
    ['qwen3', `<tool_call>\n${json}\n</tool_call>`],
    ['qwen3-vl-thinking', `<tool_call>${json}</tool_call>`],
    [
      'qwen3-coder',
      '<tool_call><function=weather><parameter=city>\nRome\n</parameter></function></tool_call>',
    ],
    ['glm-4.7', '<tool_call>weather<arg_key>city</arg_key><arg_value>Rome</arg_value></tool_call>'],
    ['ministral', 'Well.[TOOL_CALLS]weather[ARGS]{"city": "Rome"}'],
    [
      'deepseek3',
      '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>weather<｜tool▁sep｜>{"city": "Rome"}<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
    ],
    ['harmony', '<|channel|>commentary to=functions.weather<|message|>{"city": "Rome"}<|call|>'],
  ])('%s', (parser, answer) => {
    const traits = withParser(bare, parser)
    expect(traits.takesTools).toBe(true)
    const prompt = '<|start|>assistant'
    const taker = replyTaker({ traits, splitter: undefined, prompt, tools, hasFormat: false })
    const parts = [...Array.from(answer, (letter) => taker.push(letter)), taker.finish()]
    expect(parts.flatMap((part) => part.calls)).toEqual(calls)
    expect(parts.map(({ text }) => text).join('')).toMatch(/^(Well\.)?$/)
  })

  test('an unknown one changes nothing', () => {
    expect(withParser(bare, '')).toEqual(bare)
    expect(withParser(bare, 'gemma4')).toEqual(bare)
  })

  test('says whether its model thinks, whatever the template shows', () => {
    const thoughts = jinjaTraits('<think></think>')
    expect(withParser(thoughts, 'qwen3-coder').thoughtTags).toBeUndefined()
    expect(withParser(bare, 'qwen3-thinking').thoughtTags).toEqual(thoughts.thoughtTags)
    expect(withParser(thoughts, 'ministral').thoughtTags).toEqual(thoughts.thoughtTags)
  })
})

describe('the template that makes prompts', () => {
  const model = { template: '{{ .Prompt }}', chatTemplate: '{{ messages }}', renderer: '' }
  const choose = (changed: Partial<Parameters<typeof templateOf>[0]>) =>
    templateOf({ ...model, ...changed })

  test('is the Go template, or that of the weights where there is none or a renderer in its place', () => {
    expect(choose({})).toEqual({ kind: 'go', source: '{{ .Prompt }}' })
    const ofWeights = { kind: 'jinja', source: '{{ messages }}' }
    expect(choose({ template: undefined })).toEqual(ofWeights)
    expect(choose({ renderer: 'qwen3-coder' })).toEqual(ofWeights)
  })
})
