import { statSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { StateStore } from '../../../src/state/index.ts'
import { type StateLimits, stateLimits } from '../../../src/state/limits.ts'
import { ManualClock } from '../../../src/sys/clock.ts'
import { put, remove } from '../../contract/state-store/calls.ts'
import { openStore } from '../../contract/state-store/ground.ts'
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'

let directory: TemporaryDirectory
let store: StateStore
beforeEach(async () => {
  directory = await makeTemporaryDirectory()
})
afterEach(async () => {
  await store.close()
  await directory.remove()
})

async function open(limits: Partial<StateLimits>, clock?: ManualClock): Promise<void> {
  const options = { limits: { ...stateLimits, ...limits }, ...(clock && { clock }) }
  store = await openStore(directory.inside('cluster.db'), options)
}

test('keys beyond the bound are refused; what is there may be changed and deleted', async () => {
  await open({ keysMax: 2 })
  await put(store, 'a', '1')
  await put(store, 'b', '1')
  await expect(put(store, 'c', '1')).rejects.toMatchObject({ code: 'OD_STATE_FULL' })
  await put(store, 'a', '2')
  const writes = [{ delete: 'b' }, { put: 'c', value: '1' }]
  expect(await store.transact({ conditions: [], writes })).toMatchObject({ outcome: 'committed' })
  await remove(store, 'a')
  await put(store, 'd', '1')
})

test('bytes beyond the bound are refused; less is always possible', async () => {
  await open({ liveBytesMax: 1_000 })
  await put(store, 'a', 'x'.repeat(900))
  await expect(put(store, 'b', 'x'.repeat(100))).rejects.toMatchObject({ code: 'OD_STATE_FULL' })
  await put(store, 'a', 'x'.repeat(800))
  await put(store, 'b', 'x'.repeat(100))
})

test('leases beyond the bound are refused, until one ends', async () => {
  await open({ leasesMax: 1 })
  const { id } = await store.grantLease(5_000)
  await expect(store.grantLease(5_000)).rejects.toMatchObject({ code: 'OD_STATE_LEASES' })
  await store.revokeLease(id)
  await store.grantLease(5_000)
})

test('calls that cannot even wait are refused, and those that wait are answered', async () => {
  await open({ callsWaitingMax: 5 })
  const calls = await Promise.allSettled(
    Array.from({ length: 12 }, (_, i) => put(store, 'a', `${i}`)),
  )
  const refused = calls.filter((one) => one.status === 'rejected')
  expect(refused.length).toBeGreaterThan(0)
  for (const { reason } of refused) expect(reason).toMatchObject({ code: 'OD_STATE_BUSY' })
  expect((await store.get('a')).at.revision).toBe(12 - refused.length)
})

test('a large value that is written again and again does not fill the disk', async () => {
  await open({ historyBytesMax: 1024 * 1024 })
  for (let i = 0; i < 150; i++) await put(store, 'a', `${i}${'x'.repeat(200_000)}`)
  await store.close()
  expect(statSync(directory.inside('cluster.db')).size).toBeLessThan(8 * 1024 * 1024) // of 30 MB
})

test('leases end by the monotonic clock of the store alone, each in its time', async () => {
  const clock = new ManualClock()
  await open({}, clock)
  const attach = async (key: string, ttlMs: number) => {
    const { id } = await store.grantLease(ttlMs)
    await store.transact({ conditions: [], writes: [{ put: key, value: '', lease: id }] })
    return id
  }
  const kept = await attach('kept', 10_000)
  await attach('short', 10_000)
  await attach('long', 15_000)
  const there = async () => {
    const { entries } = await store.range({ prefix: '' })
    return entries.map(({ key }) => key).join()
  }
  clock.advance(9_999)
  expect(await there()).toBe('kept,long,short')
  await store.keepAlive(kept)
  clock.advance(1)
  await until('the end of one', async () => (await there()) === 'kept,long')
  clock.advance(9_000)
  await until('the end of another', async () => (await there()) === 'kept')
})

test('a call that is not answered in time is unknown if it was begun', async () => {
  const clock = new ManualClock()
  await open({}, clock)
  const begun = store.transact({ conditions: [], writes: [{ put: 'a', value: '1' }] })
  await Promise.resolve() // it is handed to the thread
  await Promise.resolve()
  await Promise.resolve()
  const waiting = store.transact({ conditions: [], writes: [{ put: 'b', value: '1' }] })
  clock.advance(stateLimits.callMs)
  expect(await begun).toMatchObject({ outcome: 'unknown' })
  await expect(waiting).rejects.toMatchObject({ code: 'OD_STATE_UNAVAILABLE' })
  const { entries } = await store.range({ prefix: '' })
  expect(entries.map(({ key }) => key)).toEqual(['a']) // it did happen, and the other one never does
})
