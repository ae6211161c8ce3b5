/** Many clients raise one counter, each by reading it and writing what follows under the condition that it is unchanged. */
import { expect } from 'vitest'
import type { StateStore } from '../../../src/state/index.ts'
import { until } from '../../support/until.ts'
import type { Ground } from './ground.ts'

const clients = 12
const raisesEach = 25

/**
 * The counter ends at the number of acknowledged raises, and at most those more whose outcome is not known. Connections are
 * cut meanwhile, so that some are.
 */
export async function countTogether(ground: Ground, key: string): Promise<void> {
  const first = ground.connect()
  await first.transact({ conditions: [], writes: [{ put: key, value: '0' }] })
  const tally = { committed: 0, conflict: 0, unknown: 0 }
  const raise = async (store: StateStore): Promise<void> => {
    for (let done = 0; done < raisesEach; ) {
      const outcome = await raiseOnce(store, key)
      if (outcome === undefined) continue // the read was cut, or the write certainly did not leave
      tally[outcome]++
      if (outcome !== 'conflict') done++
      if (done % 10 === 5 && outcome === 'committed') ground.cut()
      if (done % 4 === 2) ground.loseAnswer()
    }
  }
  await Promise.all(Array.from({ length: clients }, () => raise(ground.connect())))
  const { entry } = await until('the last read', () => ground.connect().get(key))
  const final = Number(entry?.value)
  console.log(`counter: ${JSON.stringify({ ...tally, final })}`)
  expect(tally.committed + tally.unknown).toBe(clients * raisesEach)
  expect(tally.committed).toBeGreaterThan(0)
  expect(final).toBeGreaterThanOrEqual(tally.committed)
  expect(final).toBeLessThanOrEqual(tally.committed + tally.unknown)
}

async function raiseOnce(store: StateStore, key: string) {
  try {
    const { entry } = await store.get(key)
    if (entry === undefined) throw new Error('the counter is gone')
    const { outcome } = await store.transact({
      conditions: [{ key, revision: entry.revision }],
      writes: [{ put: key, value: String(Number(entry.value) + 1) }],
    })
    return outcome
  } catch (error) {
    if ((error as { code?: string }).code !== 'OD_STATE_UNAVAILABLE') throw error
    return undefined
  }
}
