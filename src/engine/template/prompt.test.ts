import { describe, expect, test } from 'vitest'
import { type PromptInput, parseGoTemplate, renderPrompt, templateVariables } from './index.ts'

const user = (content: string) => ({ role: 'user', content })
const assistant = (content: string) => ({ role: 'assistant', content })
const system = (content: string) => ({ role: 'system', content })
const render = (template: string, input: PromptInput) =>
  renderPrompt(parseGoTemplate(template), input)

/** The templates with which the answers below were recorded from Ollama 0.24. */
const recorded = {
  plain:
    '{{- if .Messages }}{{- range .Messages }}<|im_start|>{{ .Role }}\n{{ .Content }}<|im_end|>\n{{ end }}<|im_start|>assistant\n{{ else }}{{ if .System }}<|im_start|>system\n{{ .System }}<|im_end|>\n{{ end }}{{ if .Prompt }}<|im_start|>user\n{{ .Prompt }}<|im_end|>\n{{ end }}<|im_start|>assistant\n{{ end }}{{ .Response }}{{ if .Response }}<|im_end|>\n{{ end }}',
  tools:
    '{{- if .Tools }}<|im_start|>system\nTools:\n{{ range .Tools }}{{ . }}\n{{ end }}<|im_end|>\n{{ end }}{{- range $i, $_ := .Messages }}{{- $last := eq (len (slice $.Messages $i)) 1 }}<|im_start|>{{ .Role }}\n{{ .Content }}{{ if .ToolCalls }}{{ range .ToolCalls }}{"name": "{{ .Function.Name }}", "arguments": {{ .Function.Arguments }}}{{ end }}{{ end }}{{ if not (and $last (eq .Role "assistant")) }}<|im_end|>\n{{ end }}{{ if and $last (ne .Role "assistant") }}<|im_start|>assistant\n{{ end }}{{ end }}',
  thinking:
    '{{- range .Messages }}<|im_start|>{{ .Role }}\n{{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ .Content }}<|im_end|>\n{{ end }}<|im_start|>assistant\n{{ if and $.IsThinkSet $.Think }}<think>{{ else if $.IsThinkSet }}<think></think>{{ end }}',
  insertion:
    '{{- if .Suffix }}<PRE>{{ .Prompt }}<SUF>{{ .Suffix }}<MID>{{ else }}{{ .Prompt }}{{ end }}',
} as const

const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Weather',
    parameters: {
      type: 'object',
      properties: {
        city: { type: 'string', description: 'City', enum: ['Paris', 'Rome'] },
      },
      required: ['city'],
    },
  },
}

const called = { role: 'assistant', content: '' }
const callOfF = { id: 'c1', function: { name: 'f', arguments: { b: 1, a: 2 } } }

describe('prompts as Ollama 0.24 rendered them', () => {
  test.each<[title: string, model: keyof typeof recorded, input: PromptInput, prompt: string]>([
    [
      'a prompt with characters that need escapes elsewhere',
      'plain',
      { prompt: 'a\u0000b\u2028<>&"\\ 😀' },
      '<|im_start|>user\na\u0000b\u2028<>&"\\ 😀<|im_end|>\n<|im_start|>assistant\n',
    ],
    [
      'a prompt with a system text',
      'plain',
      { system: 'S <b>', prompt: 'Why?' },
      '<|im_start|>system\nS <b><|im_end|>\n<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n',
    ],
    [
      'neighbours of one role',
      'plain',
      { messages: [user('a'), user('b')] },
      '<|im_start|>user\na\n\nb<|im_end|>\n<|im_start|>assistant\n',
    ],
    [
      'an unknown role',
      'plain',
      { messages: [{ role: 'alien', content: 'x' }] },
      '<|im_start|>alien\nx<|im_end|>\n<|im_start|>assistant\n',
    ],
    [
      'a system message in the middle',
      'plain',
      { messages: [user('Say one.'), assistant('One.'), system('Mine'), user('Why?')] },
      '<|im_start|>user\nSay one.<|im_end|>\n<|im_start|>assistant\nOne.<|im_end|>\n<|im_start|>system\nMine<|im_end|>\n<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n',
    ],
    [
      'the beginning of an answer stays open',
      'tools',
      { messages: [user('Why?'), assistant('The sky is')] },
      '<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\nThe sky is',
    ],
    [
      'two beginnings become one',
      'tools',
      { messages: [user('Why?'), assistant('The'), assistant('sky')] },
      '<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\nThe\n\nsky',
    ],
    [
      'tools print as Go structs',
      'tools',
      { messages: [user('Weather in Paris?')], tools: [weather] },
      '<|im_start|>system\nTools:\n{function <nil> {get_weather Weather {object <nil> <nil> [city] {"city":{"type":"string","description":"City","enum":["Paris","Rome"]}}}}}\n<|im_end|>\n<|im_start|>user\nWeather in Paris?<|im_end|>\n<|im_start|>assistant\n',
    ],
    [
      'a tool without a function',
      'tools',
      { messages: [user('Hm?')], tools: [{ type: 'function' }] },
      '<|im_start|>system\nTools:\n{function <nil> {  { <nil> <nil> [] {}}}}\n<|im_end|>\n<|im_start|>user\nHm?<|im_end|>\n<|im_start|>assistant\n',
    ],
    [
      'a call and its result, with sorted arguments',
      'tools',
      {
        messages: [
          user('Why?'),
          { ...called, toolCalls: [callOfF] },
          { role: 'tool', content: 'r', toolCallId: 'c1' },
        ],
      },
      '<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n{"name": "f", "arguments": {"a":2,"b":1}}<|im_end|>\n<|im_start|>tool\nr<|im_end|>\n<|im_start|>assistant\n',
    ],
    [
      'thinking on',
      'thinking',
      { messages: [user('Why?')], think: true, thinkLevel: 'low', isThinkSet: true },
      '<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n<think>',
    ],
    [
      'thinking off',
      'thinking',
      { messages: [user('Why?')], think: false, isThinkSet: true },
      '<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n<think></think>',
    ],
    ['prompt and suffix', 'insertion', { prompt: 'p', suffix: 's' }, '<PRE>p<SUF>s<MID>'],
  ])('%s', (_, model, input, prompt) => {
    expect(render(recorded[model], input)).toBe(prompt)
  })

  test('results of two tools stay two messages', () => {
    const results = [
      { role: 'tool', content: 'sunny', toolName: 'sky' },
      { role: 'tool', content: '22', toolName: 'heat' },
    ]
    const template = '{{ range .Messages }}[{{ .ToolName }}: {{ .Content }}]{{ end }}'
    expect(render(template, { messages: results })).toBe('[sky: sunny][heat: 22]')
  })

  test('system messages are gathered, and keep their places', () => {
    const messages = [system('a'), user('x'), system('b')]
    const template = '{{ .System }}|{{ range .Messages }}{{ .Role }} {{ end }}'
    expect(render(template, { messages })).toBe('a\n\nb|system user system ')
  })

  test('a suffix without a prompt, or a prompt without a suffix, inserts nothing', () => {
    expect(render(recorded.insertion, { prompt: 'p' })).toBe('p')
    expect(render(recorded.insertion, { suffix: 's' })).toBe('')
  })
})

describe('a template that knows only turns', () => {
  const turns = '{{ if .System }}<{{ .System }}> {{ end }}{{ .Prompt }} -> {{ .Response }}. '

  test.each<[title: string, template: string, input: PromptInput, prompt: string]>([
    [
      'is rendered once per turn and ends where the model continues',
      turns,
      { messages: [system('S'), user('a'), assistant('b'), user('c')] },
      '<S> a -> b. c -> ',
    ],
    ['leaves the last answer open', turns, { messages: [user('a'), assistant('b')] }, 'a -> b'],
    [
      'continues an answer given with a prompt',
      turns,
      { system: 'S', prompt: 'a', response: 'b' },
      '<S> a -> b',
    ],
    [
      'takes a system message behind a prompt for a new turn',
      turns,
      { messages: [user('a'), system('S'), user('b')] },
      'a -> . <S> b -> ',
    ],
    [
      'gets the answer at its end when it does not place it',
      '[{{ .Prompt }}]',
      { messages: [user('a'), assistant('b'), user('c')] },
      '[a]b[c]',
    ],
    [
      'keeps conditions in front of the cut and loses text behind it',
      '{{ if .Response }}A{{ .Response }}B{{ end }}C',
      { messages: [user('a'), assistant('b')] },
      'Ab',
    ],
    [
      'loses the other branch behind the cut, too',
      '{{ if .Prompt }}{{ .Prompt }}{{ .Response }}!{{ else }}none{{ end }}?',
      { messages: [assistant('b')] },
      '',
    ],
    [
      'loses a pipe that goes on behind the answer',
      '{{ .Prompt }}{{ .Response | printf "%s" }}!',
      { messages: [user('a'), assistant('b')] },
      'a',
    ],
    ['has no tools', '{{ .Prompt }}{{ .Tools }}', { prompt: 'a', tools: [weather] }, 'a<no value>'],
  ])('%s', (_, template, input, prompt) => {
    expect(render(template, input)).toBe(prompt)
  })
})

describe('what a template names', () => {
  test.each<[template: string, names: string[]]>([
    ['{{ .Prompt }}', ['prompt', 'response']],
    ['{{ with .Tools }}{{ . }}{{ end }} {{ .System }}', ['response', 'system', 'tools']],
    [
      '{{ range $i, $m := .Messages }}{{ $m.Role }}{{ $.Suffix }}{{ end }}',
      ['messages', 'role', 'suffix'],
    ],
    ['{{ define "a" }}{{ .Tools }}{{ end }}{{ .Response }}', ['response', 'tools']],
    [
      '{{ if and (len .Messages) .Think }}{{ (index .Messages 0).Content }}{{ end }}',
      ['messages', 'think'],
    ],
  ])('%s', (template, names) => {
    expect([...templateVariables(parseGoTemplate(template))].sort()).toEqual(names)
  })
})

describe('dates', () => {
  const template = '{{ currentDate }} after {{ yesterdayDate "%Y" }}{{ range .Messages }}{{ end }}'

  test.each([
    ['2026-11-23', '2026-11-22'],
    ['2026-03-01', '2026-02-28'],
    ['2024-03-01', '2024-02-29'],
    ['1900-03-01', '1900-02-28'],
    ['2026-01-01', '2025-12-31'],
    ['2026-05-01', '2026-04-30'],
  ])('%s comes after %s', (today, yesterday) => {
    expect(render(template, { currentDate: today })).toBe(`${today} after ${yesterday}`)
  })

  test('a template that asks for an unknown date fails', () => {
    expect(() => render(template, {})).toThrow('error calling currentDate: the date is not known')
  })
})
