/** Vectors of models that were made for them: an encoder with random weights, pooled in each way. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startRunner } from '../../../src/engine/runner/index.ts'
import {
  type Pooling,
  poolings,
  writeRandomEncoder,
} from '../../../tools/random-gguf/random-encoder.ts'
import { createModel } from '../../support/create-model.ts'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'
import { startTestEngine, type TestEngine } from './test-engine.ts'

const contextTokens = 64
const width = 64
let engine: TestEngine
let directory: Awaited<ReturnType<typeof makeTemporaryDirectory>>

beforeAll(async () => {
  directory = await makeTemporaryDirectory()
  engine = await startTestEngine()
  writeRandomEncoder(fileOf('mean'), { layers: 2, width, contextTokens }, 'mean')
  pooledLike('first')
  pooledLike('last')
  for (const pooling of ['mean', 'first', 'last'] as const) {
    await createModel(engine.modelDir, `encoder-${pooling}`, fileOf(pooling))
  }
})
afterAll(async () => {
  await engine.stop()
  await directory.remove()
})

const fileOf = (pooling: Pooling) => join(directory.path, `${pooling}.gguf`)

/** The same weights with another pooling: one number in the header. */
function pooledLike(pooling: Pooling): void {
  const bytes = readFileSync(fileOf('mean'))
  const key = 'bert.pooling_type'
  const valueAt = bytes.indexOf(key) + key.length + 4
  bytes.writeUInt32LE(poolings[pooling], valueAt)
  writeFileSync(fileOf(pooling), bytes)
}

/** Vectors of token lists as the runner gives them. */
async function pooled(pooling: Pooling, inputs: readonly (readonly number[])[]) {
  const runner = startRunner()
  try {
    const shape = { contextTokens, parallel: 1, batchTokens: 64, threadCounts: [1], gpuLayers: -1 }
    await runner.load({ ...shape, path: fileOf(pooling) })
    return await runner.embed(inputs)
  } finally {
    runner.kill()
  }
}

async function embed(model: string, input: unknown, more: object = {}) {
  const answer = await engine.json('/api/embed', { model, input, ...more })
  expect(answer).not.toHaveProperty('error')
  return {
    vectors: answer['embeddings'] as number[][],
    tokens: Number(answer['prompt_eval_count']),
  }
}

const length = (vector: readonly number[]) => Math.hypot(...vector)

function expectNear(one: ArrayLike<number>, other: ArrayLike<number>): void {
  expect(one.length).toBe(other.length)
  Array.from(one).forEach((value, index) =>
    expect(value).toBeCloseTo(other[index] ?? Number.NaN, 4),
  )
}

describe('S-045 (part: pooling): vectors are pooled as the model says', () => {
  test('of two tokens the mean lies half way between the first and the last', async () => {
    const inputs = [[5, 300]]
    const [[mean], [first], [last]] = [
      await pooled('mean', inputs),
      await pooled('first', inputs),
      await pooled('last', inputs),
    ]
    if (mean === undefined || first === undefined || last === undefined) throw new Error('none')
    expect(Math.hypot(...first.map((value, index) => value - (last[index] ?? 0)))).toBeGreaterThan(
      1,
    )
    expectNear(
      mean,
      first.map((value, index) => (value + (last[index] ?? 0)) / 2),
    )
  })

  test('three poolings of one text are three vectors', async () => {
    const vectors = await Promise.all(
      ['mean', 'first', 'last'].map(async (pooling) => {
        const {
          vectors: [vector],
        } = await embed(`encoder-${pooling}`, 'The river runs to the sea.')
        return JSON.stringify(vector)
      }),
    )
    expect(new Set(vectors).size).toBe(3)
  })
})

describe.each(['encoder-mean', 'pocket'])('S-045 (part: vectors): of %s', (model) => {
  const texts = [
    'river',
    'The sea is wide.',
    'r',
    'A stone bridge stands by the old mill.',
    'river',
  ]

  test('have length one, come in the order of the texts, and are those of each text alone', async () => {
    const { vectors, tokens } = await embed(model, texts)
    expect(vectors).toHaveLength(texts.length)
    let sum = 0
    for (const [index, text] of texts.entries()) {
      const alone = await embed(model, text)
      expectNear(vectors[index] ?? [], alone.vectors[0] ?? [])
      expect(length(vectors[index] ?? [])).toBeCloseTo(1, 5)
      sum += alone.tokens
    }
    expect(tokens).toBe(sum)
    expect(vectors[0]).toEqual(vectors[4])
    expect(vectors[0]).not.toEqual(vectors[1])
  })

  test('are cut to dimensions, then made of length one again', async () => {
    const {
      vectors: [whole = []],
    } = await embed(model, 'river')
    const {
      vectors: [cut = []],
    } = await embed(model, 'river', { dimensions: 16 })
    expect(length(cut)).toBeCloseTo(1, 5)
    const scale = length(whole.slice(0, 16))
    expectNear(
      cut,
      whole.slice(0, 16).map((value) => value / scale),
    )
    for (const dimensions of [0, -3, whole.length, whole.length + 1]) {
      expect((await embed(model, 'river', { dimensions })).vectors[0]).toEqual(whole)
    }
  })
})

describe('S-045 (part: long texts): a text that is longer than the context', () => {
  const words = (count: number) => ' river'.repeat(count)

  /** As many words as just fit. */
  async function wordsThatFit(model: string): Promise<number> {
    const tooLong = async (count: number) => {
      const body = { model, input: words(count), truncate: false }
      return (await engine.post('/api/embed', body)).status !== 200
    }
    let count = 1
    while (!(await tooLong(count + 1))) count++
    return count
  }

  test('is cut at its end, but for the token that ends every text', async () => {
    for (const model of ['encoder-mean', 'encoder-last']) {
      const count = await wordsThatFit(model)
      const whole = await embed(model, words(count))
      expect(whole.tokens).toBeGreaterThan(contextTokens - 4)
      const cut = await embed(model, words(3 * count))
      expect(cut.tokens).toBe(contextTokens)
      if (whole.tokens === contextTokens) expectNear(cut.vectors[0] ?? [], whole.vectors[0] ?? [])
      const longer = await embed(model, words(5 * count))
      expect(longer.vectors).toEqual(cut.vectors)
    }
  })

  test('is refused where it may not be cut, with all that came with it', async () => {
    const input = ['short', words(500)]
    for (const stranger of [input, words(500)]) {
      const response = await engine.post('/api/embed', {
        model: 'encoder-mean',
        input: stranger,
        truncate: false,
      })
      expect(response.status).toBe(400)
      expect(await response.json()).toEqual({
        error: 'the input length exceeds the context length',
      })
    }
  })

  test('num_ctx bounds it further', async () => {
    const { tokens } = await embed('encoder-mean', words(100), { options: { num_ctx: 16 } })
    expect(tokens).toBe(16)
  })
})

/** First numbers of the vectors that a real Ollama 0.24 made of the same weights, and how many tokens it counted. */
const recorded = [
  { input: 'river', tokens: 3, begin: [0.0544, 0.0038, 0.0082, -0.0883] },
  { input: 'The sea is wide.', tokens: 8, begin: [0.0552, 0.0923, 0.0957, -0.0964] },
  // cut: one place stays free for an end that this model has not
  { input: ' river'.repeat(100), tokens: 15, begin: [-0.044, 0.0051, 0.0009, -0.117] },
  {
    input: 'The sun warms water. '.repeat(20),
    tokens: 15,
    begin: [0.0081, 0.0738, 0.127, -0.0592],
  },
]

test.each(recorded)(
  'S-045 (part: vectors): of a model for chats are those of a real Ollama: text %#, $tokens tokens',
  async ({ input, tokens, begin }) => {
    const told = await embed('pocket', input, { options: { num_ctx: 16 } })
    expect(told.tokens).toBe(tokens)
    for (const [index, value] of begin.entries()) {
      // 0.003: other processors add in another order
      expect(Math.abs((told.vectors[0]?.[index] ?? Number.NaN) - value)).toBeLessThan(0.003)
    }
  },
)

test('a model that makes vectors makes no text, and says so', async () => {
  const response = await engine.post('/api/generate', { model: 'encoder-mean', prompt: 'Hello' })
  expect(response.status).toBe(400)
  expect(await response.json()).toEqual({ error: '"encoder-mean" does not support generate' })
  const shown = await engine.json('/api/show', { model: 'encoder-mean' })
  expect(shown['capabilities']).toEqual(['embedding'])
})

test('the older route gives the vector as the model made it', async () => {
  const { embedding } = await engine.json('/api/embeddings', {
    model: 'encoder-mean',
    prompt: 'river',
  })
  const {
    vectors: [unit = []],
  } = await embed('encoder-mean', 'river')
  const raw = embedding as number[]
  expectNear(
    raw.map((value) => value / length(raw)),
    unit,
  )
})
