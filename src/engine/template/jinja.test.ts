import { describe, expect, test } from 'vitest'
import { isOdError } from '../../core/errors/index.ts'
import { type JinjaInput, renderJinja } from './index.ts'

const tokens = { bosToken: '<s>', eosToken: '</s>' }
const render = (source: string, input: Partial<JinjaInput>) =>
  renderJinja(source, { ...tokens, ...input })

/** In the manner of the templates that come in GGUF files. */
const chat = `{{ bos_token }}{% for message in messages %}
{%- if message.role == 'user' and loop.last and not add_generation_prompt %}{{ raise_exception('no') }}{% endif %}
{{- '<|' + message.role + '|>' + message.content + eos_token }}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}`

describe('a chat template out of a GGUF file', () => {
  test('gets the messages, the special tokens and a prompt to answer', () => {
    const messages = [
      { role: 'system', content: 'S' },
      { role: 'user', content: 'a' },
      { role: 'user', content: 'b' },
    ]
    expect(render(chat, { messages })).toBe(
      '<s><|system|>S</s><|user|>a</s><|user|>b</s><|assistant|>',
    )
  })

  test('makes a chat of system, prompt and response, and leaves the response open', () => {
    expect(render(chat, { system: 'S', prompt: 'a' })).toBe(
      '<s><|system|>S</s><|user|>a</s><|assistant|>',
    )
    expect(render(chat, { prompt: 'a', response: 'The' })).toBe('<s><|user|>a</s><|assistant|>The')
  })

  test('gets tools, calls and results by the names that templates expect', () => {
    const source = `{{ tools | tojson }}|{% for m in messages %}{% for c in m.tool_calls or [] %}
{{- c.function.name }}{{ c.function.arguments | tojson }}{{ c.id }}{% endfor %}
{{- m.name }}{{ m.tool_call_id }}{{ m.reasoning_content }}{% endfor %}`
    const call = { id: 'c1', function: { name: 'f', arguments: { b: 1, a: ['x'] } } }
    const messages = [
      { role: 'assistant', content: '', thinking: 'hm', toolCalls: [call] },
      { role: 'tool', content: 'r', toolName: 'f', toolCallId: 'c1' },
    ]
    expect(render(source, { messages, tools: [{ type: 'function' }] })).toBe(
      '[{"type": "function"}]|f{"b": 1, "a": ["x"]}c1hmfc1',
    )
  })

  test('sees no tools when there are none, and thinking only when it was set', () => {
    const source =
      "{{ 'tools' if tools else 'none' }} {{ enable_thinking if enable_thinking is defined else 'unset' }} {{ reasoning_effort if reasoning_effort is defined else '' }}"
    expect(render(source, { prompt: 'a', tools: [] })).toBe('none unset ')
    expect(render(source, { prompt: 'a', think: false, isThinkSet: true })).toBe('none false ')
    expect(render(source, { prompt: 'a', think: true, thinkLevel: 'high', isThinkSet: true })).toBe(
      'none true high',
    )
  })

  test('that walks tools without asking gets an empty list when there are none', () => {
    const source = '{% for t in tools %}{{ t.type }}{% endfor %}{{ messages[0].content }}'
    expect(render(source, { prompt: 'a' })).toBe('a')
    expect(render(source, { prompt: 'a', tools: [{ type: 'f' }] })).toBe('fa')
  })

  test('is told the date', () => {
    const source = "{{ strftime_now('%d %b %Y|%Y-%m-%d|%B %-d, %y|%H:%M|%%|%j') }}"
    expect(render(source, { currentDate: '2026-03-05' })).toBe(
      '05 Mar 2026|2026-03-05|March 5, 26|00:00|%|%j',
    )
    expect(() => render(source, {})).toThrow('the date is not known')
  })

  test('counts with range', () => {
    const source =
      '{% for i in range(2) %}{{ i }}{% endfor %}{% for i in range(5, 0, -2) %}{{ i }}{% endfor %}'
    expect(render(source, {})).toBe('01531')
  })
})

/** Some of these run until a budget of seconds is spent, on a machine that may be busy. */
const patience = { timeout: 30_000 }

const loop = (times: number, body: string) => `{% for i in range(${times}) %}${body}{% endfor %}`

describe('a chat template that cannot be rendered', patience, () => {
  test.each([
    ['refuses the chat', "{{ raise_exception('Roles must alternate!') }}", 'Roles must alternate!'],
    ['is not Jinja', '{% if %}', 'Unexpected token: CloseStatement'],
    ['counts too far', '{{ range(100001) }}', 'range() is longer than 100000'],
    ['counts without a step', '{{ range(1, 5, 0) }}', 'range() step must not be zero'],
    [
      'loops without end',
      loop(1_000, loop(1_000, loop(1_000, ''))),
      'rendering takes more than 1000000 steps',
    ],
    [
      'loops over one list without end',
      '{% set l = range(9000) %}{% for a in l %}{% for b in l %}{% endfor %}{% endfor %}',
      'rendering takes more than 1000000 steps',
    ],
    [
      'sorts without end',
      `{% set l = range(100000) %}${loop(1_000, '{{ l | sort }}')}`,
      'rendering takes more than 1000000 steps',
    ],
    [
      'doubles a text',
      `{% set n = namespace(x='ab') %}${loop(100, '{% set n.x = n.x ~ n.x %}')}`,
      'text longer than 16777216 characters',
    ],
    [
      'doubles a list',
      `{% set n = namespace(x=[1]) %}${loop(100, '{% set n.x = n.x + n.x %}')}`,
      'list longer than 100000',
    ],
    [
      'is nested too deep',
      `{{ ${'('.repeat(50_000)}1${')'.repeat(50_000)} }}`,
      'Maximum call stack size exceeded',
    ],
    ['is too long', ' '.repeat(1_048_577), 'source exceeds 1048576 bytes'],
  ])('because it %s', (_, source, words) => {
    try {
      render(source, { prompt: 'a' })
    } catch (error) {
      expect(isOdError(error) && error.code).toBe('OD_TEMPLATE_INVALID')
      expect(error).toHaveProperty('message', `template: ${words}`)
    }
    expect.assertions(2)
  })
})
