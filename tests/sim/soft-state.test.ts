import { expect, test } from 'vitest'
import { timings } from '../../src/cluster/soft-state/index.ts'
import { runDrift } from './drift.ts'
import { neverRefuted } from './planted.ts'
import { runTrial } from './trial.ts'
import { describeTrials } from './trial-figures.ts'

const small = { nodes: 50, minutes: 5, deaths: 5, timings: timings.lan, wire: 'bytes' as const }

test.each([1, 2, 3])(
  'S-118 (part: 50 simulated members): they find news and deaths, and call nobody dead who lives, seed %i',
  (seed) => {
    const trial = runTrial({ ...small, seed })
    console.log(`seed ${seed}\n${describeTrials([trial])}`)
    expect(trial.problems).toEqual([])
  },
)

test('the same trial fails when suspicions are never refuted', () => {
  const { problems } = runTrial({ ...small, seed: 1, wire: 'objects', step: neverRefuted })
  expect(problems.join('\n')).toContain('called dead')
})

test('after two hours of restarts, flapping links, halves, removals and clocks that are put, 20 nodes agree', () => {
  const result = runDrift({ nodes: 20, hours: 2, seed: 1, timings: timings.lan })
  expect(result.restarts).toBeGreaterThan(20)
  expect(result.jumps).toBeGreaterThan(10)
  expect(result.removals).toBeGreaterThan(1)
})
