import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestEngine, type TestEngine } from '../test-engine.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})
afterAll(() => engine.stop())

async function tokensWith(options: object): Promise<string[]> {
  const answer = await engine.json('/api/generate', {
    model: 'pocket',
    prompt: 'Why is the sky blue?',
    stream: false,
    logprobs: true,
    options: { num_predict: 24, ...options },
  })
  return (answer['logprobs'] as { token: string }[]).map(({ token }) => token)
}

const hasRepeats = (tokens: readonly string[]) => new Set(tokens).size < tokens.length

describe('penalties', () => {
  test.each([[{ repeat_penalty: 1e6 }], [{ presence_penalty: 1e3 }], [{ frequency_penalty: 1e3 }]])(
    '%j forbids what was said before',
    async (penalty) => {
      const options = { temperature: 0, repeat_last_n: -1 }
      expect(hasRepeats(await tokensWith(options))).toBe(true)
      const penalised = await tokensWith({ ...options, ...penalty })
      expect(penalised.length).toBeGreaterThan(5)
      expect(hasRepeats(penalised)).toBe(false)
    },
  )

  test('repeat_last_n says how far back they look', async () => {
    const plain = await tokensWith({ temperature: 0 })
    const penalty = { temperature: 0, presence_penalty: 1e3 }
    expect(await tokensWith({ ...penalty, repeat_last_n: 0 })).toEqual(plain)
    const near = await tokensWith({ ...penalty, repeat_last_n: 1, num_predict: 100 })
    expect(near.some((token, index) => token === near[index - 1])).toBe(false)
    expect(hasRepeats(near)).toBe(true)
  })
})

describe('filters at a temperature at which anything may come', () => {
  const hot = { temperature: 50, top_k: 0, top_p: 1 }
  const drawn = async (filter: object) =>
    new Set(
      await Promise.all(
        [1, 2, 3].map(async (seed) => (await tokensWith({ ...hot, ...filter, seed })).join('')),
      ),
    )

  test('without a filter each seed gives another answer', async () => {
    expect((await drawn({})).size).toBe(3)
  })

  test.each([[{ top_k: 1 }], [{ top_p: 1e-6 }], [{ min_p: 1 }]])(
    '%j leaves only the likeliest',
    async (filter) => {
      const greedy = (await tokensWith({ temperature: 0 })).join('')
      expect(await drawn(filter)).toEqual(new Set([greedy]))
    },
  )

  test('a small typical_p leaves only the most typical', async () => {
    expect((await drawn({ typical_p: 1e-6 })).size).toBe(1)
  })
})
