import { Candidate } from './candidate.ts'
import type { Llama, Pointer } from './functions.ts'
import type { Model } from './model.ts'

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
  /** GBNF with the start `root`: only what it allows is drawn. */
  readonly grammar?: string
}

/** llama.cpp refuses the grammar; its reason is on stderr. */
export class GrammarFailure extends Error {
  override readonly name = 'GrammarFailure'
}

/** A token stands among those said before that the sampler would not have drawn. */
export class ReplayFailure extends Error {
  override readonly name = 'ReplayFailure'
}

/** A chain of llama.cpp samplers for one answer. */
export class Sampler {
  readonly #llama: Llama
  readonly #chain: Pointer
  readonly #grammar: Pointer | undefined
  readonly #penalties: Pointer | undefined
  readonly #seeded: Pointer | undefined
  readonly #lookBack: number

  /** `randomSeed` is used where the options leave the seed open. Throws `GrammarFailure`. */
  constructor(
    llama: Llama,
    options: SamplingOptions,
    shape: { model: Model; contextTokensMax: number; randomSeed: number },
  ) {
    this.#llama = llama
    this.#chain = llama.chainNew({ no_perf: true })
    const add = (sampler: Pointer) => llama.chainAdd(this.#chain, sampler)
    if (options.grammar !== undefined) {
      const grammar = llama.grammar(shape.model.vocabulary, options.grammar, 'root')
      if (grammar === null) {
        this.free()
        throw new GrammarFailure('llama.cpp refuses the grammar')
      }
      this.#grammar = grammar
      add(grammar)
    }
    this.#lookBack = options.repeatLastN < 0 ? shape.contextTokensMax : options.repeatLastN
    const hasPenalties =
      this.#lookBack > 0 &&
      (options.repeatPenalty !== 1 ||
        options.frequencyPenalty !== 0 ||
        options.presencePenalty !== 0)
    if (hasPenalties) {
      this.#penalties = llama.penalties(
        shape.model.vocabularySize,
        this.#lookBack,
        options.repeatPenalty,
        options.frequencyPenalty,
        options.presencePenalty,
      )
      add(this.#penalties)
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
    this.#seeded = llama.seeded(options.seed < 0 ? shape.randomSeed : options.seed % 2 ** 32)
    add(this.#seeded)
  }

  /** Lets the penalties, and nothing else in the chain, see the end of the prompt. */
  see(prompt: readonly number[]): void {
    const penalties = this.#penalties
    if (penalties === undefined) return
    for (const token of prompt.slice(-this.#lookBack)) this.#llama.samplerAccept(penalties, token)
  }

  /**
   * Brings the chain to where it stood when it had drawn these tokens: grammar, penalties, and the random numbers, of which
   * each draw takes one, however many candidates there are. Throws `ReplayFailure`; llama.cpp would abort the process.
   */
  replay(tokens: readonly number[]): void {
    if (tokens.length === 0) return
    const candidate = new Candidate(this.#llama)
    try {
      for (const token of tokens) this.#replayOne(token, candidate)
    } finally {
      candidate.free()
    }
  }

  #replayOne(token: number, candidate: Candidate): void {
    if (this.#grammar !== undefined && !candidate.survives(this.#grammar, token)) {
      throw new ReplayFailure('a token is not of the form that the answer has to keep')
    }
    this.#llama.samplerAccept(this.#chain, token)
    if (this.#seeded !== undefined) candidate.survives(this.#seeded, token)
  }

  /** Draws a token from the output at `index` of the last batch and remembers it for the penalties. */
  sample(context: Pointer, index: number): number {
    return this.#llama.sample(this.#chain, context, index)
  }

  free(): void {
    this.#llama.samplerFree(this.#chain)
  }
}
