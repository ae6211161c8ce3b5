import { expect } from 'vitest'

/**
 * How long something takes, as a multiple of one look at every byte of `bytes` in the same moment: the same on a busy machine and on
 * an idle one.
 */
export function passesOver(bytes: Uint8Array, action: () => void): number {
  const startMs = performance.now()
  let sum = 0
  for (let i = 0; i < bytes.length; i++) sum += bytes[i] ?? 0
  expect(sum).toBeGreaterThan(0)
  const passMs = performance.now() - startMs
  action()
  return (performance.now() - startMs - passMs) / passMs
}
