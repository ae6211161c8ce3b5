import { expect, test } from 'vitest'
import type { ModelStore } from '../../src/models/store.ts'
import { runTrial } from './store/trial.ts'
import { runTrials } from './store/trials.ts'

test('P-12 (part: 100 interleavings on one node): whatever is pulled, made, copied, deleted, loaded and collected at the same time, no blob goes that is needed, and none stays that is not', async () => {
  const { problems, figures } = await runTrials(1, 100)
  console.log(figures)
  expect(problems).toEqual([])
})

test('a model that is replaced while it is looked up is the old one or the new one, and never damaged', async () => {
  expect((await runTrial({ seed: 1_633 })).problems).toEqual([])
})

test('a seed gives the same trial again', async () => {
  const [first, second] = [await runTrial({ seed: 7 }), await runTrial({ seed: 7 })]
  expect(second).toEqual(first)
})

const nothing: Readonly<Record<string, Partial<ModelStore>>> = {
  load: { holdFile: () => () => undefined },
  pull: { hold: async () => async () => undefined },
}

test.each([
  ['load', 'a file was removed that a load has yet to open'],
  ['pull', 'pull: OdError: the model has no sha256:'],
])('the same trials fail when a %s counts for nothing', async (kind, problem) => {
  const seen: string[] = []
  for (let seed = 1; seed <= 100 && seen.length === 0; seed++) {
    seen.push(...(await runTrial({ seed, planted: nothing[kind] })).problems)
  }
  expect(seen.join('\n')).toContain(problem)
})
