/** What is measured of an arm, one figure each. Prompts differ from round to round, so that nothing is reused by chance. */
import type { Arm, Timing } from './arms.ts'

export interface Measure {
  readonly name: string
  readonly unit: 'tokens/s' | 'ms'
  take(arm: Arm, round: number): Promise<number>
}

const text = 'The river runs to the sea. '
const answerTokens = 48

export const measures: readonly Measure[] = [
  {
    name: 'prompt of some 500 tokens',
    unit: 'tokens/s',
    async take(arm, round) {
      const { promptTokens, startMs, firstMs } = await arm.ask(
        `Round ${round}. ${text.repeat(70)}`,
        1,
      )
      return (promptTokens / (firstMs - startMs)) * 1000
    },
  },
  ...[1, 2, 4].map((count) => ({
    name: `answers of ${answerTokens} tokens, ${count} at once`,
    unit: 'tokens/s' as const,
    take: (arm: Arm, round: number) => answersAtOnce(arm, count, round),
  })),
  {
    name: 'first token of a follow-up behind 1,000 tokens in common',
    unit: 'ms',
    async take(arm, round) {
      const conversation = `Talk ${round}. ${text.repeat(140)}`
      await arm.ask(conversation, 1)
      const { startMs, firstMs } = await arm.ask(`${conversation} And then?`, 1)
      return firstMs - startMs
    },
  },
]

/** Tokens per second of all together, short prompts included. */
async function answersAtOnce(arm: Arm, count: number, round: number): Promise<number> {
  const prompt = (index: number) => `Chapter ${round} part ${index}. Once upon a time, `
  const indices = Array.from({ length: count }, (_, index) => index)
  const timings = await Promise.all(indices.map((index) => arm.ask(prompt(index), answerTokens)))
  const made = timings.reduce((sum, { madeTokens }: Timing) => sum + madeTokens, 0)
  const startMs = Math.min(...timings.map((timing) => timing.startMs))
  return (made / (Math.max(...timings.map(({ endMs }) => endMs)) - startMs)) * 1000
}
