/** Many trials of the store, and what they were in figures. */
import { runTrial } from './trial.ts'

/** Trials of `count` seeds from `first` on. Problems carry their seed. */
export async function runTrials(
  first: number,
  count: number,
): Promise<{ problems: readonly string[]; figures: string }> {
  const problems: string[] = []
  const sums = new Map<string, number>()
  for (let seed = first; seed < first + count; seed++) {
    const result = await runTrial({ seed })
    problems.push(...result.problems.map((problem) => `seed ${seed}: ${problem}`))
    for (const [name, value] of Object.entries({ steps: result.steps, ...result.tally })) {
      sums.set(name, (sums.get(name) ?? 0) + value)
    }
  }
  const parts = [...sums].map(([name, value]) => `${value} ${name}`)
  return { problems, figures: `${count} interleavings: ${parts.join(', ')}` }
}
