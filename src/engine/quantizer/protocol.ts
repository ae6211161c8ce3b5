/** What the engine and a quantizer process tell each other; the data itself goes through the process's standard output. */

/** A tensor in a file, and what it is to become. Types are those of `wire/gguf`. */
export interface TensorWork {
  readonly offsetBytes: number
  /** A multiple of what a block of either type holds. */
  readonly elements: number
  readonly from: string
  readonly to: string
  /** Zeros behind it. */
  readonly paddingBytes: number
}

export interface ToQuantizer {
  readonly path: string
  readonly tensors: readonly TensorWork[]
  /** Blocks that are computed at the same time. */
  readonly threads: number
}

/** Why there will be no more. */
export interface FromQuantizer {
  readonly reason: string
}
