import { expect, test } from 'vitest'
import {
  type Counters,
  type GenerateOptions,
  startRunner,
} from '../../../../src/engine/runner/index.ts'
import { greedy } from '../../../support/greedy.ts'

const contextTokens = 64
const numKeep = 4
const sampling = { ...greedy, grammar: 'root ::= [a-z ]+ "." root' } // never ends

test('what was moved within a full context is not reused for another prompt', async () => {
  const runner = startRunner()
  const answer = (options: Omit<GenerateOptions, 'id'>) =>
    new Promise<{ tokens: number[]; counters: Counters }>((resolve, reject) => {
      const tokens: number[] = []
      runner.generate(options, {
        token: (token) => tokens.push(token),
        end: (_reason, counters) => resolve({ tokens, counters }),
        fail: reject,
      })
    })
  try {
    const shape = { contextTokens, parallel: 1, batchTokens: 64, threadCounts: [1], gpuLayers: -1 }
    await runner.load({ path: 'assets/pocket/pocket.gguf', ...shape })
    const prompt = (await runner.tokenize('Once upon a time there was a river', true)).slice(0, 8)
    const request = { tokens: prompt, tokensMax: 100, sampling, shift: { numKeep } }
    const first = await answer(request)
    expect(first.counters.madeTokens).toBe(100)

    // What the sequence holds now: each time it was full, the older half behind the kept tokens went.
    const held = [...prompt]
    for (const token of first.tokens) {
      held.push(token)
      if (held.length === contextTokens) {
        held.splice(numKeep, Math.floor((contextTokens - numKeep) / 2))
      }
    }
    const next = await answer({ ...request, tokens: held, tokensMax: 1 })
    expect(next.counters.reusedTokens).toBe(numKeep)

    const again = await answer({ ...request, tokens: held, tokensMax: 1 })
    expect(again.counters.reusedTokens).toBe(held.length - 1) // this time nothing was moved
  } finally {
    runner.kill()
  }
})
