import { expect, test } from 'vitest'
import { timings } from '../../src/cluster/soft-state/index.ts'
import { runDrift } from '../sim/drift.ts'
import { runTrial } from '../sim/trial.ts'

/** Some six minutes of one core, more where others are at work. */
const trialMsMax = 7_200_000
const seeds = Array.from(
  { length: Number(process.env['OD_TEST_SIM_SEEDS'] ?? 10) },
  (_, i) => i + 1,
)

test.each(seeds)(
  '1,000 simulated nodes in 30 virtual minutes find 50 deaths and call nobody dead who lives, seed %i',
  (seed) => {
    const big = { nodes: 1_000, minutes: 30, deaths: 50, timings: timings.lan }
    const { problems, figures } = runTrial({ ...big, wire: 'objects', seed })
    console.log(`seed ${seed}\n  ${figures}`)
    expect(problems).toEqual([])
  },
  trialMsMax,
)

test.each([1, 2, 3])('after 24 hours of drift 20 nodes agree, seed %i', (seed) => {
  const result = runDrift({ nodes: 20, hours: 24, seed, timings: timings.lan })
  console.log(`drift, seed ${seed}: ${JSON.stringify(result)}`)
  expect(result.restarts).toBeGreaterThan(250)
  expect(result.jumps).toBeGreaterThan(140)
})
