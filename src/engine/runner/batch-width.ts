/**
 * How many of the running answers go into the next step. Pure. Where a shared step is slower per token than taking turns,
 * the answers take turns; figures in `engine-binding`: two sequences on one thread make 94 tokens/s together, 117 in turns.
 */

/** A wider step must not be slower than this share of the best rate: it spares the others their wait. */
const tolerance = 0.97

/**
 * The width for `answers` running ones. `widthMs[n - 1]` is the measured time of a step of `n`; widths that were not
 * measured are taken to be as good as the widest: there the weights are read once for all.
 */
export function bestWidth(widthMs: readonly number[], answers: number): number {
  if (answers > widthMs.length) return answers
  const rates = widthMs.slice(0, answers).map((ms, index) => (index + 1) / ms)
  const best = Math.max(...rates)
  return rates.findLastIndex((rate) => rate >= best * tolerance) + 1
}
