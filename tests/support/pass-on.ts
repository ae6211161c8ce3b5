import type { Readable } from 'node:stream'

/**
 * What a child writes comes out as this process's own errors. A child must not inherit the output itself: one that outlives
 * its test would hold it open, and vitest waits, without a bound, until the output of each of its workers has ended.
 */
export function passOn(...outputs: readonly (Readable | null)[]): void {
  for (const output of outputs) output?.on('data', (chunk: Buffer) => process.stderr.write(chunk))
}
