import { expect, test } from 'vitest'
import { type Check, runChecks } from './check.ts'

/** Checks 1 to 4: 2 needs 1, 4 needs 2 and 3. */
function checksWith(
  failing: readonly number[],
  ran: number[] = [],
  needs: Readonly<Record<number, readonly number[]>> = { 2: [1], 4: [2, 3] },
): Check[] {
  return [1, 2, 3, 4].map((number) => ({
    number,
    name: `check ${number}`,
    needs: needs[number] ?? [],
    async run() {
      ran.push(number)
      return { isPassed: !failing.includes(number), text: 'seen', hint: 'do' }
    },
  }))
}

async function texts(failing: readonly number[]): Promise<string[]> {
  const outcomes = await runChecks(checksWith(failing), () => {})
  return outcomes.map(({ state, blockedBy }) => (blockedBy ? `by ${blockedBy}` : state))
}

test('a check whose ground is missing names the check at the bottom of it', async () => {
  expect(await texts([])).toEqual(['passed', 'passed', 'passed', 'passed'])
  expect(await texts([1])).toEqual(['failed', 'by 1', 'passed', 'by 1'])
  expect(await texts([3])).toEqual(['passed', 'passed', 'failed', 'by 3'])
  expect(await texts([1, 3])).toEqual(['failed', 'by 1', 'failed', 'by 1'])
  expect(await texts([4])).toEqual(['passed', 'passed', 'passed', 'failed'])
})

test('a check that needs a later one runs after it, and is told in its place', async () => {
  const ran: number[] = []
  const outcomes = await runChecks(checksWith([3], ran, { 2: [1, 3] }), () => {})
  expect(ran).toEqual([1, 3, 4])
  expect(outcomes.map(({ number, state }) => `${number} ${state}`)).toEqual([
    '1 passed',
    '2 blocked',
    '3 failed',
    '4 passed',
  ])
})

test('a blocked check is not run, and every outcome is told in order', async () => {
  const ran: number[] = []
  const told: number[] = []
  await runChecks(checksWith([1], ran), ({ number }) => told.push(number))
  expect(ran).toEqual([1, 3])
  expect(told).toEqual([1, 2, 3, 4])
})
