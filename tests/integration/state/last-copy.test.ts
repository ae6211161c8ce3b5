import { statSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type LastCopy, type StateStore, startLastCopy } from '../../../src/state/index.ts'
import { stateLimits } from '../../../src/state/limits.ts'
import { ManualClock, systemClock } from '../../../src/sys/clock.ts'
import { silentLog } from '../../../src/sys/log.ts'
import { put, remove } from '../../contract/state-store/calls.ts'
import { openStore, type Served, serve, smallLimits } from '../../contract/state-store/ground.ts'
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'

const cleanUps: (() => Promise<void>)[] = []
let directory: TemporaryDirectory
let file = ''
beforeEach(async () => {
  directory = await makeTemporaryDirectory()
  file = directory.inside('last-copy.json')
})
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
  await directory.remove()
})

async function openAndServe(name = 'cluster.db'): Promise<Served & { store: StateStore }> {
  const store = await openStore(directory.inside(name), { limits: smallLimits })
  cleanUps.push(() => store.close())
  const served = await serve(store, { limits: smallLimits })
  cleanUps.push(() => served.stop())
  return { ...served, store }
}

async function follow(
  store: StateStore,
  options: { clock?: ManualClock; bytesMax?: number; events?: string[] } = {},
): Promise<LastCopy> {
  const { bytesMax: lastCopyBytesMax = stateLimits.lastCopyBytesMax, events = [] } = options
  const copy = await startLastCopy({
    store,
    prefix: '/',
    path: file,
    clock: options.clock ?? systemClock,
    log: { ...silentLog, error: (_, event) => events.push(event) },
    limits: { ...smallLimits, lastCopyWriteMs: 20, lastCopyBytesMax },
  })
  cleanUps.push(() => copy.close())
  return copy
}

const textOf = (copy: LastCopy, prefix = '/') =>
  copy
    .read(prefix)
    .entries.map(({ key, value }) => `${key}=${value}`)
    .join()

const reaches = (copy: LastCopy, text: string) =>
  until(`${text} in the copy`, () => textOf(copy) === text)

test('it follows the store, over broken connections too, and is young', async () => {
  const served = await openAndServe()
  const copy = await follow(served.connect())
  expect(copy.read('/')).toEqual({
    entries: [],
    at: undefined,
    ageMs: undefined,
    isStoreReplaced: false,
  })
  await put(served.store, '/b', '1')
  await put(served.store, '/a/x', '1')
  await reaches(copy, '/a/x=1,/b=1')
  served.cut()
  await remove(served.store, '/b')
  await put(served.store, '/a/y', '2')
  await reaches(copy, '/a/x=1,/a/y=2')
  expect(textOf(copy, '/a/y')).toBe('/a/y=2')
  const { at } = await served.store.get('/')
  await until('the newest moment', () => copy.read('/').at?.revision === at.revision)
  const age = copy.read('/').ageMs ?? Number.NaN
  await until('a younger one', () => (copy.read('/').ageMs ?? Number.NaN) < age + 50)
})

test('without the store a node that starts has what it had, and says how old that is', async () => {
  const served = await openAndServe()
  await put(served.store, '/a', '1')
  const before = await follow(served.connect())
  await reaches(before, '/a=1')
  await until('it to be confirmed', () => before.read('/').at?.revision === 1)
  await before.close()
  expect(statSync(file).mode & 0o077).toBe(0)
  await served.stop()

  const clock = new ManualClock() // its wall stands in early 2026: the file seems to be of the future
  const copy = await follow(served.connect(), { clock })
  expect(copy.read('/')).toMatchObject({ entries: [{ key: '/a' }], at: { revision: 1 }, ageMs: 0 })
  clock.advance(3_600_000)
  expect(copy.read('/')).toMatchObject({ ageMs: 3_600_000, isStoreReplaced: false })
})

test('what changed while it was away comes, also when the history of it is gone', async () => {
  const served = await openAndServe()
  await put(served.store, '/a', '1')
  await put(served.store, '/b', '1')
  const before = await follow(served.connect())
  await reaches(before, '/a=1,/b=1')
  await before.close()
  await remove(served.store, '/a')
  for (let i = 0; i < smallLimits.historyChangesMax * 1.5; i++)
    await put(served.store, '/b', `${i}`)
  await put(served.store, '/b', 'last')
  const copy = await follow(served.connect())
  expect(textOf(copy)).toBe('/a=1,/b=1')
  await reaches(copy, '/b=last')
})

test('a store that has lost everything is not followed until it is accepted', async () => {
  const served = await openAndServe()
  await put(served.store, '/a', '1')
  const before = await follow(served.connect())
  await reaches(before, '/a=1')
  await before.close()

  const wiped = await openAndServe('other.db')
  const events: string[] = []
  const copy = await follow(wiped.connect(), { events })
  await until('it to be noticed', () => copy.read('/').isStoreReplaced)
  await put(wiped.store, '/b', '2')
  await until('another look', async () => events.length > 0)
  expect(textOf(copy)).toBe('/a=1')
  expect(events).toEqual(['state.replaced'])
  copy.accept()
  await reaches(copy, '/b=2')
  expect(copy.read('/').isStoreReplaced).toBe(false)
})

test('a file that is damaged counts as none, and is written anew', async () => {
  const served = await openAndServe()
  await put(served.store, '/a', '1')
  for (const contents of ['', '{"form":1', '{"form":2}', '{"form":1,"entries":[{}]}']) {
    writeFileSync(file, contents)
    const events: string[] = []
    const copy = await follow(served.connect(), { events })
    await reaches(copy, '/a=1')
    await copy.close()
    expect(events).toEqual(['state.copy-unreadable'])
    const again = await follow(served.connect())
    expect(textOf(again)).toBe('/a=1')
    await again.close()
  }
})

test('a copy beyond the bound is kept in memory, and the log says so', async () => {
  const served = await openAndServe()
  await put(served.store, '/a', '1')
  const events: string[] = []
  const copy = await follow(served.connect(), { bytesMax: 600, events })
  await reaches(copy, '/a=1')
  await until('the file', () => statSync(file).size > 0)
  await put(served.store, '/large', 'x'.repeat(1_000))
  await until('the log', () => events.includes('state.copy-too-large'))
  expect(textOf(copy, '/large')).toHaveLength(1_007)
  expect(statSync(file).size).toBeLessThan(600)
})
