import koffi from 'koffi'
import { AbortFlag } from './abort-flag.ts'
import { Batch, type BatchEntry } from './batch.ts'
import type { Fields, Llama, Pointer } from './functions.ts'
import type { Model } from './model.ts'

/** Size and shape of a context. */
export interface ContextOptions {
  /** Tokens all sequences together may hold. */
  readonly tokensMax: number
  readonly sequencesMax: number
  readonly batchTokensMax: number
  /** Threads that are kept ready; `setThreads` can use fewer of them. */
  readonly threads: number
  /** For embeddings: how token vectors become one; see `enum llama_pooling_type`. Absent for generation. */
  readonly pooling?: number
}

/**
 * Tokens that go through the model in one step. llama.cpp looks at the abort flag between the operations of a step, so a
 * larger step makes a cancel wait longer, by the time of its largest matrix product.
 */
const stepTokensMax = 128

/** What came of a decode: `noRoom` left everything as it was, after `aborted` parts of the batch may be in memory. */
export type DecodeResult = 'done' | 'noRoom' | 'aborted' | 'failed'

/** A context of llama.cpp: its KV memory, one batch, one decode at a time. */
export class Context {
  readonly pointer: Pointer
  readonly batchTokensMax: number
  readonly #llama: Llama
  readonly #model: Model
  readonly #memory: Pointer
  readonly #batch: Batch
  readonly #abort = new AbortFlag()
  #decoding = false

  /** Makes the context on a worker thread. Throws when there is not enough memory for it. */
  static async create(llama: Llama, model: Model, options: ContextOptions): Promise<Context> {
    const parameters: Fields = {
      ...llama.contextDefaults(),
      n_ctx: options.tokensMax,
      n_batch: options.batchTokensMax,
      n_ubatch:
        options.pooling === undefined
          ? Math.min(options.batchTokensMax, stepTokensMax)
          : options.batchTokensMax, // pooling needs the whole input in one step
      n_seq_max: options.sequencesMax,
      n_threads: options.threads,
      n_threads_batch: options.threads,
      kv_unified: true,
      no_perf: true,
      ...(options.pooling === undefined ? {} : { embeddings: true, pooling_type: options.pooling }),
    }
    const pointer = await new Promise<Pointer | null>((resolve, reject) => {
      llama.contextNew.async(model.pointer, parameters, (error: Error | null, result: Pointer) =>
        error === null ? resolve(result) : reject(error),
      )
    })
    if (pointer === null) {
      throw new Error(`no memory for a context of ${options.tokensMax} tokens`)
    }
    const { adapters } = model
    const scales = new Float32Array(adapters.length).fill(1) // Ollama's own
    if (llama.useAdapters(pointer, BigUint64Array.from(adapters), adapters.length, scales) !== 0) {
      throw new Error('llama.cpp refused to use the adapters')
    }
    return new Context(llama, model, pointer, options)
  }

  private constructor(llama: Llama, model: Model, pointer: Pointer, options: ContextOptions) {
    this.#llama = llama
    this.#model = model
    this.pointer = pointer
    this.batchTokensMax = options.batchTokensMax
    this.#memory = llama.memory(pointer)
    this.#batch = new Batch(llama, options.batchTokensMax)
    const pool = llama.threadpoolNew(options.threads)
    llama.attachThreadpool(pointer, pool, pool)
    llama.setAbortCallback(pointer, this.#abort.callback, this.#abort.data)
  }

  /** Runs one batch on a worker thread. One at a time; the batch and its sequences must not be touched meanwhile. */
  async decode(entries: readonly BatchEntry[]): Promise<DecodeResult> {
    if (this.#decoding) throw new Error('a decode is running already')
    const struct = this.#batch.fill(entries)
    this.#decoding = true
    this.#abort.lower()
    const code = await new Promise<number>((resolve, reject) => {
      this.#llama.decode.async(this.pointer, struct, (error: Error | null, result: number) =>
        error === null ? resolve(result) : reject(error),
      )
    })
    this.#decoding = false
    if (code === 0) return 'done'
    if (code === 1) return 'noRoom'
    return code === 2 ? 'aborted' : 'failed'
  }

  /** Makes the decode that runs now, if any, end within milliseconds as `aborted`. */
  abort(): void {
    if (this.#decoding) this.#abort.raise()
  }

  /** Tokens of a sequence that are in memory: one more than its last position. */
  lengthOf(sequence: number): number {
    return this.#llama.memoryLast(this.#memory, sequence) + 1
  }

  /**
   * Forgets a sequence from a position on. False where this kind of memory can only forget a sequence as a whole: then
   * nothing of it is left.
   */
  truncate(sequence: number, fromPosition: number): boolean {
    if (this.#llama.memoryRemove(this.#memory, sequence, fromPosition, -1)) return true
    this.#llama.memoryRemove(this.#memory, sequence, -1, -1)
    return false
  }

  /** True where the start of a sequence can be given to another, without computing or copying anything. */
  get canCopy(): boolean {
    return this.#llama.memoryCanShift(this.#memory) // recurrent memory can do neither
  }

  /** Makes the first `tokens` of one sequence all that another one holds; both then use the same cells. */
  copyStart(from: number, to: number, tokens: number): void {
    this.#llama.memoryRemove(this.#memory, to, -1, -1)
    this.#llama.memoryCopy(this.#memory, from, to, 0, tokens)
  }

  /** For the next decode; never more than the context was made with. */
  setThreads(threads: number): void {
    this.#llama.setThreads(this.pointer, threads, threads)
  }

  /**
   * Forgets `count` tokens of a sequence from a position on and moves those behind them up. False, with nothing changed,
   * where this kind of memory cannot.
   */
  shift(sequence: number, fromPosition: number, count: number): boolean {
    const end = fromPosition + count
    if (!this.#llama.memoryCanShift(this.#memory)) return false
    if (!this.#llama.memoryRemove(this.#memory, sequence, fromPosition, end)) return false
    this.#llama.memoryShift(this.#memory, sequence, end, -1, -count)
    return true
  }

  /**
   * The logits of all tokens at `index` of the last batch, in memory of llama.cpp that the next decode writes over;
   * undefined when that place wanted no output.
   */
  logitsAt(index: number): Float32Array | undefined {
    const output = this.#llama.outputOf(this.pointer, index)
    if (output === null) return undefined
    const bytes = this.#model.vocabularySize * Float32Array.BYTES_PER_ELEMENT
    return new Float32Array(koffi.view(output, bytes))
  }

  /** Bytes that the state of a sequence takes. */
  stateBytes(sequence: number): number {
    return this.#llama.stateSize(this.pointer, sequence)
  }

  /** What a sequence holds, as llama.cpp keeps it; undefined when it gives none. Not while a decode runs. */
  stateOf(sequence: number): Uint8Array | undefined {
    const state = new Uint8Array(this.stateBytes(sequence))
    const written = this.#llama.stateGet(this.pointer, state, state.length, sequence)
    return written === state.length ? state : undefined
  }

  /** Makes a state all that a sequence holds. False, with nothing left of the sequence, when llama.cpp refuses it. */
  putState(sequence: number, state: Uint8Array): boolean {
    this.#llama.memoryRemove(this.#memory, sequence, -1, -1)
    const read = this.#llama.stateSet(this.pointer, state, state.length, sequence)
    if (read === state.length) return true
    this.#llama.memoryRemove(this.#memory, sequence, -1, -1)
    return false
  }

  /** Forgets everything. */
  clear(): void {
    this.#llama.memoryClear(this.#memory, false)
  }

  /** The pooled vector of a sequence of the last batch; undefined when the model gives none. */
  embeddingOf(sequence: number): Float32Array | undefined {
    const vector = this.#llama.sequenceEmbedding(this.pointer, sequence)
    if (vector === null) return undefined
    const bytes = this.#model.embeddingLength * Float32Array.BYTES_PER_ELEMENT
    return new Float32Array(koffi.view(vector, bytes)).slice()
  }
}
