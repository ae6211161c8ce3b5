/** From Ollama's options to how an answer is drawn. Pure. */
import { defaultOptions, type Options } from '../../wire/ollama/options.ts'
import type { SamplingOptions } from '../runner/index.ts'

/** Ollama lets an answer be at most this many contexts long (llm/server.go). */
const contextsPerAnswerMax = 10

/** Options with every gap filled that the built-in values fill. */
export type EffectiveOptions = Options & Required<Pick<Options, keyof typeof defaultOptions>>

/** The model's own parameters over the defaults, the request's options over both. */
export function effectiveOptions(parameters: Options, request: Options): EffectiveOptions {
  return { ...defaultOptions, ...parameters, ...request }
}

/** How the next token is drawn. */
export function samplingFor(options: EffectiveOptions): SamplingOptions {
  const { temperature, topK, topP, minP, typicalP, seed } = options
  const { repeatPenalty, frequencyPenalty, presencePenalty, repeatLastN } = options
  return {
    temperature,
    topK,
    topP,
    minP,
    typicalP,
    seed,
    repeatPenalty,
    frequencyPenalty,
    presencePenalty,
    repeatLastN,
  }
}

/**
 * `num_predict` as a number of tokens; negative and 0 mean without a limit of the client's.
 * Source: Ollama llm/server.go, Completion; runner/llamarunner/runner.go, processBatch.
 */
export function tokensMaxFor(numPredict: number, contextTokens: number): number {
  const most = contextsPerAnswerMax * contextTokens
  return numPredict <= 0 ? most : Math.min(numPredict, most)
}
