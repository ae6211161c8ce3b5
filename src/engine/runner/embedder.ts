import { Context } from './llama/context.ts'
import type { Llama } from './llama/functions.ts'
import type { Model } from './llama/model.ts'

/** `LLAMA_POOLING_TYPE_UNSPECIFIED`: as the file says. */
const poolingOfFile = -1
/**
 * `LLAMA_POOLING_TYPE_LAST`, for models that were not made for embeddings: so their vectors are those of an Ollama that has
 * the same weights. Source: Ollama runner/llamarunner/runner.go, processBatch, GetEmbeddingsIth.
 */
const poolingLast = 3

/** Turns token lists into vectors, one after the other, in a context of its own that is made when first needed. */
export class Embedder {
  readonly #llama: Llama
  readonly #model: Model
  readonly #shape: { contextTokens: number; threads: number }
  #context: Promise<Context> | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(llama: Llama, model: Model, shape: { contextTokens: number; threads: number }) {
    this.#llama = llama
    this.#model = model
    this.#shape = shape
  }

  /** Vectors in the order of the inputs. Inputs must not be empty nor longer than the context. */
  embed(inputs: readonly (readonly number[])[]): Promise<Float32Array[]> {
    const work = this.#last.then(() => this.#embedAll(inputs))
    this.#last = work.catch(() => undefined)
    return work
  }

  async #embedAll(inputs: readonly (readonly number[])[]): Promise<Float32Array[]> {
    this.#context ??= this.#open()
    const context = await this.#context
    const vectors: Float32Array[] = []
    for (const tokens of inputs) {
      context.clear()
      const entries = tokens.map((token, position) => ({
        sequence: 0,
        token,
        position,
        wantsOutput: true,
      }))
      const result = await context.decode(entries)
      const vector = result === 'done' ? context.embeddingOf(0) : undefined
      if (vector === undefined) throw new Error(`llama.cpp could not embed the input (${result})`)
      vectors.push(vector)
    }
    return vectors
  }

  #open(): Promise<Context> {
    const architecture = this.#model.metadata('general.architecture') ?? ''
    const hasPooling = this.#model.metadata(`${architecture}.pooling_type`) !== undefined
    const { contextTokens, threads } = this.#shape
    return Context.create(this.#llama, this.#model, {
      tokensMax: contextTokens,
      sequencesMax: 1,
      batchTokensMax: contextTokens,
      threads,
      pooling: hasPooling ? poolingOfFile : poolingLast,
    })
  }
}
