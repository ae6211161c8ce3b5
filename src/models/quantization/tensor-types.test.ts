import { describe, expect, test } from 'vitest'
import type { GgufHeader, GgufValue } from '../../wire/gguf/index.ts'
import { quantizationTarget, unquantizedType } from './target.ts'
import { chooseTensorTypes } from './tensor-types.ts'

type Shapes = Readonly<Record<string, readonly number[]>>

/** A header with these tensors, all F16. */
function headerOf(shapes: Shapes, metadata: Readonly<Record<string, GgufValue>> = {}): GgufHeader {
  const tensors = Object.entries(shapes).map(([name, shape]) => ({
    name,
    shape,
    type: 'F16',
    offsetBytes: 0,
    sizeBytes: 0,
  }))
  const keys: [string, GgufValue][] = [
    ['general.architecture', { type: 'string', value: 'llama' }],
    ...Object.entries(metadata),
  ]
  return {
    version: 3,
    metadata: new Map(keys),
    keyEnds: [],
    tensors,
    parameterCount: 0,
    alignment: 32,
    dataOffsetBytes: 0,
  }
}

/** The types that tensors get, by their names. */
function typesOf(shapes: Shapes, target: string, metadata?: Record<string, GgufValue>) {
  const types = chooseTensorTypes(headerOf(shapes, metadata), quantizationTarget(target))
  return Object.fromEntries(Object.keys(shapes).map((name, index) => [name, types[index]]))
}

const wide = [256, 256]
const inLayers = (part: string, layers: number): Shapes =>
  Object.fromEntries(
    Array.from({ length: layers }, (_, layer) => [`blk.${layer}.${part}.weight`, wide]),
  )
const layersOf = (types: Record<string, string | undefined>, type: string) =>
  Object.keys(types)
    .filter((name) => types[name] === type)
    .map((name) => Number(name.split('.')[1]))
const number = (value: number): GgufValue => ({ type: 'uint32', value })

describe('types of tensors', () => {
  test('what makes the output has more bits: the embedding too where nothing else makes it', () => {
    const output = { 'output.weight': wide }
    const embedding = { 'token_embd.weight': wide }
    expect(typesOf({ ...output, ...embedding }, 'Q4_K_M')).toEqual({
      'output.weight': 'Q6_K',
      'token_embd.weight': 'Q4_K',
    })
    expect(typesOf(embedding, 'Q4_K_S')).toEqual({ 'token_embd.weight': 'Q6_K' })
    expect(typesOf(embedding, 'Q8_0')).toEqual({ 'token_embd.weight': 'Q8_0' })
  })

  test.each(['attn_v', 'ffn_down'])(
    'Q4_K_M: %s has more bits in the first and last eighth and each third',
    (part) => {
      const types = typesOf(inLayers(part, 16), 'Q4_K_M')
      expect(layersOf(types, 'Q6_K')).toEqual([0, 1, 4, 7, 10, 13, 14, 15])
      expect(layersOf(types, 'Q4_K')).toHaveLength(8)
    },
  )

  test('Q4_K_S: more bits for the first four values, and for what goes down in the first eighth', () => {
    expect(layersOf(typesOf(inLayers('attn_v', 16), 'Q4_K_S'), 'Q5_K')).toEqual([0, 1, 2, 3])
    expect(layersOf(typesOf(inLayers('ffn_down', 16), 'Q4_K_S'), 'Q5_K')).toEqual([0, 1])
  })

  test('of eight experts the values and keys are small, and stay exact', () => {
    const shapes = {
      'blk.0.attn_v.weight': wide,
      'blk.0.attn_k.weight': wide,
      'blk.0.attn_output.weight': wide,
    }
    const eight = { 'llama.expert_count': number(8) }
    expect(Object.values(typesOf(shapes, 'Q4_K_S', eight))).toEqual(['Q8_0', 'Q8_0', 'Q5_K'])
  })

  test('what is small or loses too much stays as it is', () => {
    const shapes = {
      'blk.0.attn_norm.weight': wide,
      'blk.0.attn_q.bias': wide,
      'blk.0.attn_q.weight': [256],
      'blk.0.ffn_gate_inp.weight': wide,
      'v.blk.0.attn_q.weight': wide,
      'mm.0.weight': wide,
      'position_embd.weight': wide,
    }
    for (const type of Object.values(typesOf(shapes, 'Q4_K_M'))) expect(type).toBe('F16')
  })

  test.each([
    ['Q4_K_M', 'attn_q', 96, 'Q5_0'],
    ['Q4_K_M', 'attn_qkv', 96, 'Q5_1'],
    ['Q4_K_M', 'attn_qkv', 256, 'Q5_K'],
    ['Q4_K_M', 'attn_q', 48, 'F16'],
    ['Q8_0', 'attn_q', 48, 'F16'],
    ['Q8_0', 'attn_q', 96, 'Q8_0'],
  ])('%s: %s with rows of %i is %s', (target, part, row, type) => {
    const name = `blk.0.${part}.weight`
    expect(typesOf({ [name]: [row, 4] }, target)).toEqual({ [name]: type })
  })

  test('families that mix kinds of attention have their own table', () => {
    const architecture = { 'general.architecture': { type: 'string', value: 'qwen35' } as const }
    const shapes = { 'blk.0.attn_v.weight': wide, 'blk.0.attn_qkv.weight': wide }
    expect(Object.values(typesOf(shapes, 'Q4_K_M', architecture))).toEqual(['Q6_K', 'Q4_K'])
  })

  test('a family with rules that are not here is refused', () => {
    for (const metadata of [
      { 'general.architecture': { type: 'string', value: 'laguna' } as const },
      { 'llama.source_quantization': { type: 'string', value: 'hf_fp8' } as const },
    ]) {
      expect(() => typesOf({}, 'Q8_0', metadata)).toThrow('is not supported by this engine')
    }
  })
})

test('F32 is told from a file that does not say', () => {
  expect(unquantizedType(headerOf({}, { 'general.file_type': number(0) }))).toBe('F32')
  expect(unquantizedType(headerOf({}, { 'general.file_type': number(32) }))).toBe('BF16')
  for (const metadata of [{}, { 'general.file_type': number(15) }]) {
    expect(() => unquantizedType(headerOf({}, metadata))).toThrow('only supported for F16')
  }
})
