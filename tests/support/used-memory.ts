import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

/**
 * Bytes that this process holds on to: what is left of its heap and its buffers after a whole collection. Steadier than
 * resident memory, which the allocator gives back when it likes.
 */
export function usedMemoryBytes(): number {
  collectGarbage()
  collectGarbage() // what finalizers of the first let go
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
