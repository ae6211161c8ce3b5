import { describe, expect, test } from 'vitest'
import { seededRandom } from '../sys/random.ts'
import { type FailedTry, nextMove } from './failover.ts'

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
      'ends with a death',
      failed(['a', 'unreachable'], ['b', 'died'], ['c', 'unreachable']),
      'answer-died',
    ],
    [
      'ends with nothing',
      failed(['a', 'unreachable'], ['b', 'unreachable'], ['c', 'unreachable']),
      'answer-none',
    ],
    [
      'prefers an answer',
      failed(['a', 'missing'], ['b', 'erred'], ['c', 'unreachable']),
      'answer-kept',
    ],
    [
      'tells of a death rather than that the others lack the model',
      failed(['a', 'died'], ['b', 'missing'], ['c', 'unreachable']),
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

  test('waits only while no engine was reached', () => {
    const waiting = { ...base, order: ['a'], mayWait: true }
    expect(nextMove({ ...waiting, order: [], tries: [] }).type).toBe('wait')
    expect(nextMove({ ...waiting, tries: failed(['a', 'unreachable']) }).type).toBe('wait')
    expect(nextMove({ ...waiting, tries: failed(['a', 'died']) }).type).toBe('answer-died')
    expect(nextMove({ ...waiting, tries: failed(['a', 'missing']) }).type).toBe('answer-kept')
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
      expect(tries.length).toBeLessThanOrEqual(3)
    }
  })
})
