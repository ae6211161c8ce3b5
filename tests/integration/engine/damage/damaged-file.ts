import type { Random } from '../../../../src/sys/random.ts'
import { readGgufHeader } from '../../../../src/wire/gguf/index.ts'

/** A sound weights file, and the places in its header that decide how it is read. */
export interface SoundFile {
  readonly bytes: Buffer<ArrayBuffer>
  readonly headerBytes: number
  /** Right behind each key and each tensor's name: types, lengths, values, shapes, offsets. */
  readonly places: readonly number[]
}

/** Numbers that break readers: none, the largest of each width, signs, what is no number as a float. */
const oddNumbers = [
  0n,
  1n,
  0x7fn,
  0xffn,
  0x7fff_ffffn,
  0xffff_ffffn,
  0x7fc0_0000n,
  0x8000_0000n,
  2n ** 40n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
]

/** What decides lies within so many words of 4 bytes behind a name: a type and a value, or dimensions, shape, type, offset. */
const placeWords = 6

export function soundFile(bytes: Buffer<ArrayBuffer>): SoundFile {
  const read = (offset: number, length: number) => bytes.subarray(offset, offset + length)
  const { metadata, tensors, dataOffsetBytes } = readGgufHeader(read, bytes.length)
  const names = [...metadata.keys(), ...tensors.map(({ name }) => name)]
  const places = names.map((name) => bytes.indexOf(name) + Buffer.byteLength(name))
  return { bytes, headerBytes: dataOffsetBytes, places: [8, 16, ...places] }
}

/** The file up to any place. */
export function cut({ bytes }: SoundFile, random: Random): Buffer<ArrayBuffer> {
  return bytes.subarray(0, Math.floor(random.number() * bytes.length))
}

/**
 * The file with one to three changes in its header: most at places that decide, some anywhere. Few make it longer or shorter,
 * because readers find that out at once.
 */
export function mutate(file: SoundFile, random: Random): Buffer<ArrayBuffer> {
  const below = (limit: number) => Math.floor(random.number() * limit)
  let bytes = Buffer.from(file.bytes)
  const changes = 1 + Math.floor(random.number() ** 3 * 3)
  for (let change = 0; change < changes; change++) {
    const start = file.places[below(file.places.length)] ?? 0
    const at = random.number() < 0.75 ? start + 4 * below(placeWords) : below(file.headerBytes)
    const width = [1, 2, 4, 8][below(4)] ?? 1
    const dice = random.number()
    if (dice < 0.3) bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8))
    else if (dice < 0.6) bytes[at] = below(256)
    else if (dice < 0.9) {
      const number = Buffer.alloc(8)
      number.writeBigUInt64LE(oddNumbers[below(oddNumbers.length)] ?? 0n)
      number.copy(bytes, at, 0, width)
    } else if (dice < 0.95)
      bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + width)])
    else bytes = Buffer.concat([bytes.subarray(0, at + width), bytes.subarray(at)])
  }
  return bytes
}
