import type { DrawnLogprob } from './protocol.ts'

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

/** What is told of a drawn token: its own log probability, and those of the `top` likeliest at its place. */
export function drawnLogprob(
  token: number,
  logits: Float32Array,
  top: number,
  pieceOf: (token: number) => Uint8Array,
): DrawnLogprob {
  const total = logSumExp(logits)
  const told = (id: number, logprob: number) => ({
    piece: pieceOf(id),
    logprob: Math.fround(logprob), // as exact as the logits are, and as Ollama prints them
  })
  const drawn = told(token, (logits[token] ?? Number.NaN) - total)
  const ranked = likeliest(logits, top, total)
  return { ...drawn, top: ranked.map((other) => told(other.token, other.logprob)) }
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
