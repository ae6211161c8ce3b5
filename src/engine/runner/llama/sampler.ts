import type { Llama, Pointer } from './functions.ts'

/** How the next token is drawn; Ollama's options of the same names. */
export interface SamplingOptions {
  /** 0 or less: always the likeliest token. */
  readonly temperature: number
  readonly topK: number
  readonly topP: number
  readonly minP: number
  readonly typicalP: number
  /** Draws repeat with an equal seed; −1 asks for one nobody chose. */
  readonly seed: number
  readonly repeatPenalty: number
  readonly frequencyPenalty: number
  readonly presencePenalty: number
  /** Tokens that penalties look back on; 0 none, −1 the whole context. */
  readonly repeatLastN: number
}

/** A chain of llama.cpp samplers for one answer. */
export class Sampler {
  readonly #llama: Llama
  readonly #chain: Pointer
  readonly #hasPenalties: boolean
  readonly #lookBack: number

  /** `randomSeed` is used where the options leave the seed open. */
  constructor(
    llama: Llama,
    options: SamplingOptions,
    shape: { vocabularySize: number; contextTokensMax: number; randomSeed: number },
  ) {
    this.#llama = llama
    this.#chain = llama.chainNew({ no_perf: true })
    const add = (sampler: Pointer) => llama.chainAdd(this.#chain, sampler)
    this.#lookBack = options.repeatLastN < 0 ? shape.contextTokensMax : options.repeatLastN
    this.#hasPenalties =
      this.#lookBack > 0 &&
      (options.repeatPenalty !== 1 ||
        options.frequencyPenalty !== 0 ||
        options.presencePenalty !== 0)
    if (this.#hasPenalties) {
      const { repeatPenalty, frequencyPenalty, presencePenalty } = options
      add(
        llama.penalties(
          shape.vocabularySize,
          this.#lookBack,
          repeatPenalty,
          frequencyPenalty,
          presencePenalty,
        ),
      )
    }
    if (options.temperature <= 0) {
      add(llama.greedy())
      return
    }
    // The order of llama.cpp's own default chain, which Ollama 0.24 uses.
    if (options.topK > 0) add(llama.topK(options.topK))
    if (options.typicalP < 1) add(llama.typicalP(options.typicalP, 1))
    if (options.topP < 1) add(llama.topP(options.topP, 1))
    if (options.minP > 0) add(llama.minP(options.minP, 1))
    add(llama.temperature(options.temperature))
    add(llama.seeded(options.seed < 0 ? shape.randomSeed : options.seed % 2 ** 32))
  }

  /** Lets the penalties see the end of the prompt. */
  see(prompt: readonly number[]): void {
    if (!this.#hasPenalties) return
    for (const token of prompt.slice(-this.#lookBack)) this.#llama.samplerAccept(this.#chain, token)
  }

  /** Draws a token from the output at `index` of the last batch and remembers it for the penalties. */
  sample(context: Pointer, index: number): number {
    return this.#llama.sample(this.#chain, context, index)
  }

  free(): void {
    this.#llama.samplerFree(this.#chain)
  }
}
