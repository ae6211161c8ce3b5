/** Writes GGUF version 3. Source: ggml docs/gguf.md. Only what a test model needs. */
import { closeSync, openSync, writeSync } from 'node:fs'

/** A metadata value with the type that it is written with. */
export type MetadataValue =
  | { readonly type: 'uint32' | 'int32' | 'float32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | {
      readonly type: 'array'
      readonly elementType: 'int32' | 'uint32' | 'float32' | 'string'
      readonly values: readonly (number | string)[]
    }

/** Numbers that weights are stored as. */
export type TensorType = keyof typeof tensorTypes

/** A tensor and how its bytes are made, piece by piece, so that no large model lies in memory. */
export interface TensorPlan {
  readonly name: string
  /** Elements per dimension, the innermost first. */
  readonly shape: readonly number[]
  readonly type: TensorType
  fill(bytes: Buffer): void
}

const alignment = 32
const typeNumbers = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const
const tensorTypes = { F32: 0, F16: 1, Q8_0: 8, BF16: 30 } as const
const elementBytes = { F32: 4, F16: 2, BF16: 2, Q8_0: 34 / 32 } as const

/** Bytes of a tensor's data; Q8_0 holds 32 elements in a half-precision scale and 32 bytes. */
export function tensorBytes({ shape, type }: TensorPlan): number {
  const elements = shape.reduce((product, size) => product * size, 1)
  return elements * elementBytes[type]
}

/** Writes the file; an existing one is replaced. */
export function writeGguf(
  path: string,
  metadata: ReadonlyMap<string, MetadataValue>,
  tensors: readonly TensorPlan[],
): void {
  const file = openSync(path, 'w')
  try {
    const header = headerBytes(metadata, tensors)
    writeSync(file, header)
    for (const tensor of tensors) {
      const bytes = Buffer.alloc(aligned(tensorBytes(tensor)))
      tensor.fill(bytes.subarray(0, tensorBytes(tensor)))
      writeSync(file, bytes)
    }
  } finally {
    closeSync(file)
  }
}

function headerBytes(
  metadata: ReadonlyMap<string, MetadataValue>,
  tensors: readonly TensorPlan[],
): Buffer {
  const parts = [Buffer.from('GGUF'), uint32(3), uint64(tensors.length), uint64(metadata.size)]
  for (const [key, value] of metadata) {
    parts.push(text(key), uint32(typeNumbers[value.type]), valueBytes(value))
  }
  let offset = 0
  for (const tensor of tensors) {
    parts.push(text(tensor.name), uint32(tensor.shape.length), ...tensor.shape.map(uint64))
    parts.push(uint32(tensorTypes[tensor.type]), uint64(offset))
    offset += aligned(tensorBytes(tensor))
  }
  const bytes = Buffer.concat(parts)
  return Buffer.concat([bytes, Buffer.alloc(aligned(bytes.length) - bytes.length)])
}

function valueBytes(value: MetadataValue): Buffer {
  if (value.type === 'array') {
    const { elementType, values } = value
    const head = [uint32(typeNumbers[elementType]), uint64(values.length)]
    return Buffer.concat([...head, ...values.map((one) => scalar(elementType, one))])
  }
  return scalar(value.type, value.value)
}

function scalar(type: keyof typeof typeNumbers, value: number | string | boolean): Buffer {
  if (type === 'string') return text(String(value))
  if (type === 'bool') return Buffer.from([value === true ? 1 : 0])
  const bytes = Buffer.alloc(4)
  if (type === 'float32') bytes.writeFloatLE(Number(value))
  else if (type === 'int32') bytes.writeInt32LE(Number(value))
  else bytes.writeUInt32LE(Number(value))
  return bytes
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([uint64(bytes.length), bytes])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

function aligned(size: number): number {
  return Math.ceil(size / alignment) * alignment
}
