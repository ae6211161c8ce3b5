import { expect, test } from 'vitest'
import type { EngineView } from '../../core/engine.ts'
import { ManualClock } from '../../sys/clock.ts'
import { startAdvertWatch } from './advert-watch.ts'
import { limits } from './limits.ts'

const listing = { name: 'a:latest', digest: 'd', modified_at: '', expires_at: '' }
const idle: EngineView = {
  id: 'one',
  kind: 'adopted',
  url: 'http://127.0.0.1:1',
  managed: false,
  state: 'running',
  sinceMs: 0,
  reason: '',
  models: [listing],
  loaded: [],
  activeRequests: 0,
}

function setUp() {
  const clock = new ManualClock()
  let engines: readonly EngineView[] = [idle]
  let told = 0
  let looks = 0
  const list = () => {
    looks++
    return engines
  }
  const watch = startAdvertWatch(
    { list },
    () => {
      told++
    },
    clock,
  )
  const set = (change: Partial<EngineView>) => {
    engines = engines.map((one) => ({ ...one, ...change }))
  }
  return {
    clock,
    set,
    tell: (change: Partial<EngineView>) => {
      set(change)
      watch.look()
    },
    work: (activeRequests: number) => {
      set({ activeRequests })
      watch.worked()
    },
    told: () => told,
    looks: () => looks,
    watch,
  }
}

test.each<[string, Partial<EngineView>]>([
  ['a state', { state: 'unhealthy' }],
  ['models', { models: [] }],
  ['what is loaded', { loaded: [listing] }],
])('%s that changes is told at once', (_, change) => {
  const { tell, told } = setUp()
  tell(change)
  expect(told()).toBe(1)
})

test('lists that come again and say the same are not told', () => {
  const { tell, told, clock } = setUp()
  tell({ models: [{ ...listing }], loaded: [] })
  clock.advance(10 * limits.loadMs)
  expect(told()).toBe(0)
})

test('load is told twice a second at most, however it changes', () => {
  const { work, told, clock } = setUp()
  for (let i = 1; i <= 40; i++) {
    work(i)
    clock.advance(50) // two seconds in all
  }
  expect(told()).toBeGreaterThanOrEqual(3)
  expect(told()).toBeLessThanOrEqual(4)
})

test('who waits at the door is told although nobody says that it changed, and the end of all work too', () => {
  const { set, work, told, clock } = setUp()
  work(1)
  clock.advance(limits.loadMs)
  expect(told()).toBe(1)
  set({ queuedRequests: 7 })
  clock.advance(limits.loadMs)
  expect(told()).toBe(2)
  set({ activeRequests: 0, queuedRequests: 0 })
  clock.advance(limits.loadMs)
  expect(told()).toBe(3)
  clock.advance(10 * limits.loadMs)
  expect(told()).toBe(3)
})

test('a request has no list made: load is looked at when its time has come', () => {
  const { work, looks, clock } = setUp()
  const before = looks()
  for (let i = 1; i <= 1_000; i++) work(i % 2)
  expect(looks()).toBe(before)
  clock.advance(limits.loadMs)
  expect(looks()).toBe(before + 1)
})

test('a watch that was stopped tells nothing more', () => {
  const { tell, told, clock, watch } = setUp()
  tell({ activeRequests: 1 })
  watch.stop()
  clock.advance(10 * limits.loadMs)
  expect(told()).toBe(0)
})
