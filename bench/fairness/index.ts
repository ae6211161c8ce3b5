/** Four clients on one model, one of them with a prompt of 3,000 tokens: how long the others wait for their next token. */
import { type Runner, startRunner } from '../../src/engine/runner/index.ts'
import { smollm2 } from '../../tests/smollm2/weights.ts'
import { greedy } from '../../tests/support/greedy.ts'

const rounds = 3
const answerTokens = 200
const promptTokens = 3_000
const contextTokens = 4_096

/** When each token came, in milliseconds. */
type Times = readonly number[]

/** Prints figures of each round. Throws when the weights are not there. */
export async function benchFairness(): Promise<void> {
  const weights = await smollm2()
  if (!('path' in weights)) throw new Error(weights.missing)
  const runner = startRunner()
  const options = { contextTokens, parallel: 4, batchTokens: 512, gpuLayers: 0 }
  await runner.load({ ...options, path: weights.path, threadCounts: [1] })
  console.log(
    `SmolLM2 135M Q4_1, one thread, four clients, one with a prompt of ${promptTokens} tokens`,
  )
  for (let round = 0; round < rounds; round++) await measure(runner, round)
  runner.kill()
}

async function measure(runner: Runner, round: number): Promise<void> {
  const alone = await answer(runner, counting(`alone ${round}`), answerTokens)
  const writers = [1, 2, 3].map((id) =>
    answer(runner, counting(`writer ${id}, ${round}`), answerTokens),
  )
  const startedMs = performance.now()
  const long = answer(runner, `Round ${round}. ${'The river runs. '.repeat(promptTokens)}`, 50)
  const others = await Promise.all(writers)
  const [firstMs = startedMs, ...rest] = await long
  const gaps = others.flatMap(gapsOf).toSorted((a, b) => a - b)
  const median = gaps[Math.floor(gaps.length / 2)] ?? Number.NaN
  const p99 = gaps[Math.floor(gaps.length * 0.99)] ?? Number.NaN
  const longest = gaps.at(-1) ?? Number.NaN
  const together = others.flat().length + rest.length + 1
  const endMs = Math.max(...others.flat(), rest.at(-1) ?? 0)
  const rate = (together / (endMs - startedMs)) * 1000
  const aloneRate = (alone.length - 1) / (((alone.at(-1) ?? 0) - (alone[0] ?? 0)) / 1000)
  const evaluatedRate = ((together + promptTokens) / (endMs - startedMs)) * 1000
  console.log(
    [
      `gaps of the others: median ${median.toFixed(0)} ms, p99 ${p99.toFixed(0)}, longest ${longest.toFixed(0)} (× ${(longest / median).toFixed(1)})`,
      `first token of the long prompt after ${(firstMs - startedMs).toFixed(0)} ms`,
      `written together ${rate.toFixed(0)} tokens/s, with the prompt's own ${evaluatedRate.toFixed(0)}; one alone ${aloneRate.toFixed(0)} (× ${(rate / aloneRate).toFixed(2)})`,
    ].join('; '),
  )
}

/** A text that a model goes on with for long. */
function counting(who: string): string {
  return `${who}: ${'one, two, three, one, two, three, '.repeat(4)}`
}

function gapsOf(times: Times): number[] {
  return times.slice(1).map((ms, index) => ms - (times[index] ?? ms))
}

async function answer(runner: Runner, text: string, tokensMax: number): Promise<Times> {
  const tokens = (await runner.tokenize(text, true)).slice(0, promptTokens)
  const times: number[] = []
  return new Promise((resolve, reject) => {
    runner.generate(
      { tokens, tokensMax, sampling: greedy },
      {
        token: () => void times.push(performance.now()),
        end: () => resolve(times),
        fail: reject,
      },
    )
  })
}
