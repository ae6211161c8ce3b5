import { describe, expect, test } from 'vitest'
import type { EngineView } from '../core/engine.ts'
import { strategies } from '../core/strategy.ts'
import { ManualClock } from '../sys/clock.ts'
import { startRouter } from './index.ts'

/**
 * Clients in a closed loop: each sends its next request when the last is answered. An engine answers each request in its
 * own fixed time, whatever else it does. Returns how many requests each engine got.
 */
function closedLoop(options: {
  serviceMs: Readonly<Record<string, number>>
  clients: number
  requests: number
}) {
  const clock = new ManualClock()
  const router = startRouter(clock, 'least_loaded')
  const active: Record<string, number> = {}
  const got: Record<string, number> = {}
  let left = options.requests
  const views = () => Object.keys(options.serviceMs).map((id) => view(id, active[id] ?? 0))
  const ask = () => {
    if (left-- <= 0) return
    const question = { model: 'm', engines: views() }
    const [id = ''] = router.rank(question).order
    router.tried(id, question)
    active[id] = (active[id] ?? 0) + 1
    got[id] = (got[id] ?? 0) + 1
    const durationMs = options.serviceMs[id] ?? 0
    clock.after(durationMs, () => {
      active[id] = (active[id] ?? 0) - 1
      router.ended(id, 'm', 'answered', durationMs)
      ask()
    })
  }
  for (let client = 0; client < options.clients; client++) ask()
  clock.advance(options.requests * 10_000)
  return got
}

function view(id: string, activeRequests: number): EngineView {
  const names = ['m'].map((name) => ({ name, digest: 'd', modified_at: '', expires_at: '' }))
  return {
    id,
    kind: 'adopted',
    url: `http://127.0.0.1:1/${id}`,
    managed: false,
    state: 'running',
    sinceMs: 0,
    reason: 'answers',
    models: names,
    loaded: [],
    activeRequests,
    slots: 4,
  }
}

describe('least loaded in a closed loop', () => {
  test.each([1, 2, 4, 12, 40])(
    'S-064: of %i clients an engine ten times slower gets under 15 percent',
    (clients) => {
      const serviceMs = { fast: 100, slow: 1_000, quick: 100 }
      const { fast = 0, slow = 0, quick = 0 } = closedLoop({ serviceMs, clients, requests: 1_000 })
      expect(fast + slow + quick).toBe(1_000)
      expect(slow).toBeGreaterThan(0)
      expect(slow).toBeLessThan(150)
      expect(Math.abs(fast - quick)).toBeLessThanOrEqual(0.1 * (fast + quick))
    },
  )

  test('equal engines get the same, although their times differ a little', () => {
    const serviceMs = { a: 100, b: 130, c: 110 }
    const { a = 0, b = 0, c = 0 } = closedLoop({ serviceMs, clients: 1, requests: 300 })
    expect([a, b, c]).toEqual([100, 100, 100])
  })

  test('an engine that was slow is tried again after a minute', () => {
    const clock = new ManualClock()
    const router = startRouter(clock, 'least_loaded')
    const question = { model: 'm', engines: [view('slow', 0), view('fast', 1)] }
    for (let i = 0; i < 3; i++) {
      router.ended('slow', 'm', 'answered', 10_000)
      router.ended('fast', 'm', 'answered', 100)
    }
    expect(router.rank(question).order[0]).toBe('fast')
    clock.advance(60_001)
    expect(router.rank(question).order[0]).toBe('slow')
  })
})

describe('S-066: the strategy', () => {
  test.each(strategies)('can be %s from one request to the next', (name) => {
    const router = startRouter(new ManualClock(), 'round_robin')
    router.use(name)
    const question = { model: 'm', engines: [view('a', 0)] }
    expect(router.rank(question).reason).toContain(name)
  })

  test('a name that is none is refused with those that are', () => {
    const router = startRouter(new ManualClock(), 'round_robin')
    expect(() => router.use('random')).toThrow(
      'no strategy is called "random"; there are round_robin, least_loaded, model_affinity',
    )
    expect(router.rank({ model: 'm', engines: [view('a', 0)] }).reason).toContain('round_robin')
  })
})
