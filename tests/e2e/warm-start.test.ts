import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Clone, coldTimeoutMs, makeClone, startClone } from './clone-tree.ts'

/** What a start of an installed clone may take. */
const warmMsMax = 3_000

/** One of so many starts must be that fast, because other programs may have the machine during some. */
const warmStartsMax = 5

let clone: Clone
beforeAll(async () => {
  clone = await makeClone({ packages: true })
  await (await start()).stop()
}, coldTimeoutMs)
afterAll(() => clone.remove())

const start = () => startClone(clone, clone.inside('.cache', 'data'))

test(`an installed clone is ready within ${warmMsMax / 1000} s`, async () => {
  const durationsMs: number[] = []
  while (!durationsMs.some((one) => one < warmMsMax) && durationsMs.length < warmStartsMax) {
    const startedMs = performance.now()
    const node = await start()
    durationsMs.push(performance.now() - startedMs)
    try {
      await node.saw(/^ok install {2}nothing to do .*\nok build {4}nothing to do /m)
      await node.stop()
      await node.assertNothingLeft()
    } finally {
      await node[Symbol.asyncDispose]()
    }
  }
  console.log(`npm start, warm: ${durationsMs.map((one) => (one / 1000).toFixed(1)).join(', ')} s`)
  expect(Math.min(...durationsMs)).toBeLessThan(warmMsMax)
})
