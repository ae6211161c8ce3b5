/** Answers that are cut and go on elsewhere: another runner makes the same tokens, given those that were out already. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { grammarForFormat } from '../../../src/engine/grammar/index.ts'
import {
  type Counters,
  type GenerateOptions,
  type Runner,
  type SamplingOptions,
  startRunner,
} from '../../../src/engine/runner/index.ts'
import { greedy } from '../../support/greedy.ts'
import { drawFrom } from '../../support/schemas/draw.ts'

/** One sequence: with several, the order in which they lie in memory changes the last bits of what is computed. */
const load = { contextTokens: 512, parallel: 1, batchTokens: 512, threadCounts: [1], gpuLayers: -1 }
let first: Runner
let second: Runner

beforeAll(async () => {
  first = startRunner()
  second = startRunner()
  const path = 'assets/pocket/pocket.gguf'
  await Promise.all([first.load({ ...load, path }), second.load({ ...load, path })])
})
afterAll(() => {
  first.kill()
  second.kill()
})

interface Answer {
  readonly tokens: readonly number[]
  readonly reason: string
  readonly counters: Counters
}

function answer(runner: Runner, request: Omit<GenerateOptions, 'id'>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const tokens: number[] = []
    runner.generate(request, {
      token: (token) => void tokens.push(token),
      end: (reason, counters) => resolve({ tokens, reason, counters }),
      fail: reject,
    })
  })
}

const questions = [
  'Why is the sky blue?',
  'Tell me a short story about a river.',
  'Count to 30.',
  'Spell elephant.',
  'What is 7 + 5?',
]
const person = grammarForFormat(
  JSON.stringify({
    type: 'object',
    properties: { name: { type: 'string', maxLength: 9 }, age: { type: 'integer' } },
    required: ['name', 'age'],
  }),
)
const seeded = { ...greedy, temperature: 1.2, topP: 0.9 }
const samplings: Record<string, SamplingOptions> = {
  'the likeliest': greedy,
  'drawn by a seed': seeded,
  'drawn with penalties': { ...seeded, repeatPenalty: 1.3, presencePenalty: 0.4 },
  'in a form': { ...seeded, grammar: person },
}

describe('an answer that is cut anywhere goes on with the tokens that it would have had', () => {
  test.each(Object.entries(samplings))('%s: 25 answers', async (_title, sampling) => {
    const draw = drawFrom(8)
    let rest = 0
    for (let seed = 0; seed < 25; seed++) {
      const question = questions[seed % questions.length] ?? ''
      const tokens = await first.tokenize(`<|user|>${question}<|end|><|assistant|>`, true)
      const request = { tokens, tokensMax: 60, sampling: { ...sampling, seed } }
      const whole = await answer(first, request)
      const made = whole.tokens.slice(0, draw.below(whole.tokens.length))
      const resumed = await answer(second, { ...request, made })
      expect(resumed.tokens, `${question} cut at ${made.length}`).toEqual(whole.tokens)
      expect(resumed.reason).toBe(whole.reason)
      expect(resumed.counters.madeTokens).toBe(whole.counters.madeTokens)
      expect(resumed.counters.promptTokens).toBe(tokens.length)
      rest += whole.tokens.length - made.length
    }
    expect(rest).toBeGreaterThan(200)
  })
})

describe('an answer is not resumed', () => {
  const impossible = (reason: RegExp) =>
    expect.objectContaining({
      code: 'OD_RESUME_IMPOSSIBLE',
      message: expect.stringMatching(reason),
    })

  test('behind tokens that its form does not allow; the runner lives', async () => {
    const tokens = await first.tokenize('<|user|>Ida<|end|><|assistant|>', true)
    const made = await first.tokenize('The sky', false)
    const sampling = { ...greedy, grammar: person }
    const request = { tokens, made, tokensMax: 60, sampling }
    await expect(answer(first, request)).rejects.toEqual(impossible(/form/))
    const free = await answer(first, { ...request, sampling: greedy })
    expect(free.tokens.slice(0, made.length)).toEqual(made)
  })

  test('once its context is full, its bound reached, or its end said', async () => {
    const [token = 0] = await first.tokenize('a', false)
    const request = { tokens: [token], tokensMax: 600, sampling: greedy }
    const full = { ...request, made: Array<number>(511).fill(token) }
    await expect(answer(first, full)).rejects.toEqual(impossible(/context/))
    const bounded = { ...request, made: [token], tokensMax: 1 }
    await expect(answer(first, bounded)).rejects.toEqual(impossible(/bound/))
    const [end = 0] = await first.tokenize('<|end|>', false)
    await expect(answer(first, { ...request, made: [end] })).rejects.toEqual(impossible(/ended/))
  })
})
