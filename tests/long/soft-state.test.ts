import { afterAll, expect, test } from 'vitest'
import { timings } from '../../src/cluster/soft-state/index.ts'
import { runDrift } from '../sim/drift.ts'
import { neverRefuted } from '../sim/planted.ts'
import { runTrial } from '../sim/trial.ts'
import { describeTrials, type TrialResult } from '../sim/trial-figures.ts'

/** Some minutes of one core, more where others are at work. */
const trialMsMax = 7_200_000
const seeds = Array.from(
  { length: Number(process.env['OD_TEST_SIM_SEEDS'] ?? 10) },
  (_, i) => i + 1,
)
const big = { nodes: 1_000, deaths: 50, timings: timings.lan, wire: 'objects' as const }
const trials: TrialResult[] = []

afterAll(() => console.log(`${trials.length} trials\n${describeTrials(trials)}`))

test.each(seeds)(
  '1,000 simulated nodes in 30 virtual minutes find 50 deaths and call nobody dead who lives, seed %i',
  (seed) => {
    const trial = runTrial({ ...big, minutes: 30, seed })
    trials.push(trial)
    console.log(`seed ${seed}\n${describeTrials([trial])}`)
    expect(trial.problems).toEqual([])
  },
  trialMsMax,
)

test(
  'a shorter trial of 1,000 fails when suspicions are never refuted',
  () => {
    const { problems } = runTrial({ ...big, minutes: 5, seed: 1, step: neverRefuted })
    expect(problems.join('\n')).toContain('called dead')
  },
  trialMsMax,
)

test.each([1, 2, 3])('after 24 hours of drift 20 nodes agree, seed %i', (seed) => {
  const result = runDrift({ nodes: 20, hours: 24, seed, timings: timings.lan })
  console.log(`drift, seed ${seed}: ${JSON.stringify(result)}`)
  expect(result.restarts).toBeGreaterThan(250)
  expect(result.jumps).toBeGreaterThan(140)
  expect(result.removals).toBeGreaterThan(25)
})
