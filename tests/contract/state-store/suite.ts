/** What every implementation of `StateStore` must do, whatever is behind it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { StateStore } from '../../../src/state/index.ts'
import { until } from '../../support/until.ts'
import { list, put, Reader, remove } from './calls.ts'
import { countTogether } from './counting.ts'
import { followThroughCuts } from './following.ts'
import type { Ground } from './ground.ts'
import { describeAgainstModel } from './model-property.ts'

export function describeStateStore(name: string, open: () => Promise<Ground>): void {
  describe(name, () => {
    let ground: Ground
    let store: StateStore
    let made = 0
    /** Each test has keys of its own. */
    let own = ''
    beforeAll(async () => {
      ground = await open()
    })
    afterAll(() => ground.stop())
    beforeEach(() => {
      store = ground.connect()
      own = `/test-${made++}/`
    })

    describe('reads and transactions', () => {
      test('an absent key has no entry, a put one has its revisions', async () => {
        const { entry, at } = await store.get(`${own}a`)
        expect(entry).toBeUndefined()
        const first = await put(store, `${own}a`, '1')
        expect(first).toEqual({ epoch: at.epoch, revision: at.revision + 1 })
        const second = await put(store, `${own}a`, '2')
        const expected = { created: first.revision, revision: second.revision, value: '2' }
        expect((await store.get(`${own}a`)).entry).toMatchObject(expected)
        await remove(store, `${own}a`)
        const third = await put(store, `${own}a`, '3')
        expect((await store.get(`${own}a`)).entry).toMatchObject({ created: third.revision })
      })

      test('a transaction happens as a whole at one revision, or not at all', async () => {
        const a = await put(store, `${own}a`, '1')
        const conditions = [
          { key: `${own}a`, revision: a.revision },
          { key: `${own}a`, value: '1' },
          { key: `${own}b`, is: 'absent' as const },
        ]
        const writes = [
          { put: `${own}a`, value: '2' },
          { put: `${own}b`, value: '2' },
        ]
        const done = await store.transact({ conditions, writes })
        expect(done).toMatchObject({ outcome: 'committed', at: { revision: a.revision + 1 } })
        const { entries } = await list(store, own)
        expect(entries.map((entry) => entry.revision)).toEqual([a.revision + 1, a.revision + 1])
        for (const condition of conditions) {
          const again = await store.transact({ conditions: [condition], writes })
          expect(again).toMatchObject({ outcome: 'conflict', at: { revision: a.revision + 1 } })
        }
        expect(await list(store, own)).toMatchObject({ entries, at: { revision: a.revision + 1 } })
      })

      test('deleting what is absent is no change', async () => {
        const { at } = await store.get(`${own}a`)
        expect(await remove(store, `${own}a`)).toEqual(at)
      })

      test('pages are in order and show one moment', async () => {
        const keys = Array.from({ length: 17 }, (_, i) => `${own}${String(i).padStart(2, '0')}`)
        for (const key of keys.toReversed()) await put(store, key, 'old')
        await put(store, `${own.slice(0, -1)}0`, 'of another prefix')
        let page = await store.range({ prefix: own, limit: 4 })
        const { at } = page
        const seen = [...page.entries]
        while (page.next) {
          await put(store, keys.at(-1) ?? '', 'new')
          await remove(store, keys.at(-2) ?? '')
          page = await store.range({ prefix: own, limit: 4, page: page.next })
          expect(page.at).toEqual(at)
          seen.push(...page.entries)
        }
        expect(seen.map(({ key }) => key)).toEqual(keys)
        expect(seen.every(({ value }) => value === 'old')).toBe(true)
      })
    })

    describe('bounds', () => {
      test('are refused by name, and nothing is changed', async () => {
        const { limits } = ground
        const { at } = await store.get(own)
        const write = (key: string, value: string) =>
          store.transact({ conditions: [], writes: [{ put: key, value }] })
        const refused = (call: Promise<unknown>, code: string) =>
          expect(call).rejects.toMatchObject({ code })
        await refused(write('k'.repeat(limits.keyCharactersMax + 1), ''), 'OD_STATE_KEY')
        for (const key of ['', 'a b', 'ä', 'a\n']) await refused(write(key, ''), 'OD_STATE_KEY')
        await refused(write(own, 'x'.repeat(limits.valueBytesMax + 1)), 'OD_STATE_VALUE')
        await refused(write(own, '\ud800'), 'OD_STATE_VALUE')
        const many = Array.from({ length: limits.transactionItemsMax + 1 }, (_, i) => ({
          put: `${own}${i}`,
          value: '',
        }))
        const large = Array.from({ length: 5 }, (_, i) => ({
          put: `${own}${i}`,
          value: 'x'.repeat(limits.valueBytesMax),
        }))
        const twice = [{ delete: own }, { put: own, value: '' }]
        for (const writes of [many, large, twice]) {
          await refused(store.transact({ conditions: [], writes }), 'OD_STATE_TRANSACTION')
        }
        await refused(store.grantLease(limits.leaseMsMin - 1), 'OD_STATE_LEASE_TIME')
        await refused(store.range({ prefix: own, limit: 0 }), 'OD_STATE_REQUEST')
        expect((await store.get(own)).at).toEqual(at)
      })

      test('the largest of all comes back as it was', async () => {
        const { limits } = ground
        const value = '\u0001"\\é𝄞'.repeat(limits.valueBytesMax / 9) // nine bytes each
        const key = own.padEnd(limits.keyCharactersMax, '~')
        await put(store, key, value)
        expect((await list(store, own)).entries).toMatchObject([{ key, value }])
      })
    })

    describe('watches', () => {
      test('give every change after a position once, in order, with what is to come', async () => {
        const { at } = await store.get(own)
        await put(store, `${own}a`, '1')
        await put(store, `/elsewhere${own}a`, '1')
        await remove(store, `${own}a`)
        await using reader = new Reader(store, own, at)
        expect((await reader.changes()).texts).toEqual([`put ${own}a=1`])
        expect((await reader.changes()).texts).toEqual([`delete ${own}a`])
        const writes = ['b', 'c'].map((key) => ({ put: own + key, value: '2' }))
        await store.transact({ conditions: [], writes })
        expect((await reader.changes()).texts).toEqual([`put ${own}b=2`, `put ${own}c=2`])
      })

      test('tell again and again up to where there is nothing more', async () => {
        await put(store, `${own}a`, '1')
        const { at } = await store.get(own)
        await using reader = new Reader(store, own, at)
        expect(await reader.next()).toEqual({ type: 'progress', at })
        expect(await reader.next()).toEqual({ type: 'progress', at })
        const elsewhere = await put(store, `/elsewhere${own}`, '1')
        await until('progress past a change elsewhere', async () => {
          const item = await reader.next()
          return item?.type === 'progress' && item.at.revision === elsewhere.revision
        })
      })

      test('that begin before the history get a reset, and one that waits is never overtaken', async () => {
        const { at } = await store.get(own)
        await using waiting = new Reader(store, own, at)
        await waiting.next()
        const pending = waiting.changes()
        await fillHistory(store, ground)
        await until('a reset', async () => {
          await fillHistory(store, ground)
          await using late = new Reader(store, own, at)
          const item = await late.next()
          return item?.type === 'reset' && item.reason === 'compacted'
        })
        const page = await store.range({ prefix: '/', limit: 1 })
        const mark = { after: '/a', at }
        const old = store.range({ prefix: '/', page: mark })
        await expect(old).rejects.toMatchObject({ code: 'OD_STATE_COMPACTED' })
        await put(store, `${own}a`, 'at last')
        expect((await pending).texts).toEqual([`put ${own}a=at last`])
        await using again = new Reader(store, own, page.at)
        expect((await again.changes()).texts).toEqual([`put ${own}a=at last`])
      })

      test('of another epoch, or of a future that this store does not know, get a reset', async () => {
        const { at } = await store.get(own)
        for (const after of [
          { epoch: 'another', revision: 0 },
          { ...at, revision: at.revision + 1_000_000 },
        ]) {
          await using reader = new Reader(store, own, after)
          expect(await reader.next()).toEqual({ type: 'reset', reason: 'replaced' })
          expect(await reader.next()).toBeUndefined()
        }
      })

      test('of a reader that takes nothing hold no writer up', async () => {
        const { at } = await store.get(own)
        await using slow = new Reader(store, own, at)
        await slow.next()
        for (let i = 0; i < ground.limits.historyChangesMax * 2; i++)
          await put(store, `${own}a`, `${i}`)
        await using fast = new Reader(store, own, (await store.get(own)).at)
        await put(store, `${own}a`, 'last')
        expect((await fast.changes()).texts).toEqual([`put ${own}a=last`])
        let item = await slow.next()
        let last = ''
        while (item !== undefined && item.type !== 'reset' && last !== `put ${own}a=last`) {
          if (item.type === 'changes') [last = ''] = [item.changes.map(textOf).at(-1)]
          item = await slow.next()
        }
        // It may have been read ahead by some, but what it gets has no hole that it is not told of.
        expect(item?.type === 'reset' || last === `put ${own}a=last`).toBe(true)
      })

      test('go on over broken connections: nothing twice, nothing missed', async () => {
        await followThroughCuts(ground, own)
      })
    })

    describe('leases', () => {
      test('that expire take their keys along, and watches see it', async () => {
        const { at } = await store.get(own)
        const { id, ttlMs } = await store.grantLease(ground.limits.leaseMsMin)
        expect(ttlMs).toBeGreaterThanOrEqual(ground.limits.leaseMsMin)
        const writes = ['a', 'b'].map((key) => ({ put: own + key, value: '', lease: id }))
        await store.transact({ conditions: [], writes: [...writes, { put: `${own}c`, value: '' }] })
        await put(store, `${own}b`, 'kept: put again without the lease')
        expect((await store.get(`${own}a`)).entry?.lease).toBe(id)
        await using reader = new Reader(store, own, at)
        await reader.changes()
        await reader.changes()
        expect((await reader.changes()).texts).toEqual([`delete ${own}a`])
        expect((await list(store, own)).entries.map(({ key }) => key)).toEqual([
          `${own}b`,
          `${own}c`,
        ])
        await expect(store.keepAlive(id)).rejects.toMatchObject({ code: 'OD_STATE_LEASE_GONE' })
        const late = store.transact({ conditions: [], writes })
        await expect(late).rejects.toMatchObject({ code: 'OD_STATE_LEASE_GONE' })
      })

      test('that are kept alive outlast others that are not', async () => {
        const kept = await store.grantLease(ground.limits.leaseMsMin)
        const writes = [{ put: `${own}kept`, value: '', lease: kept.id }]
        await store.transact({ conditions: [], writes })
        for (let i = 0; i < 2; i++) {
          const other = await store.grantLease(ground.limits.leaseMsMin)
          const key = `${own}other`
          await store.transact({
            conditions: [],
            writes: [{ put: key, value: '', lease: other.id }],
          })
          await until('the other to expire', async () => {
            await store.keepAlive(kept.id)
            return (await store.get(key)).entry === undefined
          })
        }
        expect((await store.get(`${own}kept`)).entry).toBeDefined()
        await store.revokeLease(kept.id)
        expect((await store.get(`${own}kept`)).entry).toBeUndefined()
        await store.revokeLease(kept.id) // twice is fine
      })

      test('survive a restart with their whole time, and then end', async () => {
        const { id } = await store.grantLease(ground.limits.leaseMsMin)
        await store.transact({ conditions: [], writes: [{ put: `${own}a`, value: '', lease: id }] })
        await ground.restart()
        store = ground.connect()
        await store.keepAlive(id)
        await until('its end', async () => (await store.get(`${own}a`)).entry === undefined)
      })
    })

    test('a counter that many raise by compare and set misses nothing', async () => {
      await countTogether(ground, `${own}counter`)
    })

    test('a restart keeps everything, and the epoch', async () => {
      const at = await put(store, `${own}a`, '1')
      const before = await list(store, '')
      await ground.restart()
      store = ground.connect()
      expect(await list(store, '')).toEqual(before)
      expect(await put(store, `${own}a`, '2')).toEqual({ ...at, revision: at.revision + 1 })
    })

    test('a store that is closed says so', async () => {
      await store.close()
      await store.close()
      await expect(store.get('a')).rejects.toMatchObject({ code: 'OD_STATE_UNAVAILABLE' })
      await ground.restart()
    })

    describeAgainstModel(() => ground)
  })
}

/** More changes than the history keeps. */
async function fillHistory(store: StateStore, { limits }: Ground): Promise<void> {
  for (let i = 0; i < limits.historyChangesMax * 1.2; i++) await put(store, '/filler', `${i}`)
}

function textOf(change: { type: string; entry?: { key: string; value: string } }): string {
  return change.entry ? `put ${change.entry.key}=${change.entry.value}` : 'delete'
}
