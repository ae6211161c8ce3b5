import { copyFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { OdError } from '../../../src/core/errors/index.ts'
import { commonPrefix } from '../../../src/engine/runner/batch-plan.ts'
import {
  type Counters,
  type LoadOptions,
  type Runner,
  type SamplingOptions,
  startRunner,
} from '../../../src/engine/runner/index.ts'
import { greedy } from '../../support/greedy.ts'
import { until } from '../../support/until.ts'

const pocket = 'assets/pocket/pocket.gguf'
const runners: Runner[] = []

afterEach(async () => {
  const ends = runners.splice(0).map((runner) => exitOf(runner, () => runner.kill()))
  await Promise.all(ends)
})

function exitOf(runner: Runner, action: () => void) {
  const exit = new Promise((resolve) => runner.onExit(resolve))
  action()
  return exit
}

function loadOptions(path: string): LoadOptions {
  return {
    path,
    contextTokens: 1024,
    parallel: 4,
    batchTokens: 512,
    threadCounts: [1],
    gpuLayers: -1,
  }
}

async function start(path = pocket): Promise<Runner> {
  const runner = startRunner()
  await runner.load(loadOptions(path))
  runners.push(runner)
  return runner
}

interface Answer {
  text: string
  tokens: number[]
  end: string
  counters: Counters | undefined
}

async function answer(
  runner: Runner,
  question: string,
  more: { tokensMax?: number; sampling?: Partial<SamplingOptions> } = {},
): Promise<Answer> {
  const tokens = await runner.tokenize(`<|user|>${question}<|end|><|assistant|>`, true)
  return answerTokens(runner, tokens, more)
}

function answerTokens(
  runner: Runner,
  prompt: number[],
  more: { tokensMax?: number; sampling?: Partial<SamplingOptions>; cancelAfterMs?: number } = {},
): Promise<Answer> {
  return new Promise((resolve) => {
    const result: Answer = { text: '', tokens: [], end: '', counters: undefined }
    const sampling = { ...greedy, ...more.sampling }
    runner.generate(
      { tokens: prompt, tokensMax: more.tokensMax ?? 200, sampling },
      {
        token(token, piece) {
          result.tokens.push(token)
          result.text += Buffer.from(piece).toString()
        },
        end: (end, counters) => resolve({ ...result, end, counters }),
        fail: (error: OdError) => resolve({ ...result, end: error.code }),
      },
    )
  })
}

describe('a runner', () => {
  test('answers with the bundled model, greedily the same each time', async () => {
    const runner = await start()
    const first = await answer(runner, 'What is the capital of Peru?')
    expect(first).toMatchObject({ text: 'The capital of Peru is Lima.', end: 'stop' })
    expect(await answer(runner, 'What is the capital of Peru?')).toMatchObject({ text: first.text })
  })

  test('keeps what two prompts have in common, and answers the same with it', async () => {
    const runner = await start()
    const cold = await answer(runner, 'Count to 17.')
    const warm = await answer(runner, 'Count to 17.')
    expect(cold.counters?.reusedTokens).toBe(0)
    expect(warm.counters?.reusedTokens).toBe((cold.counters?.promptTokens ?? 0) - 1)
    expect(warm.tokens).toEqual(cold.tokens)
  })

  test('a start that a running answer holds is not computed again, and neither is changed by it', async () => {
    const runner = await start()
    const common = await runner.tokenize(
      `<|user|>${'The river runs to the sea. '.repeat(20)}`,
      true,
    )
    const end = (question: string) => runner.tokenize(`${question}<|end|><|assistant|>`, false)
    const first = [...common, ...(await end('Count to 30.'))]
    const second = [...common, ...(await end('Count to 17.'))]
    const alone = [await answerTokens(runner, first), await answerTokens(runner, second)]
    const other = await start()
    const running = answerTokens(other, first)
    await until('it is answering', async () => (await other.stats()).tokensMade > 0)
    const late = await answerTokens(other, second)
    expect(late.counters?.reusedTokens).toBe(commonPrefix(first, second))
    expect([(await running).text, late.text]).toEqual(alone.map(({ text }) => text))
  })

  test('a short start in common does not throw away the rest of what somebody else may go on with', async () => {
    const runner = await start()
    const long = 'Tell me a long story about a river that runs to the sea and comes back as rain.'
    await answer(runner, long)
    await answer(runner, 'Tell me a joke.')
    const again = await answer(runner, long)
    expect(again.counters?.reusedTokens).toBe((again.counters?.promptTokens ?? 0) - 1)
  })

  test('several answers share decode calls or take turns, and do not disturb each other', async () => {
    const runner = await start()
    const questions = ['Count to 20.', 'Count to 21.', 'Count to 22.', 'Count to 23.']
    const alone = []
    for (const question of questions) alone.push((await answer(runner, question)).text)
    const before = await runner.stats()
    const together = await Promise.all(questions.map((question) => answer(runner, question)))
    const after = await runner.stats()
    expect(together.map(({ text }) => text)).toEqual(alone)
    const made = after.tokensMade - before.tokensMade
    expect(after.decodes - before.decodes).toBeLessThanOrEqual(made + questions.length)
  })

  test('a seed repeats a random answer, another seed gives another', async () => {
    const runner = await start()
    const ask = (seed: number) =>
      answer(runner, 'Tell me a story.', { tokensMax: 40, sampling: { temperature: 1.2, seed } })
    const [a, b, c] = [await ask(7), await ask(7), await ask(8)]
    expect(b.tokens).toEqual(a.tokens)
    expect(c.tokens).not.toEqual(a.tokens)
  })

  test('ends by length at the limit asked for and at the end of its context', async () => {
    const runner = await start()
    const short = await answer(runner, 'Count to 30.', { tokensMax: 5 })
    expect(short).toMatchObject({ end: 'length', counters: { madeTokens: 5 } })
    const prompt = Array.from({ length: 1020 }, (_, index) => 100 + (index % 800))
    const full = await answerTokens(runner, prompt, { sampling: { temperature: 2, seed: 1 } })
    expect((full.counters?.madeTokens ?? 0) + 1020).toBeLessThanOrEqual(1024)
    expect(full.end === 'length' || full.end === 'stop').toBe(true)
  })

  test('refuses a token outside of its vocabulary and a prompt that does not fit, and lives', async () => {
    const runner = await start()
    expect(await answerTokens(runner, [1024])).toMatchObject({ end: 'OD_RUNNER_FAILED' })
    expect(await answerTokens(runner, [-1])).toMatchObject({ end: 'OD_RUNNER_FAILED' })
    const long = Array.from({ length: 1024 }, () => 5)
    expect(await answerTokens(runner, long)).toMatchObject({ end: 'OD_RUNNER_FAILED' })
    await expect(runner.detokenize([4096])).rejects.toMatchObject({ code: 'OD_MODEL_LOAD' })
    expect(await answer(runner, 'Hello!')).toMatchObject({ end: 'stop' })
  })

  test('gives vectors that tell texts apart', async () => {
    const runner = await start()
    const texts = ['hello', 'hello', 'a silver drum near the market']
    const inputs = await Promise.all(texts.map((text) => runner.tokenize(text, true)))
    const [a, b, c] = await runner.embed(inputs)
    expect(a?.length).toBe(192)
    expect(b).toEqual(a)
    expect(c).not.toEqual(a)
  })
})

describe('leaving', () => {
  test('in a 1,000-token prompt: the runner is idle again at once, 50 times', async () => {
    const runner = await start()
    let slowestMs = 0
    for (let round = 0; round < 50; round++) {
      const prompt = Array.from({ length: 1000 }, (_, index) => 40 + ((index * 7 + round) % 900))
      await new Promise<void>((resolve) => {
        let leftMs = 0
        const cancel = runner.generate(
          { tokens: prompt, tokensMax: 10, sampling: greedy },
          {
            token: () => undefined,
            end() {
              slowestMs = Math.max(slowestMs, performance.now() - leftMs)
              resolve()
            },
            fail: () => resolve(),
          },
        )
        void runner.stats().then(() => {
          leftMs = performance.now()
          cancel()
        })
      })
      expect((await runner.stats()).active).toBe(0)
    }
    const { cancelled, tokensEvaluated } = await runner.stats()
    expect(cancelled).toBe(50)
    expect(tokensEvaluated).toBeLessThan(50 * 1000)
    console.log(`slowest of 50 cancels inside a prompt: ${slowestMs.toFixed(1)} ms`)
    expect(await answer(runner, 'Hello!')).toMatchObject({ text: 'Hello! How can I help you?' })
  })

  test('one of several does not change what the others get', async () => {
    const runner = await start()
    // Not a story: where two words are equally likely, the rounding of another batch decides.
    const alone = await answer(runner, 'Count to 30.')
    const others = answer(runner, 'Count to 30.')
    for (let round = 0; round < 20; round++) {
      const prompt = Array.from({ length: 800 }, (_, index) => 40 + ((index * 11 + round) % 900))
      await new Promise<void>((resolve) => {
        const cancel = runner.generate(
          { tokens: prompt, tokensMax: 10, sampling: greedy },
          { token: () => undefined, end: () => resolve(), fail: () => resolve() },
        )
        void runner.stats().then(cancel)
      })
    }
    expect((await others).text).toBe(alone.text)
  })
})

describe('damage', () => {
  test('a killed runner fails its answers, and all questions after it', async () => {
    const runner = await start()
    const cut = answer(runner, 'Tell me a long story.')
    await until('some tokens are made', async () => (await runner.stats()).tokensMade > 3)
    await exitOf(runner, () => process.kill(runner.pid, 'SIGKILL'))
    expect(await cut).toMatchObject({ end: 'OD_RUNNER_DIED' })
    await expect(runner.stats()).rejects.toMatchObject({ code: 'OD_RUNNER_DIED' })
    runners.splice(0)
  })

  test.each([
    ['an empty file', ''],
    ['a file that is no GGUF', 'hello '.repeat(100)],
  ])('%s is refused with a reason', async (_, contents) => {
    const folder = mkdtempSync(join(tmpdir(), 'od-runner-'))
    const path = join(folder, 'model.gguf')
    writeFileSync(path, contents)
    const runner = startRunner()
    await expect(runner.load(loadOptions(path))).rejects.toMatchObject({ code: 'OD_MODEL_LOAD' })
    rmSync(folder, { recursive: true })
  })

  test('a model with a piece cut off is refused', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'od-runner-'))
    const path = join(folder, 'model.gguf')
    copyFileSync(pocket, path)
    truncateSync(path, 1_000_000)
    const runner = startRunner()
    await expect(runner.load(loadOptions(path))).rejects.toMatchObject({ code: 'OD_MODEL_LOAD' })
    rmSync(folder, { recursive: true })
  })
})
