/** As `tests/sim/store.test.ts`, with other seeds and ten times as many. */
import { expect, test } from 'vitest'
import { runTrials } from '../sim/store/trials.ts'

test('P-12 (part: 1,000 interleavings on one node): no blob goes that is needed, and none stays that is not', async () => {
  const { problems, figures } = await runTrials(1_000, 1_000)
  console.log(figures)
  expect(problems).toEqual([])
})
