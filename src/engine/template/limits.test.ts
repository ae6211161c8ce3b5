import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isOdError } from '../../core/errors/index.ts'
import { type PromptInput, parseGoTemplate, renderJinja, renderPrompt } from './index.ts'

/** Some of these run until a budget of seconds is spent, on a machine that may be busy. */
const patience = { timeout: 30_000 }

const messages = [
  { role: 'user', content: 'héllo 😀' },
  {
    role: 'assistant',
    content: '',
    toolCalls: [{ function: { name: 'f', arguments: { a: [1] } } }],
  },
]

/** What came of it: the prompt, or the text of an `OdError`; anything else fails the test. */
function outcomeOf(render: () => string): string {
  try {
    return render()
  } catch (error) {
    if (isOdError(error) && error.code === 'OD_TEMPLATE_INVALID') return error.message
    throw error
  }
}

const outcomeOfGo = (template: string, input: PromptInput = { messages }) =>
  outcomeOf(() => renderPrompt(parseGoTemplate(template), input))

const block = (open: string, times: number, inner = '') =>
  open.repeat(times) + inner + '{{ end }}'.repeat(times)

const tooManySteps = 'template: rendering takes more than 5000000 steps'

function nest(levels: number): unknown {
  let value: unknown = 1
  for (let i = 0; i < levels; i++) value = { properties: { a: value } }
  return value
}

describe('a template that asks for too much', patience, () => {
  test.each([
    ['a source above 1 MiB', ' '.repeat(1_048_577), 'template: :1: source exceeds 1048576 bytes'],
    ['blocks', block('{{ if 1 }}', 101), 'template: :1: nesting deeper than 100'],
    ['parentheses', `{{ ${'('.repeat(200_000)}`, 'template: :1: nesting deeper than 100'],
    ['variables', '{{ $a := 1 }}'.repeat(200), 'template: :1: more than 200 variables'],
    ['a count', '{{ range 9000000000000000000 }}{{ end }}', tooManySteps],
    [
      'a template that calls itself',
      '{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}',
      'template: :1:32: executing "a" at <.>: exceeded maximum template depth (400)',
    ],
    [
      'a text that doubles',
      '{{ $x := "ab" }}{{ range 100 }}{{ $x = print $x $x }}{{ end }}',
      tooManySteps,
    ],
    [
      'output',
      `{{ range 40 }}${' '.repeat(500_000)}{{ end }}`,
      'template: output longer than 16777216 characters',
    ],
    [
      'wide columns',
      '{{ printf "%101d" 1 }}',
      'template: :1:3: executing "" at <printf "%101d" 1>: error calling printf: width or precision above 100',
    ],
  ])('%s', (_, template, words) => {
    expect(outcomeOfGo(template)).toBe(words)
  })

  test('what is within the limits works', () => {
    expect(outcomeOfGo(block('{{ if 1 }}', 100, 'x'))).toBe('x')
    const chain = `{{ if 0 }}${'{{ else if 0 }}'.repeat(1_000)}{{ else }}x{{ end }}`
    expect(outcomeOfGo(chain)).toBe('x')
  })

  test('all turns of a chat together have one budget', () => {
    const turns = Array.from({ length: 100 }, (_, i) => ({
      role: i % 2 === 0 ? 'user' : 'assistant',
      content: 'a',
    }))
    const template = '{{ range 100000 }}{{ end }}{{ .Response }}'
    expect(outcomeOfGo(template, { messages: turns })).toBe(tooManySteps)
  })

  test('data nested without end is refused', () => {
    const tools = [{ function: { parameters: nest(200) } }]
    const toolCalls = [{ function: { name: 'f', arguments: { a: nest(200) } } }]
    const words = 'template: data nested deeper than 100'
    const template = '{{ range .Messages }}{{ end }}'
    expect(outcomeOfGo(template, { messages, tools })).toBe(words)
    const calling = [{ role: 'assistant', content: '', toolCalls }]
    expect(outcomeOfGo(template, { messages: calling })).toBe(words)
  })
})

const piece = fc.constantFrom(
  '{{',
  '}}',
  '{{- ',
  ' -}}',
  ' ',
  '\n',
  'if ',
  'else ',
  'end',
  'range ',
  'with ',
  'define "a"',
  'template "a" ',
  '.',
  '$',
  '$x',
  ':=',
  '=',
  ',',
  '|',
  '(',
  ')',
  '.Messages',
  '.Content',
  '.Tools',
  '.Response',
  '.ToolCalls',
  '"a"',
  '`b`',
  '10',
  '-1',
  '1.5',
  "'c'",
  'nil',
  'true',
  'eq ',
  'and ',
  'not ',
  'len ',
  'index ',
  'slice ',
  'printf "%5v%s%d" ',
  'json ',
  'break',
  '/*',
)

const action = fc
  .array(piece, { maxLength: 6 })
  .map((pieces) => `{{ ${pieces.filter((text) => !/[{}]/.test(text)).join(' ')} }}`)

const message = fc.record({
  role: fc.constantFrom('user', 'assistant', 'system', 'tool', ''),
  content: fc.string({ unit: 'binary' }),
})

const input = fc.record(
  {
    messages: fc.array(message, { maxLength: 4 }),
    tools: fc.array(fc.jsonValue(), { maxLength: 2 }),
    prompt: fc.string(),
    suffix: fc.string(),
    think: fc.boolean(),
  },
  { requiredKeys: [] },
)

describe('any template with any input gives a text or an OdError', patience, () => {
  test('pieces of the language in any order', () => {
    const source = fc
      .array(fc.oneof(piece, action, fc.string({ unit: 'binary' })))
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(source, input, (template, given) => {
        expect(typeof outcomeOfGo(template, given)).toBe('string')
      }),
      { numRuns: 1_000 },
    )
  })

  test('well-formed loops over anything', () => {
    const source = fc
      .tuple(piece, fc.array(action, { maxLength: 4 }))
      .map(
        ([over, body]) => `{{ range ${over} }}${body.join('')}{{ else }}x{{ end }}{{ .Messages }}`,
      )
    fc.assert(
      fc.property(source, input, (template, given) => {
        expect(typeof outcomeOfGo(template, given)).toBe('string')
      }),
      { numRuns: 1_000 },
    )
  })

  test('Jinja', () => {
    const bits = fc.constantFrom(
      '{{',
      '}}',
      '{% ',
      ' %}',
      'for m in messages',
      'endfor',
      'if ',
      'endif',
      'm.content',
      '+',
      '|trim',
      '|tojson',
      '[0]',
      'range(9)',
      'set x = ',
      'tools',
      '"a"',
      ' ',
      '(',
      ')',
      'macro f()',
    )
    const source = fc.array(bits).map((parts) => parts.join(' '))
    fc.assert(
      fc.property(source, input, (template, given) => {
        const text = outcomeOf(() =>
          renderJinja(template, { ...given, bosToken: '', eosToken: '' }),
        )
        expect(typeof text).toBe('string')
      }),
      { numRuns: 500 },
    )
  })
})
