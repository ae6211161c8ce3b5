import { describe, expect, test } from 'vitest'
import { seededRandom } from '../sys/random.ts'
import { type FailedTry, nextMove, wasHeard } from './failover.ts'

const base = {
  order: ['a', 'b', 'c', 'd'],
  alike: 1,
  full: [],
  enginesMax: 3,
  mayWait: false,
  isHeldByAbsent: false,
}
const failed = (...tries: [string, FailedTry['result']][]) =>
  tries.map(([engine, result]) => ({ engine, result }))

describe('the next move', () => {
  test.each([
    ['starts with the best', [], 'try a'],
    ['goes on to the next', failed(['a', 'died']), 'try b'],
    [
      'goes on from those that saw nothing of it without counting them',
      failed(['a', 'unreachable'], ['b', 'died'], ['c', 'unreachable']),
      'try d',
    ],
    [
      'ends with a death when all were tried',
      failed(['a', 'unreachable'], ['b', 'died'], ['c', 'unreachable'], ['d', 'unreachable']),
      'answer-died',
    ],
    [
      'ends with the third that died',
      failed(['a', 'died'], ['b', 'died'], ['c', 'died']),
      'answer-died',
    ],
    [
      'ends with nothing',
      failed(...base.order.map((id) => [id, 'unreachable'] as [string, 'unreachable'])),
      'answer-none',
    ],
    [
      'prefers an answer',
      failed(['a', 'missing'], ['b', 'erred'], ['c', 'missing']),
      'answer-kept',
    ],
    [
      'tells of a death rather than that the others lack the model',
      failed(['a', 'died'], ['b', 'missing'], ['c', 'missing']),
      'answer-died',
    ],
    [
      'goes on from busy ones without counting them',
      failed(['a', 'busy'], ['b', 'busy'], ['c', 'busy']),
      'try d',
    ],
    [
      'says that one is busy rather than that the others lack the model',
      failed(['a', 'busy'], ['b', 'missing'], ['c', 'died'], ['d', 'unreachable']),
      'answer-busy',
    ],
  ])('%s', (_, tries, expected) => {
    const move = nextMove({ ...base, tries })
    expect(move.type === 'try' ? `try ${move.engine}` : move.type).toBe(expected)
  })

  test('skips an engine that was tried, wherever it stands now', () => {
    const tries = failed(['b', 'died'])
    expect(nextMove({ ...base, order: ['b', 'c'], tries })).toMatchObject({
      type: 'try',
      engine: 'c',
    })
  })

  test('looks for a free place among those that are alike, and waits at the best when all are full', () => {
    const alike = { ...base, alike: 3, tries: [] }
    const at = (engine: string, mayWait: boolean) => ({ type: 'try', engine, mayWait })
    expect(nextMove(alike)).toEqual(at('a', false))
    expect(nextMove({ ...alike, full: ['a', 'b'] })).toEqual(at('c', false))
    expect(nextMove({ ...alike, full: ['a', 'b', 'c'] })).toEqual(at('a', true))
    expect(nextMove({ ...alike, full: ['a', 'b'], enginesMax: 2 })).toEqual(at('a', true))
    expect(nextMove({ ...base, tries: [] })).toEqual(at('a', true))
    const isDead = failed(['a', 'died'])
    expect(nextMove({ ...alike, alike: 2, tries: isDead })).toEqual(at('b', true))
  })

  test('waits for one that may yet come, unless three were heard or all that is known is that the model is missing', () => {
    const waiting = { ...base, order: ['a', 'b', 'c'], mayWait: true }
    expect(nextMove({ ...waiting, order: [], tries: [] }).type).toBe('wait')
    const one = { ...waiting, order: ['a'] }
    expect(nextMove({ ...one, tries: failed(['a', 'unreachable']) }).type).toBe('wait')
    expect(nextMove({ ...one, tries: failed(['a', 'died']) }).type).toBe('wait')
    expect(nextMove({ ...one, tries: failed(['a', 'erred']) }).type).toBe('wait')
    expect(nextMove({ ...one, tries: failed(['a', 'missing']) }).type).toBe('answer-kept')
    expect(nextMove({ ...one, tries: failed(['a', 'busy'], ['b', 'died']) }).type).toBe(
      'answer-busy',
    )
    const three = failed(['a', 'died'], ['b', 'erred'], ['c', 'died'])
    expect(nextMove({ ...waiting, tries: three }).type).toBe('answer-kept')
  })
})

describe('a model that nobody in use has', () => {
  const missing = { ...base, order: ['a'], tries: failed(['a', 'missing']) }
  test.each([
    ['is missing', {}, 'answer-kept'],
    [
      'is waited for while an engine that has it comes back',
      { isHeldByAbsent: true, mayWait: true },
      'wait',
    ],
    [
      'is not called missing when that engine does not come',
      { isHeldByAbsent: true },
      'answer-none',
    ],
  ])('%s', (_, more, expected) => {
    expect(nextMove({ ...missing, ...more }).type).toBe(expected)
  })
})

describe('over seeded random failures', () => {
  test.each([...Array(50).keys()])('seed %i: it ends, and no engine is tried twice', (seed) => {
    const random = seededRandom(seed)
    const engines = Array.from({ length: Math.floor(random.number() * 6) }, (_, i) => `e${i}`)
    const results = ['unreachable', 'died', 'missing', 'erred'] as const
    const tries: FailedTry[] = []
    for (;;) {
      const order = engines.filter(() => random.number() < 0.8)
      const move = nextMove({ ...base, order, tries })
      if (move.type !== 'try') break
      expect(tries.map(({ engine }) => engine)).not.toContain(move.engine)
      const result = results[Math.floor(random.number() * results.length)] ?? 'died'
      tries.push({ engine: move.engine, result })
      expect(tries.filter(wasHeard).length).toBeLessThanOrEqual(3)
    }
  })
})
