import { expect, test } from 'vitest'
import { timings } from '../../src/cluster/soft-state/index.ts'
import { neverRefuted } from './planted.ts'
import { runTrial } from './trial.ts'

const small = { nodes: 50, minutes: 5, deaths: 5, timings: timings.lan, wire: 'bytes' as const }

test.each([1, 2, 3])(
  'S-118 (part: 50 simulated members): they find news and deaths, and call nobody dead who lives, seed %i',
  (seed) => {
    const { problems, figures } = runTrial({ ...small, seed })
    console.log(`seed ${seed}\n  ${figures}`)
    expect(problems).toEqual([])
  },
)

test('the same trial fails when suspicions are never refuted', () => {
  const { problems } = runTrial({ ...small, seed: 1, wire: 'objects', step: neverRefuted })
  expect(problems.join('\n')).toContain('called dead')
})
