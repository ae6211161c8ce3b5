/** The loop with a pace that is given instead of measured, so that what follows from it can be told. */
import { expect, test } from 'vitest'
import type { AnswerSink } from '../../../src/engine/runner/answer-sink.ts'
import { DecodeLoop } from '../../../src/engine/runner/decode-loop.ts'
import { Context } from '../../../src/engine/runner/llama/context.ts'
import { openLlama } from '../../../src/engine/runner/llama/functions.ts'
import { Model } from '../../../src/engine/runner/llama/model.ts'
import { Sampler } from '../../../src/engine/runner/llama/sampler.ts'
import { Pace } from '../../../src/engine/runner/pace.ts'
import type { GenerateOptions } from '../../../src/engine/runner/protocol.ts'
import { systemClock } from '../../../src/sys/clock.ts'
import { greedy } from '../../support/greedy.ts'

const endless = { ...greedy, grammar: 'root ::= [a-z ]+ "." root' }
const llama = openLlama()
const model = await Model.load(llama, 'assets/pocket/pocket.gguf', {
  gpuLayers: 0,
  adapterPaths: [],
})

/** A loop for two sequences; `heard` is called for each token. */
async function startLoop(options: {
  contextTokens: number
  widthMs: readonly number[]
  heard: (id: number, logprob: number | undefined) => void
}) {
  const { contextTokens, widthMs, heard } = options
  const context = await Context.create(llama, model, {
    tokensMax: contextTokens * 2,
    sequencesMax: 2,
    batchTokensMax: 128,
    threads: 1,
  })
  const ended = new Map<number, () => void>()
  const sink: AnswerSink = {
    token: (id, _token, _piece, logprob) => heard(id, logprob?.logprob),
    end: (id) => ended.get(id)?.(),
    fail: (id) => ended.get(id)?.(),
    flush: () => undefined,
  }
  const calibration = { threads: 1, stepMs: new Map([[1, widthMs[0] ?? 1]]), widthMs }
  const pace = new Pace({ calibration, setThreads: () => undefined, clock: systemClock })
  const clock = systemClock
  const loop = new DecodeLoop({ context, model, pace, clock, sink, parallel: 2, contextTokens })
  return {
    answer: (request: GenerateOptions) =>
      new Promise<void>((resolve) => {
        ended.set(request.id, resolve)
        const shape = { model, contextTokensMax: contextTokens, randomSeed: 1 }
        loop.generate(request, new Sampler(llama, request.sampling, shape))
      }),
    free: () => llama.contextFree(context.pointer),
  }
}

test('where two in a step are slow, two answers take turns, token by token', async () => {
  const order: number[] = []
  const heard = (id: number) => void order.push(id)
  const loop = await startLoop({ contextTokens: 256, widthMs: [1, 10], heard })
  const prompt = (id: number) => model.tokenize(`<|user|>Story ${id}<|end|><|assistant|>`, true)
  const answer = (id: number) =>
    loop.answer({ id, tokens: prompt(id), tokensMax: 30, sampling: endless })
  await Promise.all([answer(1), answer(2)])
  loop.free()
  const both = order.slice(order.indexOf(2), order.indexOf(2) + 40)
  const repeated = both.filter((id, index) => index > 0 && both[index - 1] === id)
  expect(repeated).toEqual([])
})

test('a context that is full makes room without moving what another answer shares with it', async () => {
  const words = model.tokenize('The river runs to the sea. '.repeat(20), true)
  const common = words.slice(0, 100)
  const told = ' The ferry is late today, so everybody waits by the old stone bridge.'

  /** Log probabilities of a text that is forced, beside an answer that fills a context of that size. */
  const beside = async (contextTokens: number) => {
    const logprobs: number[] = []
    let made = 0
    let second: Promise<void> | undefined
    const loop = await startLoop({
      contextTokens,
      widthMs: [1, 1],
      heard(id, logprob) {
        if (id === 2) logprobs.push(logprob ?? Number.NaN)
        else if (++made === 22) {
          const sampling = { ...greedy, grammar: `root ::= ${JSON.stringify(told)}` }
          const tokens = [...common, ...model.tokenize('Now', false)]
          second = loop.answer({ id: 2, tokens, tokensMax: 20, sampling, topLogprobs: 0 })
        }
      },
    })
    const shift = { numKeep: 4 }
    await loop.answer({ id: 1, tokens: common, tokensMax: 60, sampling: endless, shift })
    await second
    loop.free()
    return logprobs
  }
  const undisturbed = await beside(256)
  const shifted = await beside(128)
  expect(undisturbed.length).toBeGreaterThan(10)
  expect(shifted.length).toBe(undisturbed.length)
  const worst = Math.max(...shifted.map((one, index) => Math.abs(one - (undisturbed[index] ?? 0))))
  expect(worst).toBeLessThan(0.5) // rounding of other batches; moved cells make it several
})
