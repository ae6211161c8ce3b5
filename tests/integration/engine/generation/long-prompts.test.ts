/** Prompts that are longer than the context, and conversations that go on from tokens. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestEngine, type TestEngine } from '../test-engine.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})
afterAll(() => engine.stop())

const options = { num_ctx: 96, temperature: 0, num_predict: 30 }
const user = (content: string) => ({ role: 'user', content })
const old = Array.from({ length: 20 }, (_, index) => [
  user(`Spell river number ${index}.`),
  { role: 'assistant', content: 'r-i-v-e-r' },
]).flat()
const last = user('What is 7 + 5?')

describe('S-035 (part: long histories): a chat that is longer than the context', () => {
  const chat = { model: 'pocket', messages: [...old, last], stream: false, options }

  test('loses its oldest messages and keeps the last', async () => {
    const answer = await engine.json('/api/chat', chat)
    expect(answer).toMatchObject({ message: { content: '7 plus 5 is 12.' }, done_reason: 'stop' })
    expect(answer['prompt_eval_count']).toBeLessThan(96)
    const shown = await engine.json('/api/chat', { ...chat, _debug_render_only: true })
    const text = (shown['_debug_info'] as { rendered_template: string }).rendered_template
    expect(text).toContain('river number 19')
    expect(text).not.toContain('river number 0.')
  })

  test('keeps its system text, whatever else goes', async () => {
    const system = { role: 'system', content: 'You are Max.' }
    const messages = [system, ...old, last]
    const shown = await engine.json('/api/chat', { ...chat, messages, _debug_render_only: true })
    const text = (shown['_debug_info'] as { rendered_template: string }).rendered_template
    expect(text).toMatch(/^<\|system\|>You are Max\./)
    expect(text).not.toContain('river number 0.')
    expect(text).toContain('What is 7 + 5?')
  })

  test('is refused when it may not lose any', async () => {
    for (const stream of [false, true]) {
      const response = await engine.post('/api/chat', { ...chat, stream, truncate: false })
      expect(response.status).toBe(400)
      expect(await response.json()).toEqual({
        error: 'the input length exceeds the context length',
      })
    }
  })

  test('whose last message alone is too long loses its middle, or is refused without shift', async () => {
    const messages = [user('spell river '.repeat(100))]
    const answer = await engine.json('/api/chat', { ...chat, messages })
    expect(answer).toMatchObject({ done: true })
    expect(answer['prompt_eval_count']).toBeLessThan(96)
    const refused = await engine.post('/api/chat', { ...chat, messages, shift: false })
    expect(refused.status).toBe(400)
    expect(await refused.json()).toEqual({
      error: 'the prompt is longer than the context length currently available to the model',
    })
  })
})

describe('S-034 (part: context): an answer that goes on from the tokens of another', () => {
  const first = {
    model: 'pocket',
    prompt: 'My name is Zoe.',
    stream: false,
    options: { temperature: 0 },
  }

  test('has them in its prompt and gives them back', async () => {
    const one = await engine.json('/api/generate', first)
    const context = one['context'] as number[]
    const asked = { ...first, prompt: 'What is my name?', context }
    const two = await engine.json('/api/generate', asked)
    expect(two['response']).toContain('Zoe')
    expect(Number(two['prompt_eval_count'])).toBeGreaterThan(context.length)
    const grown = two['context'] as number[]
    expect(grown.slice(0, context.length)).toEqual(context)
    const shown = await engine.json('/api/generate', { ...asked, _debug_render_only: true })
    expect(shown).toHaveProperty(
      '_debug_info.rendered_template',
      expect.stringMatching(/Zoe.*What is my name\?/s),
    )
  })

  test('keeps a form all the same', async () => {
    const { context } = await engine.json('/api/generate', first)
    const schema = {
      type: 'object',
      properties: { name: { enum: ['Ida', 'Max', 'Zoe'] } },
      required: ['name'],
    }
    const prompt = 'What is my name?'
    const bound = await engine.json('/api/generate', { ...first, prompt, context, format: schema })
    const said = JSON.parse(String(bound['response'])) as { name: string }
    expect(Object.keys(said)).toEqual(['name'])
    expect(['Ida', 'Max', 'Zoe']).toContain(said.name)
    expect((bound['context'] as number[]).length).toBeGreaterThan((context as number[]).length)
  })

  test('leaves the model’s own messages out, which the tokens have already', async () => {
    const messages = [
      { role: 'user', content: 'My name is Ida.' },
      { role: 'assistant', content: 'Hello, Ida.' },
    ]
    await engine.json('/api/create', { model: 'greeted', from: 'pocket', messages, stream: false })
    const shown = async (more: object) => {
      const request = { model: 'greeted', prompt: 'What is my name?', _debug_render_only: true }
      const { _debug_info } = await engine.json('/api/generate', { ...request, ...more })
      return (_debug_info as { rendered_template: string }).rendered_template
    }
    const { context } = await engine.json('/api/generate', first)
    expect(await shown({})).toContain('Ida')
    expect(await shown({ context })).not.toContain('Ida')
  })

  test('is refused together with raw', async () => {
    const { context } = await engine.json('/api/generate', first)
    const response = await engine.post('/api/generate', { ...first, raw: true, context })
    expect(response.status).toBe(400)
  })
})
