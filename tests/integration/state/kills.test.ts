import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { type Random, seededRandom } from '../../../src/sys/random.ts'
import { openStore } from '../../contract/state-store/ground.ts'
import { n24 } from '../../support/n24.ts'
import { passOn } from '../../support/pass-on.ts'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'
import { within } from '../../support/until.ts'
import { acknowledgedIn, faultsOf } from './written.ts'

const kills = 24
const script = fileURLToPath(new URL('./writing-process.ts', import.meta.url))

/** Runs the writing process and kills it at a random moment after a random line; gives what it had said. */
async function writeAndKill(path: string, round: number, random: Random): Promise<string> {
  const child = spawn(n24, [script, path, String(round)], { stdio: ['ignore', 'pipe', 'pipe'] })
  passOn(child.stderr)
  const closed = once(child, 'close')
  const lines = 1 + Math.floor(random.number() * 250)
  let [output, isDue] = ['', false]
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    output += part
    if (isDue || output.split('\n').length <= lines) return
    isDue = true
    const spins = Math.floor(random.number() * 200_000) // into the middle of whatever it does next
    for (let i = 0; i < spins; i++) random.number()
    child.kill('SIGKILL')
  })
  const [code, signal] = (await within('its death', closed, 30_000)) as [number, string]
  expect({ code, signal }).toEqual({ code: null, signal: 'SIGKILL' })
  return output
}

test(`a store killed ${kills} times has every acknowledged write, none by half`, async () => {
  const directory = await makeTemporaryDirectory()
  const seed = Math.floor(Math.random() * 2 ** 32)
  const random = seededRandom(seed)
  let told = 0
  let epoch: string | undefined
  try {
    for (let round = 0; round < kills; round++) {
      const path = directory.inside('cluster.db')
      const output = await writeAndKill(path, round, random)
      told += output.split('\n').length - 1
      const store = await openStore(path)
      try {
        const at = (await store.get('/')).at
        expect(at.epoch).toBe(epoch ?? at.epoch)
        epoch = at.epoch
        expect(await faultsOf(store, round, output)).toEqual([])
      } finally {
        await store.close()
      }
    }
    console.log(`kills: ${kills}, ${told} transactions acknowledged, seed ${seed}`)
    expect(told).toBeGreaterThan(kills * 10)
  } finally {
    await directory.remove()
  }
}, 240_000)

test('the check notices a lost write, a half one and one from nowhere', async () => {
  const directory = await makeTemporaryDirectory()
  const store = await openStore(directory.inside('cluster.db'))
  try {
    expect(acknowledgedIn('0 3 7\n1 2 9\n0 4').counts.slice(0, 2)).toEqual([3, 2])
    const put = (value: string, ...keys: string[]) =>
      store.transact({
        conditions: [],
        writes: keys.map((key) => ({ put: `/0/${key}`, value })),
      })
    await put('5.3', 'a', 'b', 'c', 'added/5.3')
    expect(await faultsOf(store, 5, '0 3 1\n')).toEqual([])
    expect(await faultsOf(store, 5, '0 4 1\n')).toHaveLength(1)
    expect(await faultsOf(store, 5, '0 3 9\n')).toHaveLength(1)
    expect(await faultsOf(store, 5, '0 1 1\n')).toHaveLength(1)
    await put('5.4', 'a', 'b', 'added/5.4')
    expect((await faultsOf(store, 5, '0 3 1\n')).length).toBeGreaterThan(1)
  } finally {
    await store.close()
    await directory.remove()
  }
})
