import { copyFileSync, truncateSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../../tests/support/temporary-directory.ts'
import type { GgufHeader } from '../../wire/gguf/index.ts'
import { fitLoad, memoryNeeded } from './load-check.ts'

const gib = 2 ** 30
const load = (path: string) => ({
  path,
  contextTokens: 4096,
  parallel: 1,
  batchTokens: 512,
  threadCounts: [1],
  gpuLayers: -1,
})

let directory: TemporaryDirectory
beforeAll(async () => {
  directory = await makeTemporaryDirectory()
})
afterAll(() => directory.remove())

/** A header with the numbers of a Llama 2 of 7 billion parameters. */
function sevenBillion(): GgufHeader {
  const numbers = {
    'llama.block_count': 32,
    'llama.attention.head_count': 32,
    'llama.embedding_length': 4096,
    'llama.context_length': 4096,
  }
  const metadata = new Map<
    string,
    { type: 'uint32'; value: number } | { type: 'string'; value: string }
  >(Object.entries(numbers).map(([key, value]) => [key, { type: 'uint32', value }]))
  metadata.set('general.architecture', { type: 'string', value: 'llama' })
  const rest = {
    version: 3,
    tensors: [],
    keyEnds: [],
    parameterCount: 0,
    alignment: 32,
    dataOffsetBytes: 0,
  }
  return { ...rest, metadata }
}

describe('before a load', () => {
  test('S-119 (part: estimate): a 7B model with 4-bit weights needs under the 8 GB that the guide names, with 8-bit more', () => {
    const needed = (weightsGib: number) => memoryNeeded(sevenBillion(), weightsGib * gib, load('x'))
    expect(needed(3.8) / 1e9).toBeLessThan(8)
    expect(needed(3.8) / gib).toBeGreaterThan(5.5)
    expect(needed(6.7) / 1e9).toBeGreaterThan(8)
  })

  test('a model that fits is let through', () => {
    expect(() => fitLoad(load('assets/pocket/pocket.gguf'), gib)).not.toThrow()
  })

  test('where memory is short it gets fewer sequences, as many as fit', () => {
    const four = { ...load('assets/pocket/pocket.gguf'), parallel: 4 }
    const { bytes } = fitLoad(four, gib)
    const one = fitLoad({ ...four, parallel: 1 }, gib).bytes
    const perSequence = (bytes - one) / 3
    expect(perSequence).toBeGreaterThan(0)
    expect(fitLoad(four, bytes)).toEqual({ load: four, bytes })
    expect(fitLoad(four, bytes - 1)).toEqual({
      load: { ...four, parallel: 2 },
      bytes: one + perSequence,
    })
    expect(fitLoad(four, one).load.parallel).toBe(1)
    expect(() => fitLoad(four, one - 1)).toThrow('model requires more system memory')
  })

  test("one that does not fit is refused in Ollama's words", () => {
    const check = () => fitLoad(load('assets/pocket/pocket.gguf'), 100 * 2 ** 20)
    expect(check).toThrow('model requires more system memory (')
    expect(check).toThrow(') than is available (100.0 MiB)')
  })

  test.each([
    ['no GGUF', (path: string) => writeFileSync(path, 'hello '.repeat(1000))],
    ['empty', (path: string) => writeFileSync(path, '')],
    [
      'cut off',
      (path: string) => {
        copyFileSync('assets/pocket/pocket.gguf', path)
        truncateSync(path, 1_000_000)
      },
    ],
  ])('a file that is %s never reaches llama.cpp', (name, write) => {
    const path = directory.inside(`${name}.gguf`)
    write(path)
    expect(() => fitLoad(load(path), gib)).toThrow(
      expect.objectContaining({ code: 'OD_GGUF_INVALID' }),
    )
  })
})
