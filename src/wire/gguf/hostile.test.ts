import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isOdError } from '../../core/errors/index.ts'
import { ggufLimits, readGgufHeader } from './index.ts'

const pocket = readFileSync(new URL('../../../assets/pocket/pocket.gguf', import.meta.url))
const pocketHeaderBytes = 31_168

/** Reads `bytes` as a file; gives the reason of the refusal, or undefined when there was none. Notes what it cost. */
function refusal(bytes: Uint8Array, fileSizeBytes = bytes.length) {
  const cost = { readBytes: 0 }
  try {
    const read = (offset: number, length: number) => {
      cost.readBytes += length
      return bytes.subarray(offset, offset + length)
    }
    readGgufHeader(read, fileSizeBytes)
    return { reason: undefined, ...cost }
  } catch (error) {
    if (!isOdError(error) || error.code !== 'OD_GGUF_INVALID') throw error
    return { reason: error.message.replace('not a usable GGUF file: ', ''), ...cost }
  }
}

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
const f32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return bytes
}
const text = (value: string) => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)])
const key = (name: string, type: number, value: Buffer) =>
  Buffer.concat([text(name), u32(type), value])
const tensor = (name: string, shape: (number | bigint)[], type = 0, offset: number | bigint = 0) =>
  Buffer.concat([text(name), u32(shape.length), ...shape.map(u64), u32(type), u64(offset)])

interface Parts {
  keys?: Buffer[]
  tensors?: Buffer[]
  version?: number
  keyCount?: number | bigint
  tensorCount?: number | bigint
}

function gguf({ keys = [], tensors = [], version = 3, keyCount, tensorCount }: Parts): Buffer {
  const counts = [u64(tensorCount ?? tensors.length), u64(keyCount ?? keys.length)]
  const data = Buffer.alloc(4_096)
  return Buffer.concat([Buffer.from('GGUF'), u32(version), ...counts, ...keys, ...tensors, data])
}

const nested = (levels: number): Buffer =>
  levels === 0
    ? Buffer.concat([u32(0), u64(1), Buffer.of(1)])
    : Buffer.concat([u32(9), u64(1), nested(levels - 1)])

describe('a file that is', () => {
  test.each<[string, Buffer, string | undefined]>([
    ['sound', gguf({ keys: [key('a', 4, u32(1))], tensors: [tensor('t', [32])] }), undefined],
    ['sound, of version 2', gguf({ version: 2 }), undefined],
    ['an array of arrays', gguf({ keys: [key('a', 9, nested(1))] }), undefined],
    ['empty', Buffer.alloc(0), 'it ends inside its header'],
    ['only its magic', Buffer.from('GGUF'), 'it ends inside its header'],
    ['something else', Buffer.alloc(64), 'it does not begin with "GGUF"'],
    ['of version 1', gguf({ version: 1 }), 'version 1 of the format is not supported'],
    ['big-endian', gguf({ version: 0x03000000 }), 'its byte order is big-endian'],
    ['of 2^63 keys', gguf({ keyCount: 2n ** 63n }), 'a number in it is too large'],
    ['of ten million keys', gguf({ keyCount: 10_000_000 }), 'it has too many keys'],
    [
      'of more keys than bytes',
      gguf({ keyCount: 60_000 }),
      'an array in it is longer than the file',
    ],
    ['of 2^32 tensors', gguf({ tensorCount: 2n ** 32n }), 'it has too many tensors'],
    ['a key of 2^64-1 bytes', gguf({ keys: [u64(2n ** 64n - 1n)] }), 'a number in it is too large'],
    ['a key of a gigabyte', gguf({ keys: [u64(2 ** 30)] }), 'a text in it is too long'],
    [
      'of an unknown value type',
      gguf({ keys: [key('a', 13, u32(0))] }),
      'a value in it has an unknown type',
    ],
    [
      'the same key twice',
      gguf({ keys: [key('a', 4, u32(1)), key('a', 4, u32(2))] }),
      'key "a" is there twice',
    ],
    ['nested arrays', gguf({ keys: [key('a', 9, nested(2))] }), 'its arrays are nested too deep'],
    [
      'arrays 10,000 deep',
      gguf({ keys: [key('a', 9, nested(5_000))] }),
      'its arrays are nested too deep',
    ],
    [
      'an array beyond its end',
      gguf({ keys: [key('a', 9, Buffer.concat([u32(10), u64(9_000_000)]))] }),
      'it ends inside its header',
    ],
    [
      'an array of nine million texts in no bytes',
      gguf({ keys: [key('a', 9, Buffer.concat([u32(8), u64(9_000_000)]))] }),
      'an array in it is longer than the file',
    ],
    [
      'an array of 2^40',
      gguf({ keys: [key('a', 9, Buffer.concat([u32(0), u64(2 ** 40)]))] }),
      'an array in it is too long',
    ],
    [
      'of alignment 0',
      gguf({ keys: [key('general.alignment', 4, u32(0))] }),
      'its alignment is none',
    ],
    [
      'of alignment 24',
      gguf({ keys: [key('general.alignment', 4, u32(24))] }),
      'its alignment is none',
    ],
    [
      'of 100,000 blocks',
      gguf({ keys: [key('llama.block_count', 4, u32(100_000))] }),
      '"llama.block_count" is out of range',
    ],
    [
      'of a text for blocks',
      gguf({ keys: [key('llama.block_count', 8, text('6'))] }),
      '"llama.block_count" is out of range',
    ],
    [
      'of an epsilon that is none',
      gguf({ keys: [key('llama.attention.layer_norm_rms_epsilon', 6, f32(Number.NaN))] }),
      '"llama.attention.layer_norm_rms_epsilon" is no small number',
    ],
    [
      'a tensor without dimensions',
      gguf({ tensors: [tensor('t', [])] }),
      'tensor "t" has 0 dimensions',
    ],
    [
      'a tensor of five',
      gguf({ tensors: [tensor('t', [1, 1, 1, 1, 1])] }),
      'tensor "t" has 5 dimensions',
    ],
    ['a tensor of nothing', gguf({ tensors: [tensor('t', [32, 0])] }), 'tensor "t" is empty'],
    [
      'a tensor whose size wraps around',
      gguf({ tensors: [tensor('t', [2 ** 32, 2 ** 32, 2 ** 32])] }),
      'tensor "t" is too large',
    ],
    [
      'a tensor of 2^63',
      gguf({ tensors: [tensor('t', [2n ** 63n])] }),
      'a number in it is too large',
    ],
    [
      'a tensor of no type',
      gguf({ tensors: [tensor('t', [32], 31)] }),
      'tensor "t" has an unknown type',
    ],
    [
      'a tensor of half a block',
      gguf({ tensors: [tensor('t', [16], 8)] }),
      'rows of tensor "t" do not fit its type',
    ],
    [
      'a tensor off its place',
      gguf({ tensors: [tensor('t', [1], 0, 4)] }),
      'tensor "t" is not aligned',
    ],
    [
      'a tensor behind the end',
      gguf({ tensors: [tensor('t', [1], 0, 8_192)] }),
      'tensor "t" reaches behind the end of the file',
    ],
    [
      'a tensor larger than the file',
      gguf({ tensors: [tensor('t', [1_000_000])] }),
      'tensor "t" reaches behind the end of the file',
    ],
    [
      'two tensors of one name',
      gguf({ tensors: [tensor('t', [1]), tensor('t', [1])] }),
      'two tensors are named "t"',
    ],
    [
      'a tensor with a long name',
      gguf({ tensors: [tensor('t'.repeat(257), [1])] }),
      'a text in it is too long',
    ],
  ])('%s', (_, bytes, reason) => {
    const startMs = performance.now()
    expect(refusal(bytes)).toMatchObject({ reason })
    expect(performance.now() - startMs).toBeLessThan(500)
  })

  test('larger than its header may be is refused before that much is read', () => {
    const array = Buffer.concat([u32(10), u64(10_000_000)])
    const keys = Array.from({ length: 4 }, (_, index) => key(`k${index}`, 9, array))
    const found = refusal(gguf({ keys: keys.slice(0, 1), keyCount: 4 }), 2 ** 40)
    expect(found.reason).toBe('it became shorter while it was read')
    expect(found.readBytes).toBeLessThan(1_000_000)
  })

  test('full of texts is refused before they fill the memory', () => {
    const long = text('x'.repeat(1_000_000))
    const keys = Array.from({ length: 30 }, (_, index) => key(`k${index}`, 8, long))
    expect(refusal(gguf({ keys })).reason).toBe('its texts are too long together')
  })

  test('as large as is allowed stays below 64 MB', () => {
    const value = text('x'.repeat(250))
    const keys = Array.from({ length: ggufLimits.keysMax }, (_, index) =>
      key(`k${index}`, 8, value),
    )
    const tensors = Array.from({ length: 20_000 }, (_, index) => tensor(`t${index}`, [1]))
    const bytes = gguf({ keys, tensors })
    const before = process.memoryUsage()
    const header = readGgufHeader((at, length) => bytes.subarray(at, at + length), bytes.length)
    const after = process.memoryUsage()
    expect(header.metadata.size).toBe(ggufLimits.keysMax)
    const grownBytes = after.heapUsed + after.external - before.heapUsed - before.external
    expect(grownBytes).toBeLessThan(64 * 1024 * 1024)
  })
})

describe('the bundled model', () => {
  test('cut anywhere in its header is refused', () => {
    for (let end = 0; end < pocketHeaderBytes; end += 61) {
      expect(refusal(pocket.subarray(0, end)).reason).toBeDefined()
    }
    expect(refusal(pocket.subarray(0, pocket.length - 1)).reason).toContain(
      'reaches behind the end',
    )
  })

  test('with any bytes of its header changed is read or refused, and nothing else', () => {
    const changes = fc.array(fc.tuple(fc.nat(pocketHeaderBytes - 1), fc.nat(255)), {
      minLength: 1,
      maxLength: 4,
    })
    const bytes = Buffer.from(pocket)
    fc.assert(
      fc.property(changes, (list) => {
        for (const [at, value] of list) bytes[at] = value
        const { readBytes } = refusal(bytes)
        for (const [at] of list) bytes[at] = pocket[at] ?? 0
        expect(readBytes).toBeLessThan(16 * 1024 * 1024)
      }),
      { numRuns: 2_000 },
    )
  })
})
