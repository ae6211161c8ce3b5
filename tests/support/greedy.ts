import type { SamplingOptions } from '../../src/engine/runner/index.ts'

/** Always the likeliest token, and nothing else that plays into it. */
export const greedy: SamplingOptions = {
  temperature: 0,
  topK: 40,
  topP: 0.9,
  minP: 0,
  typicalP: 1,
  seed: -1,
  repeatPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  repeatLastN: 64,
}
