import koffi from 'koffi'
import type { Llama, Pointer } from './functions.ts'

/** Bytes of `llama_token_data` (id, logit, p) and of `llama_token_data_array` (data, size, selected, sorted). */
const cellBytes = 12
const arrayBytes = 32

/** A list of candidates with one token in it, to ask samplers about that token. */
export class Candidate {
  readonly #llama: Llama
  readonly #array: Pointer = koffi.alloc('uint8_t', arrayBytes) as Pointer
  readonly #memory: Pointer = koffi.alloc('uint8_t', cellBytes) as Pointer
  readonly #list: DataView
  readonly #cell: DataView

  constructor(llama: Llama) {
    this.#llama = llama
    this.#cell = new DataView(koffi.view(this.#memory, cellBytes))
    this.#list = new DataView(koffi.view(this.#array, arrayBytes))
    this.#list.setBigUint64(0, koffi.address(this.#memory), true)
  }

  /** Applies a sampler to the token alone; false when it takes all likelihood from it. */
  survives(sampler: Pointer, token: number): boolean {
    this.#cell.setInt32(0, token, true)
    this.#cell.setFloat32(4, 0, true)
    this.#cell.setFloat32(8, 1, true)
    this.#list.setBigUint64(8, 1n, true)
    this.#list.setBigInt64(16, -1n, true)
    this.#list.setUint8(24, 0)
    this.#llama.samplerApply(sampler, this.#array)
    return this.#cell.getFloat32(4, true) !== Number.NEGATIVE_INFINITY
  }

  free(): void {
    koffi.free(this.#array)
    koffi.free(this.#memory)
  }
}
