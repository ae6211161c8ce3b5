/** How a blob is cut into parts, and what tells whether one is still what was written. Pure. */
import { crc32 } from 'node:zlib'
import { registryLimits } from '../registry/index.ts'

/** A part of a blob: bytes `from` up to `end`, not with it. */
export interface Part {
  readonly index: number
  readonly from: number
  readonly end: number
}

/**
 * CRC-32 of a part: it finds what a power cut or a disk has done to it, at a tenth of the cost of a hash. Whether the blob is the one that
 * was asked for is told by the hash of the whole.
 */
export class Checksum {
  #sum = 0

  add(bytes: Uint8Array): void {
    this.#sum = crc32(bytes, this.#sum)
  }

  /** Eight hexadecimal digits. */
  get hex(): string {
    return this.#sum.toString(16).padStart(8, '0')
  }
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
