import { describe, expect, test } from 'vitest'
import type { EngineState, EngineView } from '../core/engine.ts'
import { canonicalName, parseModelName } from '../core/model-name.ts'
import { type Strategy, strategies } from '../core/strategy.ts'
import { History } from './history.ts'
import { type Learnt, rankEngines } from './rank.ts'

const stamp = '2026-01-01T00:00:00Z'

interface Has {
  readonly models?: readonly string[]
  readonly loaded?: readonly string[]
  readonly state?: EngineState
  readonly active?: number
  readonly queued?: number
  readonly slots?: number
}

function engine(id: string, has: Has = {}): EngineView {
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
    activeRequests: has.active ?? 0,
    queuedRequests: has.queued ?? 0,
    slots: has.slots ?? 1,
  }
}

function rank(
  strategy: Strategy,
  text: string | undefined,
  engines: readonly EngineView[],
  { history = new History(), ejections = new Map() }: Partial<Learnt> = {},
) {
  const parsed = text === undefined ? undefined : parseModelName(text)
  const model = parsed === undefined ? undefined : canonicalName(parsed)
  return rankEngines(strategy, { model, engines }, { history, ejections }, 0)
}

const order = (strategy: Strategy, ...engines: EngineView[]) =>
  rank(strategy, 'pocket', engines).order

/** First choices of so many requests in a row, each of which takes its turn. */
function choices(strategy: Strategy, times: number, pool: (request: number) => EngineView[]) {
  const history = new History()
  return Array.from({ length: times }, (_, request) => {
    const engines = pool(request)
    const first = rank(strategy, 'pocket', engines, { history }).order[0] ?? ''
    history.tookTurn(
      first,
      engines.map(({ id }) => id),
    )
    return first
  })
}

const holding = (id: string, has: Has = {}) => engine(id, { models: ['pocket:latest'], ...has })
const loaded = (id: string, has: Has = {}) => holding(id, { loaded: ['pocket:latest'], ...has })

describe.each(strategies)('%s', (strategy) => {
  test('goes to engines that have the model before those that may not', () => {
    expect(order(strategy, engine('unknowing'), holding('holding', { active: 9 }))).toEqual([
      'holding',
      'unknowing',
    ])
  })

  test.each(['starting', 'unhealthy', 'restarting', 'stopped', 'crash-loop'] as const)(
    'gives an engine that is %s nothing, even with the model loaded',
    (state) => {
      expect(order(strategy, loaded('out', { state }), engine('in'))).toEqual(['in'])
    },
  )

  test('lets equal ones take turns', () => {
    const pool = () => [loaded('a'), loaded('b'), loaded('c')]
    expect(choices(strategy, 6, pool)).toEqual(['a', 'b', 'c', 'a', 'b', 'c'])
  })

  test('puts an engine that failed of late behind the others that have the model, and no further', () => {
    const out = { type: 'ejected', untilMs: 1, times: 1, isTried: false } as const
    const ejections = new Map([['broken', out]])
    const engines = [engine('unknowing'), loaded('broken'), holding('busy', { active: 9 })]
    expect(rank(strategy, 'pocket', engines, { ejections }).order).toEqual([
      'busy',
      'broken',
      'unknowing',
    ])
  })

  test('without a model all usable ones are equal', () => {
    const { order: ids, reason } = rank(strategy, undefined, [engine('a'), loaded('b')])
    expect(ids).toEqual(['a', 'b'])
    expect(reason).toBe(`${strategy}: no model named`)
  })

  test('nothing usable is an empty order', () => {
    const reason = 'no engine is running'
    expect(rank(strategy, 'pocket', [])).toEqual({ order: [], alike: 0, reason })
  })
})

describe('S-063: round robin', () => {
  test('goes on in turn when engines come and go, and skips none', () => {
    const pools = ['abc', 'abc', 'bc', 'bcd', 'abcd', 'abcd', 'abcd', 'abcd', 'd', 'ad']
    const chosen = choices('round_robin', pools.length, (request) =>
      (pools[request] ?? '').split('').map((id) => loaded(id)),
    )
    // c has waited longest when a leaves; d and a are new when they come, so each goes first.
    expect(chosen).toEqual(['a', 'b', 'c', 'd', 'a', 'b', 'c', 'd', 'd', 'a'])
  })

  test('spreads two models that share an engine, instead of meeting the same one each time', () => {
    const both = [holding('a'), loaded('b', { models: ['pocket:latest', 'other:latest'] })]
    const history = new History()
    const chosen = ['pocket', 'other', 'pocket', 'other', 'pocket'].map((model) => {
      const first = rank('round_robin', model, both, { history }).order[0] ?? ''
      history.tookTurn(first, ['a', 'b'])
      return first
    })
    expect(chosen).toEqual(['a', 'b', 'a', 'b', 'a'])
  })

  test('looks neither at load nor at what is loaded', () => {
    expect(order('round_robin', holding('busy', { active: 5 }), loaded('idle'))[0]).toBe('busy')
  })
})

describe('S-064: least loaded', () => {
  test('the fewest requests for each slot, running and waiting', () => {
    const engines = [
      loaded('waiting', { active: 1, queued: 3 }),
      holding('wide', { active: 3, slots: 8 }),
      holding('one', { active: 1 }),
    ]
    expect(order('least_loaded', ...engines)).toEqual(['wide', 'one', 'waiting'])
  })
})

describe('S-065: model affinity', () => {
  test('loaded, then on disk, then the rest; other spellings are the same model', () => {
    const engines = [engine('unknowing'), holding('holding'), loaded('loaded', { active: 3 })]
    const { order: ids, reason } = rank('model_affinity', 'Library/POCKET:Latest', engines)
    expect(ids).toEqual(['loaded', 'holding', 'unknowing'])
    expect(reason).toBe('model_affinity: model loaded')
    expect(rank('model_affinity', 'pocket:other', engines).reason).toBe(
      'model_affinity: model not known here',
    )
  })

  test('overflows to another holder when more wait than two for each slot, and not before', () => {
    const favourite = (queued: number) => loaded('favourite', { active: 2, queued, slots: 2 })
    expect(order('model_affinity', favourite(4), holding('other'))[0]).toBe('favourite')
    expect(order('model_affinity', favourite(5), holding('other'))[0]).toBe('other')
    expect(order('model_affinity', favourite(5), engine('unknowing'))[0]).toBe('favourite')
  })

  test('the less busy of two that have it loaded', () => {
    expect(order('model_affinity', loaded('busy', { active: 1 }), loaded('idle'))[0]).toBe('idle')
  })
})
