import { expect, test } from 'vitest'
import { type ChangeResult, joinChanges } from './joined-changes.ts'

const answer = (status: number) => ({ status, headers: [], body: Buffer.from(`${status}`) })
const join = (...results: (number | 'unreached' | 'unknown')[]) =>
  joinChanges(
    results.map(
      (result, i): ChangeResult => ({
        engine: `e${i}`,
        result: typeof result === 'number' ? answer(result) : result,
      }),
    ),
  )

test.each<[Parameters<typeof join>, number, string[]]>([
  [[200, 200], 200, ['e0', 'e1']],
  [[404, 200], 200, ['e1']],
  [[404, 404], 404, ['e0']],
  [[400, 400], 400, ['e0']],
  [[404, 400], 400, ['e1']],
  [['unreached', 500], 500, ['e1']],
])('%j is answered with one of them', (results, status, engines) => {
  expect(join(...results)).toEqual({ type: 'answer', answer: answer(status), engines })
})

test('what some have done and others have not is told for each', () => {
  expect(join(200, 500, 'unreached', 404, 200, 'unknown')).toEqual({
    type: 'partly',
    done: 'e0, e4',
    failed: 'e1 (status 500), e2 (not reached), e5 (outcome unknown)',
  })
})

test('an unknown outcome is never passed off as a refusal', () => {
  expect(join(404, 'unknown', 400)).toEqual({ type: 'unknown', engine: 'e1' })
})

test('silence is silence, not "no such model"', () => {
  expect(join('unreached', 404)).toEqual({ type: 'unreached' })
  expect(join()).toEqual({ type: 'unreached' })
})
