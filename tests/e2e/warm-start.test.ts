import { afterAll, beforeAll, expect, test } from 'vitest'
import { n24 } from '../support/n24.ts'
import { runToEnd } from '../support/node-process.ts'
import { type Clone, coldTimeoutMs, makeClone, startClone } from './clone-tree.ts'

/** What a start of an installed clone may take: 3 s where a bare Node starts in 40 ms, on other machines as much of theirs. */
const bareStartsMax = 75

/** One of so many starts must be that fast, because other programs may have the machine during some. */
const warmStartsMax = 5

let clone: Clone
beforeAll(async () => {
  clone = await makeClone({ packages: true })
  await (await start()).stop()
}, coldTimeoutMs)
afterAll(() => clone.remove())

const start = () => startClone(clone, clone.inside('.cache', 'data'))

test(`an installed clone is ready within ${bareStartsMax} starts of a bare Node`, async () => {
  const durationsMs: number[] = []
  const bareMs: number[] = []
  const ratio = () => Math.min(...durationsMs) / Math.min(...bareMs)
  while (!(ratio() < bareStartsMax) && durationsMs.length < warmStartsMax) {
    bareMs.push((await runToEnd({ command: n24, args: ['-e', ''], cwd: clone.path })).durationMs)
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
  expect(ratio()).toBeLessThan(bareStartsMax)
})
