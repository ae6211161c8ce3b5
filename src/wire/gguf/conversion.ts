/**
 * How a GGUF file becomes one whose tensors have other types. Pure. The order of keys and tensors, and what is said of the whole, are those of
 * Ollama, so that the same weights get the same digest there and here. Source: Ollama fs/ggml/gguf.go, WriteGGUF.
 */
import type { ReadBytes } from './cursor.ts'
import { rawKeys, writeGgufHead } from './head.ts'
import { type GgufHeader, ggufText } from './header.ts'
import type { GgufTensor } from './tensor.ts'

/** A tensor of the source, what it becomes, and the zeros behind it. */
export interface TensorConversion {
  readonly source: GgufTensor
  readonly type: string
  readonly sizeBytes: number
  readonly paddingBytes: number
}

/** The same for whoever converts the numbers: a tensor in a file, and what it is to become. */
export interface TensorWork {
  readonly offsetBytes: number
  /** A multiple of what a block of either type holds. */
  readonly elements: number
  readonly from: string
  readonly to: string
  /** Zeros behind it. */
  readonly paddingBytes: number
}

export interface GgufConversion {
  readonly head: Uint8Array
  /** What follows the head, in order. */
  readonly tensors: readonly TensorConversion[]
  /** Of the whole file. */
  readonly sizeBytes: number
}

/** The numbers by which the format knows the types of values. */
const valueTypes = { uint32: 4, uint64: 10 } as const

/** Keys that begin otherwise are put under the name of the architecture. */
const commonKey = /^(?:general|adapter|tokenizer)\./

/** `types`: of each tensor, in the order of the header. `fileType`: number for `general.file_type`. */
export function planGgufConversion(
  header: GgufHeader,
  read: ReadBytes,
  { types, fileType }: { readonly types: readonly string[]; readonly fileType: number },
): GgufConversion {
  const ordered = header.tensors
    .map((source, index) => ({ source, type: types[index] ?? source.type }))
    .sort((a, b) => blockOf(a.source) - blockOf(b.source) || byBytes(a.source.name, b.source.name))
  const { bytes: head, places } = writeGgufHead({
    version: 3,
    alignment: header.alignment,
    keys: keysOf(header, read, fileType),
    tensors: ordered.map(({ source, type }) => ({ ...source, type })),
  })
  const tensors = ordered.map(({ source, type }, index) => {
    const { sizeBytes = 0, paddingBytes = 0 } = places[index] ?? {}
    const isLast = index === ordered.length - 1
    return { source, type, sizeBytes, paddingBytes: isLast ? 0 : paddingBytes }
  })
  const dataBytes = tensors.reduce((sum, one) => sum + one.sizeBytes + one.paddingBytes, 0)
  return { head, tensors, sizeBytes: head.length + dataBytes }
}

function keysOf(header: GgufHeader, read: ReadBytes, fileType: number): readonly Uint8Array[] {
  const architecture = ggufText(header, 'general.architecture') ?? ''
  const keys = new Map(rawKeys(header, read))
  const type = Buffer.alloc(4)
  type.writeUInt32LE(fileType)
  keys.set('general.file_type', keyBytes('general.file_type', valueTypes.uint32, type))
  const count = Buffer.alloc(8)
  count.writeBigUInt64LE(BigInt(header.parameterCount))
  // Ollama keeps it among the keys while it works, and so writes it
  keys.set('general.parameter_count', keyBytes('general.parameter_count', valueTypes.uint64, count))
  return [...keys]
    .sort(([a], [b]) => byBytes(a, b))
    .map(([key, bytes]) => {
      if (commonKey.test(key) || key.startsWith(`${architecture}.`)) return bytes
      const value = bytes.subarray(8 + Buffer.byteLength(key))
      return keyBytes(`${architecture}.${key}`, undefined, value)
    })
}

/** `type` undefined: the value brings its own. */
function keyBytes(key: string, type: number | undefined, value: Uint8Array): Uint8Array {
  const name = Buffer.from(key)
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(name.length))
  const tag = Buffer.alloc(type === undefined ? 0 : 4)
  if (type !== undefined) tag.writeUInt32LE(type)
  return Buffer.concat([length, name, tag, value])
}

/** Tensors of no block come last. */
function blockOf({ name }: GgufTensor): number {
  const block = /^blk\.(\d+)\./.exec(name)?.[1]
  return block === undefined ? Number.MAX_SAFE_INTEGER : Number(block)
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
