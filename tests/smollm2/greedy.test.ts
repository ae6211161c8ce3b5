import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type Counters,
  type DrawnLogprob,
  type Runner,
  startRunner,
} from '../../src/engine/runner/index.ts'
import { reference, referenceAnswers } from '../reference/reference.ts'
import { greedy } from '../support/greedy.ts'
import { smollm2 } from './weights.ts'

const tokensMax = 100
const contextTokens = 1024
const chat = (question: string) =>
  `<|im_start|>user\n${question}<|im_end|>\n<|im_start|>assistant\n`

/** Long enough that the model does not end before the hundredth token. */
const prompts = [
  chat('Tell me a long story about a lighthouse.'),
  chat('Explain in detail how a steam engine works.'),
  chat('Write a long letter to a friend about a journey by train.'),
  chat('What is the history of the bicycle? Tell all of it.'),
  'Once upon a time, in a village by the sea,',
]

const weights = await smollm2()
const missing = 'missing' in weights ? weights.missing : ''
let runner: Runner

beforeAll(async () => {
  if (!('path' in weights)) return
  runner = startRunner()
  const { path } = weights
  await runner.load({
    path,
    contextTokens,
    parallel: 4,
    batchTokens: 512,
    threadCounts: [1],
    gpuLayers: -1,
  })
})

afterAll(async () => {
  if (missing !== '') return
  const exit = new Promise((resolve) => runner.onExit(resolve))
  runner.kill()
  await exit
})

interface Answer {
  readonly tokens: readonly number[]
  /** For each token, its text and the likeliest that could have stood there. */
  readonly drawn: readonly (DrawnLogprob | undefined)[]
  readonly counters: Counters | undefined
}

async function answer(
  prompt: string,
  cancelAfter = Number.POSITIVE_INFINITY,
  limit = tokensMax,
): Promise<Answer> {
  const promptTokens = await runner.tokenize(prompt, true)
  return new Promise((resolve, reject) => {
    const tokens: number[] = []
    const drawn: (DrawnLogprob | undefined)[] = []
    const cancel = runner.generate(
      { tokens: promptTokens, tokensMax: limit, topLogprobs: 3, sampling: greedy },
      {
        token(token, _, logprob) {
          tokens.push(token)
          drawn.push(logprob)
          if (tokens.length === cancelAfter) cancel()
        },
        end: (_, counters) => resolve({ tokens, drawn, counters }),
        fail: reject,
      },
    )
  })
}

/** How many tokens two answers have in common from their start. */
function commonTokens(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((token, index) => token !== b[index])
  return at === -1 ? a.length : at
}

test('five greedy answers equal those of node-llama-cpp, token for token', async ({ skip }) => {
  if (!('path' in weights)) return skip(missing)
  const found = await reference()
  if (!('folder' in found)) return skip(found.missing)
  const { folder } = found
  const job = { folder, modelPath: weights.path, threads: 1, contextTokens, prompts, tokensMax }
  const expected = await referenceAnswers(job)
  for (const [index, prompt] of prompts.entries()) {
    expect(await runner.tokenize(prompt, true)).toEqual(expected[index]?.promptTokens)
    const { tokens } = await answer(prompt)
    expect(tokens).toEqual(expected[index]?.tokens)
    expect(tokens.length).toBe(tokensMax)
  }
})

test('what two prompts have in common is not evaluated again, and the answer stays the same', async ({
  skip,
}) => {
  if (missing !== '') return skip(missing)
  const prompt = chat(`${'The lamp is red. '.repeat(40)} What colour is the lamp?`)
  const cold = await answer(prompt, undefined, 20)
  const warm = await answer(prompt, undefined, 20)
  expect(warm.counters?.reusedTokens).toBe((cold.counters?.promptTokens ?? 0) - 1)
  expect(commonTokens(warm.tokens, cold.tokens)).toBeGreaterThanOrEqual(10)
})

/**
 * As far apart as the log probabilities of two words can be whose order rounding may turn: some processors round rows in a
 * batch to eight bits by other scales than a row alone, 0.1 was seen. A neighbour's text that leaks in moves them by whole units.
 */
const roundingMax = 0.5

/** Where an answer leaves another one, and how far its word there is behind the other's, as a log probability. */
function partingOf(one: Answer, other: Answer) {
  const common = commonTokens(one.tokens, other.tokens)
  if (common === one.tokens.length) return { common, behind: 0 }
  const taken = Buffer.from(one.drawn[common]?.piece ?? [])
  const [best, ...rest] = other.drawn[common]?.top ?? []
  const same = rest.find(({ piece }) => taken.equals(piece))
  const isKnown = best !== undefined && same !== undefined
  return { common, behind: isKnown ? best.logprob - same.logprob : Number.POSITIVE_INFINITY }
}

/** Another number of rows in a batch rounds differently, so an answer may leave the other one where two words are level. */
test('four answers at once are those that each prompt gets alone, as far as rounding allows', async ({
  skip,
}) => {
  if (missing !== '') return skip(missing)
  const four = prompts.slice(0, 4)
  const alone: Answer[] = []
  for (const prompt of four) alone.push(await answer(prompt))
  const before = await runner.stats()
  const together = await Promise.all(four.map((prompt) => answer(prompt)))
  const after = await runner.stats()
  const partings = together.map((one, index) => partingOf(one, alone[index] ?? one))
  for (const { behind } of partings) expect(behind).toBeLessThan(roundingMax)
  const told = partings.map(({ common, behind }) => `${common} (${behind.toFixed(3)} behind)`)
  // How many go into one step was measured at load, and is one where a shared step is slow.
  const perStep = (after.tokensMade - before.tokensMade) / (after.decodes - before.decodes)
  console.log(
    `tokens in common with the answer alone, of ${tokensMax}: ${told.join(', ')}; ${perStep.toFixed(1)} a step`,
  )
})

test('leaving one answer ends it, and the one beside it goes on', async ({ skip }) => {
  if (missing !== '') return skip(missing)
  const [left, stayed] = await Promise.all([answer(prompts[0] ?? '', 5), answer(prompts[1] ?? '')])
  expect(left.tokens.length).toBeLessThan(tokensMax)
  expect(stayed.tokens.length).toBe(tokensMax)
  expect((await runner.stats()).active).toBe(0)
})
