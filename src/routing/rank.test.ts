import { describe, expect, test } from 'vitest'
import type { EngineState, EngineView } from '../core/engine.ts'
import { canonicalName, parseModelName } from '../core/model-name.ts'
import { rankEngines } from './index.ts'

const stamp = '2026-01-01T00:00:00Z'

function engine(
  id: string,
  has: { models?: string[]; loaded?: string[]; state?: EngineState } = {},
): EngineView {
  return {
    id,
    kind: 'adopted',
    url: `http://127.0.0.1:1/${id}`,
    managed: false,
    state: has.state ?? 'running',
    sinceMs: 0,
    reason: 'answers',
    models: (has.models ?? []).map((name) => ({ name, digest: 'd', modified_at: stamp })),
    loaded: (has.loaded ?? []).map((name) => ({ name, digest: 'd', expires_at: stamp })),
    activeRequests: 0,
  }
}

function rank(model: string | undefined, engines: EngineView[], turn = 0) {
  const parsed = model === undefined ? undefined : parseModelName(model)
  return rankEngines({
    model: parsed === undefined ? undefined : canonicalName(parsed),
    engines,
    turn,
  })
}

describe('the order of engines', () => {
  const unknowing = engine('unknowing')
  const holding = engine('holding', { models: ['pocket:latest'] })
  const loaded = engine('loaded', { models: ['pocket:latest'], loaded: ['pocket:latest'] })

  test('loaded comes before on disk, on disk before unknown', () => {
    const ranking = rank('pocket', [unknowing, holding, loaded])
    expect(ranking.order).toEqual(['loaded', 'holding', 'unknowing'])
    expect(ranking.reason).toBe('model loaded')
  })

  test('other spellings of the name are the same model', () => {
    expect(rank('Library/POCKET:Latest', [unknowing, holding]).order[0]).toBe('holding')
    expect(rank('pocket:other', [unknowing, holding]).reason).toBe('model not known here')
  })

  test.each(['starting', 'unhealthy', 'restarting', 'stopped', 'crash-loop'] as const)(
    'an engine that is %s gets nothing, even with the model loaded',
    (state) => {
      const out = engine('out', { loaded: ['pocket:latest'], state })
      expect(rank('pocket', [out, unknowing]).order).toEqual(['unknowing'])
    },
  )

  test('equal ones take turns, and each stays in its group', () => {
    const twins = [engine('a', { loaded: ['m:latest'] }), engine('b', { loaded: ['m:latest'] })]
    const orders = [0, 1, 2].map((turn) => rank('m', [unknowing, ...twins], turn).order)
    expect(orders).toEqual([
      ['a', 'b', 'unknowing'],
      ['b', 'a', 'unknowing'],
      ['a', 'b', 'unknowing'],
    ])
  })

  test('without a model all usable ones are equal', () => {
    expect(rank(undefined, [unknowing, loaded], 1)).toEqual({
      order: ['loaded', 'unknowing'],
      reason: 'no model named',
    })
  })

  test('nothing usable is an empty order', () => {
    expect(rank('pocket', [])).toEqual({ order: [], reason: 'no engine is running' })
  })
})
