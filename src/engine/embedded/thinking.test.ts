import { describe, expect, test } from 'vitest'
import { decodeChat } from '../../wire/ollama/requests.ts'
import { effectiveThink, levelFor, thinkInput, withoutOldThoughts } from './thinking.ts'

const request = (think: unknown) => decodeChat(Buffer.from(JSON.stringify({ model: 'm', think })))

describe('whether a model thinks', () => {
  test.each([
    ['unasked', undefined, true],
    ['told to', true, true],
    ['told how much', 'low', 'low'],
    ['told not to', false, false],
  ])('%s, one that can', (_, think, expected) => {
    expect(effectiveThink(request(think), true, false)).toBe(expected)
  })

  test('one that cannot refuses the wish, or drops it where that is wanted', () => {
    expect(effectiveThink(request(undefined), false, false)).toBeUndefined()
    expect(effectiveThink(request(false), false, false)).toBe(false)
    expect(effectiveThink(request('high'), false, true)).toBeUndefined()
    expect(() => effectiveThink(request(true), false, false)).toThrow(
      '"m" does not support thinking',
    )
  })

  test('gpt-oss takes its highest level for a higher one', () => {
    expect(levelFor('max', 'harmony')).toBe('high')
    expect(levelFor('low', 'harmony')).toBe('low')
    expect(levelFor('max', 'json')).toBe('max')
    expect(levelFor(false, 'harmony')).toBe(false)
  })

  test.each([
    [undefined, {}],
    [true, { isThinkSet: true, think: true, thinkLevel: 'medium' }],
    ['max', { isThinkSet: true, think: true, thinkLevel: 'max' }],
    [false, { isThinkSet: true, think: false, thinkLevel: '' }],
  ] as const)('templates see %s as %j', (think, expected) => {
    expect(thinkInput(think)).toEqual(expected)
  })
})

describe('thoughts within the text of old answers', () => {
  const model = (name: string, family: string) => ({
    name,
    details: {
      parentModel: '',
      format: 'gguf',
      family,
      families: [family],
      parameterSize: '',
      quantizationLevel: '',
    },
  })
  const thoughtful = { role: 'assistant', content: '<think>\nhm\n</think>\n\nYes.' }
  const chat = [thoughtful, { role: 'user', content: '<think>x</think>q' }, thoughtful]

  test.each([
    ['a:latest', 'qwen3'],
    ['deepseek-r1:8b', 'qwen2'],
  ])('%s of %s: they are left out before the last question', (name, family) => {
    const messages = withoutOldThoughts(chat, model(name, family))
    expect(messages.map(({ content }) => content)).toEqual([
      'Yes.',
      '<think>x</think>q',
      thoughtful.content,
    ])
  })

  test('of another family they stay', () => {
    expect(withoutOldThoughts(chat, model('a:latest', 'llama'))).toEqual(chat)
  })
})
