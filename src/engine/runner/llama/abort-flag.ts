import koffi from 'koffi'
import type { Pointer } from './functions.ts'

/**
 * Stops a running decode from JavaScript without a callback into JavaScript, which would slow every token down. llama.cpp
 * asks `bool f(void *)` between graph nodes; C's own `strlen` has that form: over an empty string it answers 0, go on, over
 * "x" it answers 1, stop. So raising the flag is writing one byte.
 */
export class AbortFlag {
  readonly callback: Pointer = koffi
    .load(process.platform === 'win32' ? 'ucrtbase.dll' : null)
    .symbol('strlen') as Pointer
  readonly data: Pointer = koffi.alloc('uint8_t', 2) as Pointer
  readonly #bytes = new Uint8Array(koffi.view(this.data, 2))

  raise(): void {
    this.#bytes[0] = 'x'.charCodeAt(0)
  }

  lower(): void {
    this.#bytes.fill(0)
  }
}
