/** Random operations on a store and on the model; both must agree after each. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StateStore } from '../../../src/state/index.ts'
import type { Transaction } from '../../../src/state/port.ts'
import { list, Reader } from './calls.ts'
import type { Ground } from './ground.ts'
import { StoreModel } from './model.ts'

const runs = 25

/** Keys stand for `<run>/key`, leases for the n-th that was granted. */
type Operation =
  | { readonly type: 'transact'; readonly guards: Guard[]; readonly changes: RandomWrite[] }
  | { readonly type: 'list'; readonly prefix: string; readonly limit: number }
  | { readonly type: 'grant' }
  | { readonly type: 'revoke'; readonly lease: number }
  | { readonly type: 'restart' }

/** `current`: one that holds, by value or revision; `stale`: one that does not. */
interface Guard {
  readonly key: string
  readonly kind: 'absent' | 'current value' | 'current revision' | 'stale'
}

interface RandomWrite {
  readonly key: string
  readonly value: string | undefined
  readonly lease: number | undefined
}

const key = fc.constantFrom('a', 'a/b', 'a0', 'b', 'b/c', 'b/c/d', 'z~', '!')
const kind = fc.constantFrom('absent', 'current value', 'current revision', 'stale')
const guard: fc.Arbitrary<Guard> = fc.record({
  key,
  kind,
})
const write: fc.Arbitrary<RandomWrite> = fc.record({
  key,
  value: fc.option(fc.string({ unit: 'grapheme' }).map(storable), { nil: undefined }),
  lease: fc.option(fc.nat(4), { nil: undefined, freq: 3 }),
})
const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      type: fc.constant('transact' as const),
      guards: fc.array(guard, { maxLength: 2 }),
      changes: fc.uniqueArray(write, { maxLength: 4, selector: (one) => one.key }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('list' as const),
      prefix: fc.constantFrom('', 'a', 'b/', 'z~', 'nothing'),
      limit: fc.integer({ min: 1, max: 5 }),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ type: 'grant' as const }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('revoke' as const), lease: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.constant({ type: 'restart' as const }) },
)

export function describeAgainstModel(ground: () => Ground): void {
  test('does what the model does, over random operations', async () => {
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 30 }), async (operations) => {
        await compare(ground(), operations, `/model-${run++}/`)
      }),
      { numRuns: runs },
    )
  })
}

async function compare(
  ground: Ground,
  operations: readonly Operation[],
  own: string,
): Promise<void> {
  let store = ground.connect()
  const { at } = await store.get(own)
  const model = new StoreModel(at.revision)
  const leases: string[] = []
  for (const one of operations) {
    if (one.type === 'restart') {
      await ground.restart()
      store = ground.connect()
    } else await perform(one, { store, model, leases, own })
    const { entries, at: now } = await list(store, own)
    expect(entries).toEqual(model.startingWith(''))
    expect(now.revision).toBe(model.revision)
  }
  await using reader = new Reader(store, own, at)
  for (const { revision, texts } of model.history) {
    expect(await reader.changes()).toMatchObject({ at: { revision }, texts })
  }
}

async function perform(
  one: Exclude<Operation, { type: 'restart' }>,
  parts: { store: StateStore; model: StoreModel; leases: string[]; own: string },
): Promise<void> {
  const { store, model, leases, own } = parts
  switch (one.type) {
    case 'grant': {
      const { id } = await store.grantLease(3_600_000)
      leases.push(id)
      model.leases.add(id)
      return
    }
    case 'revoke': {
      const id = leases[one.lease]
      if (id === undefined) return
      await store.revokeLease(id)
      model.revoke(id)
      return
    }
    case 'list': {
      const { entries } = await list(store, own + one.prefix, one.limit)
      expect(entries).toEqual(model.startingWith(own + one.prefix))
      return
    }
    case 'transact': {
      const transaction = transactionOf(one, parts)
      const expected = model.transact(transaction)
      const done = store.transact(transaction)
      if (expected === 'gone') {
        await expect(done).rejects.toMatchObject({ code: 'OD_STATE_LEASE_GONE' })
      } else {
        const { revision } = model
        expect(await done).toMatchObject({ outcome: expected, at: { revision } })
      }
    }
  }
}

function transactionOf(
  { guards, changes }: Extract<Operation, { type: 'transact' }>,
  { model, leases, own }: { model: StoreModel; leases: string[]; own: string },
): Transaction {
  const conditions = guards.map(({ key, kind }) => {
    const entry = model.entries.get(own + key)
    if (kind === 'absent' || entry === undefined) return { key: own + key, is: 'absent' as const }
    if (kind === 'current value') return { key: own + key, value: entry.value }
    return { key: own + key, revision: entry.revision - (kind === 'stale' ? 1 : 0) }
  })
  const writes = changes.map(({ key, value, lease: number }) => {
    if (value === undefined) return { delete: own + key }
    const lease = number === undefined ? undefined : leases[number]
    return { put: own + key, value, ...(lease === undefined ? {} : { lease }) }
  })
  return { conditions, writes }
}

/** The store refuses these, see the suite. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '')
}
