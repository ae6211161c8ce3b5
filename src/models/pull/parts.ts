/** How a blob is cut into parts. Pure. */
import { registryLimits } from '../registry/index.ts'

/** A part of a blob: bytes `from` up to `end`, not with it. */
export interface Part {
  readonly index: number
  readonly from: number
  readonly end: number
}

/** Parts of a blob in their order; the same for the same sizes. */
export function partsOf(sizeBytes: number, partBytes: number): readonly Part[] {
  const count = Math.ceil(sizeBytes / partBytes)
  return Array.from({ length: count }, (_, index) => ({
    index,
    from: index * partBytes,
    end: Math.min((index + 1) * partBytes, sizeBytes),
  }))
}

/** The size of parts for a blob: small enough that a kill loses little, large enough that requests do not count. */
export function partBytesFor(sizeBytes: number): number {
  const { partBytesMin, partBytesMax, partsWanted } = registryLimits
  const wanted = Math.ceil(sizeBytes / partsWanted / partBytesMin) * partBytesMin
  return Math.min(Math.max(wanted, partBytesMin), partBytesMax)
}
