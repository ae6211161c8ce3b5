/** What the engine and a quantizer process tell each other; the data itself goes through the process's standard output. */
import type { TensorWork } from '../../wire/gguf/index.ts'

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
