/** Log probabilities from the output of one step, before any sampler touched it. Pure. */

/** A token and the natural logarithm of its probability. */
export interface RankedToken {
  readonly token: number
  readonly logprob: number
}

/** `ln(Σ exp(x))` of all logits: what is subtracted from a logit to get its log probability. */
export function logSumExp(logits: Float32Array): number {
  let largest = Number.NEGATIVE_INFINITY
  for (const logit of logits) largest = Math.max(largest, logit)
  let sum = 0
  for (const logit of logits) sum += Math.exp(logit - largest)
  return largest + Math.log(sum)
}

/** The `count` likeliest tokens, likeliest first. */
export function likeliest(logits: Float32Array, count: number, total: number): RankedToken[] {
  const best: RankedToken[] = []
  let least = Number.NEGATIVE_INFINITY
  if (count === 0) return best
  logits.forEach((logit, token) => {
    if (best.length === count && logit - total <= least) return
    const logprob = logit - total
    const place = best.findIndex((other) => other.logprob < logprob)
    best.splice(place < 0 ? best.length : place, 0, { token, logprob })
    if (best.length > count) best.pop()
    least = best.at(-1)?.logprob ?? Number.NEGATIVE_INFINITY
  })
  return best
}
