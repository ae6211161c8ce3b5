/** Splits a GGUF file as llama.cpp's gguf-split does: the first part has the metadata, each says which it is. */
import { readFileSync } from 'node:fs'
import { readGgufHeader } from '../../src/wire/gguf/index.ts'
import { tensorTypeNumber } from '../../src/wire/gguf/tensor.ts'

/** The parts, with about as many tensors each. */
export function splitGguf(file: string, count: number): readonly Buffer[] {
  const whole = readFileSync(file)
  const header = readGgufHeader(
    (offset, length) => whole.subarray(offset, offset + length),
    whole.length,
  )
  const { alignment, tensors } = header
  const each = Math.ceil(tensors.length / count)
  return Array.from({ length: count }, (_, number) => {
    const own = tensors.slice(number * each, (number + 1) * each)
    const metadata = number === 0 ? whole.subarray(24, header.keyEnds.at(-1)) : Buffer.alloc(0)
    const keys = [
      key('split.no', 2, number, 2),
      key('split.count', 2, count, 2),
      key('split.tensors.count', 5, tensors.length, 4),
    ]
    const infos: Buffer[] = []
    const data: Buffer[] = []
    let offset = 0
    for (const { name, shape, type, offsetBytes, sizeBytes } of own) {
      const sizes = shape.map(uint64)
      infos.push(
        text(name),
        uint(shape.length, 4),
        ...sizes,
        uint(tensorTypeNumber(type), 4),
        uint64(offset),
      )
      const padded = Math.ceil(sizeBytes / alignment) * alignment
      data.push(
        whole.subarray(offsetBytes, offsetBytes + sizeBytes),
        Buffer.alloc(padded - sizeBytes),
      )
      offset += padded
    }
    const start = [
      Buffer.from('GGUF'),
      uint(3, 4),
      uint64(own.length),
      uint64(keys.length + (number === 0 ? header.metadata.size : 0)),
    ]
    const head = Buffer.concat([...start, metadata, ...keys, ...infos])
    const padding = Buffer.alloc(Math.ceil(head.length / alignment) * alignment - head.length)
    return Buffer.concat([head, padding, ...data])
  })
}

function key(name: string, type: number, value: number, bytes: number): Buffer {
  return Buffer.concat([text(name), uint(type, 4), uint(value, bytes)])
}

function text(value: string): Buffer {
  return Buffer.concat([uint64(value.length), Buffer.from(value)])
}

function uint(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes)
  buffer.writeUIntLE(value, 0, bytes)
  return buffer
}

function uint64(value: number): Buffer {
  const buffer = Buffer.alloc(8)
  buffer.writeBigUInt64LE(BigInt(value))
  return buffer
}
