import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestEngine, type TestEngine } from '../test-engine.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})
afterAll(() => engine.stop())

/** A list that may not end before the context has been filled several times. */
const endless = {
  model: 'pocket',
  raw: true,
  prompt: 'spell river',
  stream: false,
  format: { type: 'array', items: { type: 'string', maxLength: 20 }, minItems: 900 },
}
const options = { num_ctx: 64, temperature: 0, num_predict: 200 }

describe('a context that is full', () => {
  test('shifts, and the answer goes on', async () => {
    const answer = await engine.json('/api/generate', { ...endless, options })
    expect(answer).toMatchObject({ done_reason: 'length', eval_count: 200 })
  })

  test('keeps num_keep tokens, all of the prompt with -1', async () => {
    for (const num_keep of [0, 4, 40, 64, 1000, -1]) {
      const request = { ...endless, options: { ...options, num_keep } }
      const answer = await engine.json('/api/generate', request)
      expect(answer).toMatchObject({ done_reason: 'length', eval_count: 200 })
    }
  })

  test('ends the answer where it may not shift', async () => {
    const answer = await engine.json('/api/generate', { ...endless, shift: false, options })
    expect(answer['done_reason']).toBe('length')
    expect(Number(answer['prompt_eval_count']) + Number(answer['eval_count'])).toBe(64)
  })

  test('an answer never gets longer than ten contexts', async () => {
    const request = { ...endless, options: { num_ctx: 16, temperature: 0, num_predict: -1 } }
    const answer = await engine.json('/api/generate', request)
    expect(answer).toMatchObject({ done_reason: 'length', eval_count: 160 })
  })

  test('a prompt that is too long for it is refused when it may not shift', async () => {
    const prompt = 'spell river '.repeat(40)
    const request = { model: 'pocket', prompt, stream: false, shift: false, options }
    for (const more of [{ prompt }, { prompt, raw: true }]) {
      const response = await engine.post('/api/generate', { ...request, ...more })
      expect(response.status).toBe(400)
      expect(await response.json()).toEqual({
        error: 'the prompt is longer than the context length currently available to the model',
      })
    }
  })
})

describe('counts', () => {
  test('are those of the tokens, the one that ends the answer included', async () => {
    const body = {
      model: 'pocket',
      prompt: '<|user|>What is 7 + 5?<|end|><|assistant|>',
      raw: true,
      stream: false,
      logprobs: true,
    }
    const answer = await engine.json('/api/generate', { ...body, options: { temperature: 0 } })
    const told = answer['logprobs'] as unknown[]
    expect(answer).toMatchObject({ done_reason: 'stop', eval_count: told.length + 1 })
    const alone = await engine.json('/api/generate', {
      ...body,
      raw: false,
      prompt: 'What is 7 + 5?',
    })
    expect(answer['prompt_eval_count']).toBe(alone['prompt_eval_count'])
    const cut = await engine.json('/api/generate', { ...body, options: { num_predict: 3 } })
    expect(cut).toMatchObject({ done_reason: 'length', eval_count: 3 })
  })

  test('a character of several tokens is shown whole, at once', async () => {
    const text = '😀é😀漢'
    const lines = await engine.lines('/api/generate', {
      model: 'pocket',
      prompt: 'Smile.',
      format: { const: text },
      logprobs: true,
    })
    const shown = lines.map(({ response }) => String(response))
    expect(shown.join('')).toBe(JSON.stringify(text))
    expect(shown.every((part) => part.isWellFormed() && !part.includes('\uFFFD'))).toBe(true)
    const told = lines.flatMap(({ logprobs }) => (logprobs ?? []) as { bytes: number[] }[])
    expect(Buffer.from(told.flatMap(({ bytes }) => bytes)).toString()).toBe(JSON.stringify(text))
    expect(told.length).toBeGreaterThan(Array.from(text).length + 2) // so some were parts of a character
  })
})
