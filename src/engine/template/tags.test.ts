import { describe, expect, test } from 'vitest'
import {
  callTag,
  jinjaCallTag,
  jinjaTakesTools,
  jinjaThoughtTags,
  parseGoTemplate,
  thoughtTags,
} from './index.ts'

/** Cases of Ollama's own tables: thinking/template_test.go, tools/template_test.go. */
describe('tags of thoughts', () => {
  const think = { open: '<think>', close: '</think>' }
  test.each([
    [
      '{{ range .Messages }}{{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ .Content }}{{ end }}',
      think,
    ],
    [
      '{{ range .Messages }}\n{{ if and .Thinking .Content }}<think>\n{{ .Thinking }}\n</think>\n{{ end }}{{ end }}',
      think,
    ],
    [
      '{{ range .Messages }}{{ if eq .Role "user" }}u{{ else if .Thinking }}[T]{{ .Thinking }}[/T]{{ end }}{{ end }}',
      { open: '[T]', close: '[/T]' },
    ],
    ['{{ range .Messages }}{{ .Content }}{{ end }}', undefined],
    [
      '{{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ range .Messages }}x{{ end }}',
      undefined,
    ],
    ['{{ range .Tools }}<think>{{ .Thinking }}</think>{{ end }}{{ .Messages }}', undefined],
    ['{{ range .Messages }}{{ .Thinking }}</think>{{ end }}', undefined],
  ])('%s', (source, tags) => {
    expect(thoughtTags(parseGoTemplate(source))).toEqual(tags)
  })

  test('of a Jinja template', () => {
    expect(jinjaThoughtTags("{{ '<think>' + m.reasoning_content + '</think>' }}")).toEqual(think)
    expect(jinjaThoughtTags('{{ m.content }}')).toBeUndefined()
  })
})

describe('the tag of calls', () => {
  test.each([
    [
      '{{ if .ToolCalls }}<tool_call>{{ range .ToolCalls }}{"name"}{{ end }}{{ end }}',
      '<tool_call>',
    ],
    [
      '{{ if .ToolCalls }}{{ range .ToolCalls }}<tool_call>\n{"name": "{{ .Function.Name }}"}{{ end }}{{ end }}',
      '<tool_call>',
    ],
    [
      '{{ if .ToolCalls }}{{ range .ToolCalls }}{"name": "{{ .Function.Name }}"}{{ end }}{{ end }}',
      '{',
    ],
    [
      '{{ range .Messages }}{{ if and .ToolCalls true }}[TOOL_CALLS] [{{ end }}{{ end }}',
      '[TOOL_CALLS] [',
    ],
    ['{{ if .System }}s{{ else if .ToolCalls }}<|call|>{ x{{ end }}', '<|call|>'],
    ['{{ if .ToolCalls }}{{ .Content }}<late>{{ end }}', '{'],
    ['{{ range .ToolCalls }}<tool_call>{{ end }}', '{'],
    ['{{ .Messages }}', '{'],
  ])('%s', (source, tag) => {
    expect(callTag(parseGoTemplate(source))).toBe(tag)
  })

  test('of a Jinja template', () => {
    expect(jinjaCallTag('{{- \'<tool_call>\\n{"name"\' }}')).toBe('<tool_call>')
    expect(jinjaCallTag('{%- if tools %}{{ tools }}{% endif %}')).toBe('{')
    expect(jinjaTakesTools('{%- if tools %}{{ tools }}{% endif %}')).toBe(true)
    expect(jinjaTakesTools('{{ messages }} no tools here')).toBe(false)
  })
})
