import { afterAll, beforeAll, expect, test } from 'vitest'
import { withFileReader } from '../../src/sys/files.ts'
import { type Random, seededRandom } from '../../src/sys/random.ts'
import { readGgufHeader } from '../../src/wire/gguf/index.ts'
import { readGgufArray } from '../../src/wire/gguf/value.ts'
import { startTestEngine, type TestEngine } from '../integration/engine/test-engine.ts'
import { createModel } from '../support/create-model.ts'
import { until } from '../support/until.ts'
import { smollm2 } from './weights.ts'

const seed = 20_260_801
const times = 300
const promptTokens = 2_000
const idleMsMax = 100
/**
 * A client leaves at a random moment up to here, counted from when the runner took its request up. Both are less than the
 * work at hand: the first 512 tokens of a prompt take seconds, 400 tokens of an answer too.
 */
const delayMsMax = { prompt: 400, answer: 250 } as const
const memoryGrowthMax = 1.05

interface Counts {
  readonly active: number
  readonly tokensMade: number
  readonly cancelled: number
  readonly residentBytes: number
}

const weights = await smollm2()
const missing = 'missing' in weights ? weights.missing : ''
let engine: TestEngine
let words: { readonly first: readonly string[]; readonly next: readonly string[] }

beforeAll(async () => {
  if (!('path' in weights)) return
  words = wordsOf(weights.path)
  engine = await startTestEngine()
  await createModel(engine.modelDir, 'smol', weights.path)
})
afterAll(async () => {
  if (missing === '') await engine.stop()
})

/** Words that are one token each: those that begin a text, and those that follow another. */
function wordsOf(path: string): typeof words {
  return withFileReader(path, (read, sizeBytes) => {
    const list = readGgufHeader(read, sizeBytes).metadata.get('tokenizer.ggml.tokens')
    if (list?.type !== 'array') throw new Error('no vocabulary')
    const tokens = readGgufArray(read, sizeBytes, list).map((one) =>
      one.type === 'string' ? one.value : '',
    )
    const first = tokens.filter((token) => /^[A-Z][a-z]{3,}$/.test(token))
    const next = tokens.filter((token) => /^Ġ[a-z]{3,}$/.test(token))
    return { first, next: next.map((token) => token.replace('Ġ', ' ')) }
  })
}

/** No two begin with the same token. */
function promptOf(round: number, random: Random): string {
  const { first, next } = words
  const some = () => next[Math.floor(random.number() * next.length)]
  return first[round] + Array.from({ length: promptTokens - 1 }, some).join('')
}

/** What the runner itself counts. */
async function counts(): Promise<Counts> {
  const { runners } = (await engine.json('/api/od/runners')) as { runners: Counts[] }
  const [runner] = runners
  if (runner === undefined) throw new Error('no runner')
  return runner
}

/** Leaves an answer some time after the runner took it up; milliseconds until the runner counts nobody. */
async function leaveAfter(delayMs: number, body: object): Promise<number> {
  const client = new AbortController()
  const request = fetch(`${engine.url}/api/generate`, {
    method: 'POST',
    body: JSON.stringify({ model: 'smol', raw: true, ...body }),
    signal: client.signal,
  })
  const ended = request.then((response) => response.text()).catch(() => 'left')
  await until('it is in work', async () => (await counts()).active === 1, { everyMs: 1 })
  const leftMs = await new Promise<number>((resolve) => {
    setTimeout(() => resolve(performance.now()), delayMs)
  })
  client.abort()
  await until('the runner is idle', async () => (await counts()).active === 0, { everyMs: 1 })
  const idleMs = performance.now() - leftMs
  await ended
  return idleMs
}

test(`${times} answers left at random moments: the runner is idle again within ${idleMsMax} ms, memory stays`, async ({
  skip,
}) => {
  if (missing !== '') return skip(missing)
  const random = seededRandom(seed)
  const body = { model: 'smol', raw: true, stream: false, options: { num_predict: 1 } }
  const whole = await engine.json('/api/generate', { ...body, prompt: promptOf(0, random) })
  expect(whole['prompt_eval_count']).toBe(promptTokens)
  const promptMs = Number(whole['prompt_eval_duration']) / 1e6

  const spent: number[] = []
  const memory: number[] = []
  let leftInPrompt = 0
  for (let round = 1; round <= times; round++) {
    const before = await counts()
    const isLong = round % 5 < 2
    spent.push(
      isLong
        ? await leaveAfter(random.number() * Math.min(promptMs * 0.9, delayMsMax.prompt), {
            prompt: promptOf(round, random),
          })
        : await leaveAfter(random.number() * delayMsMax.answer, {
            prompt: `${words.first[round]} was`,
            options: { num_predict: 400 },
          }),
    )
    const after = await counts()
    const wasLeft = after.cancelled > before.cancelled
    if (isLong && wasLeft && after.tokensMade === before.tokensMade) leftInPrompt++
    memory.push(after.residentBytes)
  }

  const sorted = spent.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.ceil(times * share) - 1] ?? Number.POSITIVE_INFINITY
  const [p50, p99, worst] = [at(0.5), at(0.99), at(1)].map((ms) => ms.toFixed(1))
  const growth = (memory[times - 1] ?? 0) / (memory[49] ?? 1)
  console.log(
    `${times} left (seed ${seed}), ${leftInPrompt} in a prompt of ${promptTokens} tokens (${promptMs.toFixed(0)} ms): ` +
      `idle after p50 ${p50} ms, p99 ${p99} ms, worst ${worst} ms; memory × ${growth.toFixed(3)}`,
  )
  expect(leftInPrompt).toBeGreaterThanOrEqual(100)
  expect(at(0.99)).toBeLessThan(idleMsMax)
  expect(growth).toBeLessThanOrEqual(memoryGrowthMax)
})
