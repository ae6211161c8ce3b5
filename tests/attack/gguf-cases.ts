/** Weights files that no honest program writes, each with its row. */

const u32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

const u64 = (value: number | bigint) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

const text = (value: string) => Buffer.concat([u64(value.length), Buffer.from(value)])

const key = (name: string, type: number, value: Buffer) =>
  Buffer.concat([text(name), u32(type), value])

const tensor = (shape: readonly (number | bigint)[], type = 0, offset: number | bigint = 0) =>
  Buffer.concat([text('t'), u32(shape.length), ...shape.map(u64), u32(type), u64(offset)])

interface Parts {
  readonly keys?: readonly Buffer[]
  readonly tensors?: readonly Buffer[]
  readonly version?: number
  readonly keyCount?: number | bigint
  readonly tensorCount?: number | bigint
}

function gguf({ keys = [], tensors = [], version = 3, keyCount, tensorCount }: Parts): Buffer {
  const counts = [u64(tensorCount ?? tensors.length), u64(keyCount ?? keys.length)]
  const data = Buffer.alloc(4_096)
  return Buffer.concat([Buffer.from('GGUF'), u32(version), ...counts, ...keys, ...tensors, data])
}

/** Arrays inside each other; type 9 is an array, 0 a byte. */
const nested = (levels: number) =>
  Buffer.concat([...Array.from({ length: levels }, () => [u32(9), u64(1)]).flat(), u32(0), u64(0)])

export const ggufCases: readonly [title: string, file: Buffer][] = [
  ['A-105: nothing', Buffer.alloc(0)],
  ['A-105: its magic alone', Buffer.from('GGUF')],
  ['A-105: 16 bytes of a header', gguf({}).subarray(0, 16)],
  ['A-105: a header that promises a tensor', gguf({ tensorCount: 1 }).subarray(0, 24)],
  ['A-105: a tensor beyond the end', gguf({ tensors: [tensor([1_000_000])] })],
  ['A-105: a tensor that begins beyond the end', gguf({ tensors: [tensor([32], 0, 2 ** 40)] })],
  ['A-106: 2^63 keys', gguf({ keyCount: 2n ** 63n })],
  ['A-106: 2^63 tensors', gguf({ tensorCount: 2n ** 63n })],
  ['A-106: a text of 2^64-1 bytes', gguf({ keys: [u64(2n ** 64n - 1n)], keyCount: 1 })],
  ['A-106: an alignment of zero', gguf({ keys: [key('general.alignment', 4, u32(0))] })],
  ['A-106: a tensor without an element', gguf({ tensors: [tensor([0])] })],
  ['A-107: a size that overflows', gguf({ tensors: [tensor([2n ** 32n, 2n ** 32n])] })],
  ['A-107: a size below zero', gguf({ tensors: [tensor([2n ** 64n - 32n])] })],
  ['A-107: an offset that overflows', gguf({ tensors: [tensor([32], 0, 2n ** 64n - 64n)] })],
  ['A-108: ten million keys', gguf({ keyCount: 10_000_000 })],
  ['A-108: arrays 10,000 deep', gguf({ keys: [key('a', 9, nested(10_000))] })],
  ['A-109: version 9', gguf({ version: 9 })],
  ['A-109: the other byte order', gguf({ version: 0x03000000 })],
  ['A-109: a type that nobody knows', gguf({ tensors: [tensor([32], 999)] })],
  ['A-109: a value of a type that nobody knows', gguf({ keys: [key('a', 99, u32(1))] })],
]
