import koffi from 'koffi'
import type { Llama } from './functions.ts'

/** One token of a batch: of which sequence, at which place, and whether its logits are wanted. */
export interface BatchEntry {
  readonly sequence: number
  readonly token: number
  readonly position: number
  readonly wantsOutput: boolean
}

/** A `llama_batch` in C memory, written in place. Must not be touched while a decode reads it. */
export class Batch {
  readonly #struct: Record<string, unknown>
  readonly #token: Int32Array
  readonly #position: Int32Array
  readonly #sequences: Int32Array[]
  readonly #output: Int8Array
  readonly capacity: number

  constructor(llama: Llama, capacity: number) {
    this.capacity = capacity
    const struct = llama.batchNew(capacity, 0, 1)
    this.#struct = struct
    const ints = (field: string) =>
      new Int32Array(koffi.view(struct[field], capacity * Int32Array.BYTES_PER_ELEMENT))
    this.#token = ints('token')
    this.#position = ints('pos')
    ints('n_seq_id').fill(1) // every token belongs to exactly one sequence
    this.#output = new Int8Array(koffi.view(struct['logits'], capacity))
    const lists = new BigUint64Array(koffi.view(struct['seq_id'], capacity * 8))
    this.#sequences = [...lists].map((address) => new Int32Array(koffi.view(address, 4)))
  }

  /** Writes the entries and returns the struct to pass to `llama_decode`. More than `capacity` would abort the process. */
  fill(entries: readonly BatchEntry[]): Record<string, unknown> {
    if (entries.length > this.capacity) throw new RangeError('batch overflow')
    entries.forEach((entry, index) => {
      this.#token[index] = entry.token
      this.#position[index] = entry.position
      this.#output[index] = entry.wantsOutput ? 1 : 0
      const list = this.#sequences[index]
      if (list !== undefined) list[0] = entry.sequence
    })
    return { ...this.#struct, n_tokens: entries.length }
  }
}
