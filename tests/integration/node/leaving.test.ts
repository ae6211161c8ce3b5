import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeRandomModel } from '../../../tools/random-gguf/random-model.ts'
import { createModel } from '../../support/create-model.ts'
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'
import { linesOf, type RunningNode, startRunningNode } from './running-node.ts'

const times = 50
const idleMsMax = 100

let directory: TemporaryDirectory
let node: RunningNode

beforeAll(async () => {
  directory = await makeTemporaryDirectory()
  const weights = directory.inside('random.gguf')
  writeRandomModel(weights, { layers: 12, width: 768, contextTokens: 2048 })
  await createModel(directory.inside('models'), 'slow', weights)
  node = await startRunningNode({ dataDir: directory.path })
  await node.post('/api/generate', { model: 'slow' })
})
afterAll(async () => {
  await node.stop()
  await directory.remove()
})

/** A thousand tokens that no two rounds have in common from the start, so that nothing is reused. */
function prompt(round: number): string {
  return `${round} ${'river stone '.repeat(500)}`
}

/** Milliseconds from the client's leaving until the runner itself counts nobody. */
async function idleAfterMs(leave: () => void): Promise<number> {
  const leftMs = performance.now()
  leave()
  await until('the runner is idle', async () => (await node.runner()).active === 0, { everyMs: 1 })
  return performance.now() - leftMs
}

describe(`a client that leaves, ${times} times`, () => {
  test('in a 1,000-token prompt: the runner is idle again within 100 ms', async () => {
    const before = await node.runner()
    const spent: number[] = []
    for (let round = 0; round < times; round++) {
      const client = new AbortController()
      const request = node.post(
        '/api/generate',
        { model: 'slow', prompt: prompt(round) },
        client.signal,
      )
      const ended = request.then(
        () => 'answered',
        () => 'left',
      )
      await until('the prompt is being read', async () => (await node.runner()).active === 1, {
        everyMs: 1,
      })
      spent.push(await idleAfterMs(() => client.abort()))
      expect(await ended).toBe('left')
    }
    const after = await node.runner()
    expect(after.cancelled - before.cancelled).toBe(times)
    expect(after.tokensMade).toBe(before.tokensMade)
    expect(report('in the prompt', spent)).toBeLessThan(idleMsMax)
  })

  test('in an answer: the runner is idle again within 100 ms', async () => {
    const spent: number[] = []
    for (let round = 0; round < times; round++) {
      const client = new AbortController()
      const body = { model: 'slow', prompt: `${round} Hello!`, options: { num_predict: 400 } }
      const response = await node.post('/api/generate', body, client.signal)
      const lines = linesOf(response)
      await lines.next()
      spent.push(await idleAfterMs(() => client.abort()))
    }
    expect(report('in the answer', spent)).toBeLessThan(idleMsMax)
    expect((await node.runners()).map(({ active }) => active)).toEqual([0])
  })
})

test('S-034: the first line of a stream reaches the client before the second token is made', async () => {
  const counts: number[] = []
  for (let round = 0; round < 5; round++) {
    const body = { model: 'slow', prompt: `${round} Hello!`, options: { num_predict: 3 } }
    const lines = linesOf(await node.post('/api/generate', body))
    const before = (await node.runner()).tokensMade
    await lines.next()
    counts.push((await node.runner()).tokensMade - before)
    for await (const _line of lines) continue
  }
  expect(Math.min(...counts)).toBeLessThanOrEqual(1)
})

/** Prints the figures; returns the third worst, because a busy machine may stop a test for a while. */
function report(where: string, spent: readonly number[]): number {
  const sorted = spent.toSorted((a, b) => a - b)
  const p50 = sorted[Math.floor(sorted.length / 2)]?.toFixed(1)
  const worst = sorted.at(-1)?.toFixed(1)
  console.log(`left ${where}: idle after p50 ${p50} ms, worst ${worst} ms of ${spent.length}`)
  return sorted.at(-3) ?? Number.POSITIVE_INFINITY
}
