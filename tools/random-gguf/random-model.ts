/**
 * Makes a model of any size with random weights: it writes nonsense at the true speed and with the true memory of its
 * size, so that tests of speed, memory and scheduling need no download. Its tokenizer is that of the bundled model.
 *
 *   node tools/random-gguf/random-model.ts OUT.gguf [LAYERS] [WIDTH] [CONTEXT] [Q8_0|F16|BF16|F32]
 */
import { randomFillSync } from 'node:crypto'
import { resolve } from 'node:path'
import { withFileReader } from '../../src/sys/files.ts'
import { type GgufValue, readGgufHeader } from '../../src/wire/gguf/index.ts'
import { readGgufArray } from '../../src/wire/gguf/value.ts'
import { type MetadataValue, type TensorPlan, type TensorType, writeGguf } from './gguf-writer.ts'

/** Size of a model. `width` must be a multiple of 64. */
export interface ModelSize {
  readonly layers: number
  readonly width: number
  readonly contextTokens: number
  /** What the weights are stored as; Q8_0 when nothing is said. */
  readonly type?: TensorType
}

const tokenizerSource = resolve(import.meta.dirname, '../../assets/pocket/pocket.gguf')
const headWidth = 64

/** `general.file_type` of files whose weights are of a type. */
const fileTypes = { F32: 0, F16: 1, Q8_0: 7, BF16: 32 } as const

/** Writes a llama-architecture model of that size to `path`, with a chat template (Jinja) if one is given. */
export function writeRandomModel(path: string, size: ModelSize, chatTemplate?: string): void {
  const tokenizer = tokenizerMetadata()
  const tokens = tokenizer.get('tokenizer.ggml.tokens')
  const vocabularySize = tokens?.type === 'array' ? tokens.values.length : 0
  const metadata = new Map<string, MetadataValue>([
    ['general.architecture', { type: 'string', value: 'llama' }],
    ['general.name', { type: 'string', value: 'random' }],
    ['general.file_type', { type: 'uint32', value: fileTypes[size.type ?? 'Q8_0'] }],
    ...sizeMetadata(size, vocabularySize),
    ...tokenizer,
  ])
  if (chatTemplate !== undefined) {
    metadata.set('tokenizer.chat_template', { type: 'string', value: chatTemplate })
  }
  writeGguf(path, metadata, tensorsOf(size, vocabularySize))
}

function sizeMetadata(
  { layers, width, contextTokens }: ModelSize,
  vocabularySize: number,
): [string, MetadataValue][] {
  const numbers = {
    context_length: contextTokens,
    embedding_length: width,
    block_count: layers,
    feed_forward_length: width * 4,
    'rope.dimension_count': headWidth,
    'attention.head_count': width / headWidth,
    'attention.head_count_kv': width / headWidth,
    vocab_size: vocabularySize,
  }
  return [
    ...Object.entries(numbers).map(([key, value]): [string, MetadataValue] => [
      `llama.${key}`,
      { type: 'uint32', value },
    ]),
    ['llama.attention.layer_norm_rms_epsilon', { type: 'float32', value: 1e-5 }],
  ]
}

function tensorsOf(
  { layers, width, type = 'Q8_0' }: ModelSize,
  vocabularySize: number,
): TensorPlan[] {
  const weights = (name: string, ...shape: number[]): TensorPlan => ({
    name,
    shape,
    type,
    fill: fills[type],
  })
  const norm = (name: string): TensorPlan => ({ name, shape: [width], type: 'F32', fill: fillOnes })
  const blocks = Array.from({ length: layers }, (_, index) => `blk.${index}`)
  return [
    weights('token_embd.weight', width, vocabularySize),
    norm('output_norm.weight'),
    ...blocks.flatMap((block) => [
      norm(`${block}.attn_norm.weight`),
      ...['attn_q', 'attn_k', 'attn_v', 'attn_output'].map((part) =>
        weights(`${block}.${part}.weight`, width, width),
      ),
      norm(`${block}.ffn_norm.weight`),
      weights(`${block}.ffn_gate.weight`, width, width * 4),
      weights(`${block}.ffn_up.weight`, width, width * 4),
      weights(`${block}.ffn_down.weight`, width * 4, width),
    ]),
  ]
}

/** Random bytes under one small scale: weights between about −0.06 and 0.06. */
export function fillQuantized(bytes: Buffer): void {
  randomFillSync(bytes)
  for (let block = 0; block < bytes.length; block += 34) bytes.writeUInt16LE(0x1000, block)
}

/** Random numbers between about 0.016 and 0.031, of either sign: mantissa and sign are left random, the exponent is not. */
function fillHalf(mask: number, exponent: number) {
  return (bytes: Buffer): void => {
    randomFillSync(bytes)
    for (let at = 0; at < bytes.length; at += 2) {
      bytes.writeUInt16LE((bytes.readUInt16LE(at) & mask) | exponent, at)
    }
  }
}

function fillFloats(bytes: Buffer): void {
  randomFillSync(bytes)
  for (let at = 0; at < bytes.length; at += 4) {
    bytes.writeUInt32LE(((bytes.readUInt32LE(at) & 0x807f_ffff) | 0x3c80_0000) >>> 0, at)
  }
}

/** Random weights of each type. */
export const fills: Readonly<Record<TensorType, TensorPlan['fill']>> = {
  Q8_0: fillQuantized,
  F16: fillHalf(0x83ff, 0x2400),
  BF16: fillHalf(0x807f, 0x3c80),
  F32: fillFloats,
}

export function fillOnes(bytes: Buffer): void {
  for (let offset = 0; offset < bytes.length; offset += 4) bytes.writeFloatLE(1, offset)
}

/** The tokenizer of the bundled model. */
export function tokenizerMetadata(): Map<string, MetadataValue> {
  return withFileReader(tokenizerSource, (read, sizeBytes) => {
    const { metadata } = readGgufHeader(read, sizeBytes)
    const found = new Map<string, MetadataValue>()
    for (const [key, value] of metadata) {
      if (key.startsWith('tokenizer.ggml.')) found.set(key, toMetadata(value, read, sizeBytes))
    }
    return found
  })
}

function toMetadata(
  value: GgufValue,
  read: (offset: number, length: number) => Uint8Array,
  sizeBytes: number,
): MetadataValue {
  if (value.type !== 'array') return value as MetadataValue
  const values = readGgufArray(read, sizeBytes, value).map((element) =>
    'value' in element ? (element.value as number | string) : 0,
  )
  return { type: 'array', elementType: value.elementType as 'string', values }
}

if (import.meta.main) {
  const [path, layers = '12', width = '768', context = '2048', type = 'Q8_0'] =
    process.argv.slice(2)
  if (path === undefined || !(type in fills))
    throw new Error('usage: random-model.ts OUT.gguf [LAYERS] [WIDTH] [CONTEXT] [TYPE]')
  writeRandomModel(path, {
    layers: Number(layers),
    width: Number(width),
    contextTokens: Number(context),
    type: type as TensorType,
  })
}
