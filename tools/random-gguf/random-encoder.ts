/**
 * Makes a model for embeddings with random weights: BERT's architecture, which reads in both directions and makes no text. The
 * tokenizer is that of the bundled model, with a token at the start and one at the end of every text, as BERT has them.
 */
import { type MetadataValue, type TensorPlan, writeGguf } from './gguf-writer.ts'
import { fillOnes, fillQuantized, type ModelSize, tokenizerMetadata } from './random-model.ts'

/** How vectors of tokens become one (`enum llama_pooling_type`). */
export const poolings = { mean: 1, first: 2, last: 3 } as const

export type Pooling = keyof typeof poolings

const headWidth = 32

/** Writes a model of that size and pooling to `path`. */
export function writeRandomEncoder(path: string, size: ModelSize, pooling: Pooling): void {
  const tokenizer = tokenizerMetadata()
  const tokens = tokenizer.get('tokenizer.ggml.tokens')
  const vocabularySize = tokens?.type === 'array' ? tokens.values.length : 0
  const numbers = {
    context_length: size.contextTokens,
    embedding_length: size.width,
    block_count: size.layers,
    feed_forward_length: size.width * 2,
    'attention.head_count': size.width / headWidth,
    pooling_type: poolings[pooling],
  }
  const metadata = new Map<string, MetadataValue>([
    ['general.architecture', { type: 'string', value: 'bert' }],
    ['general.name', { type: 'string', value: 'random encoder' }],
    ['general.file_type', { type: 'uint32', value: 7 }],
    ...Object.entries(numbers).map(([key, value]): [string, MetadataValue] => [
      `bert.${key}`,
      { type: 'uint32', value },
    ]),
    ['bert.attention.layer_norm_epsilon', { type: 'float32', value: 1e-5 }],
    ['tokenizer.ggml.token_type_count', { type: 'uint32', value: 2 }],
    ['bert.attention.causal', { type: 'bool', value: false }],
    ...tokenizer,
    ['tokenizer.ggml.add_eos_token', { type: 'bool', value: true }],
  ])
  writeGguf(path, metadata, tensorsOf(size, vocabularySize))
}

function tensorsOf(size: ModelSize, vocabularySize: number): TensorPlan[] {
  const { layers, width } = size
  const matrix = (name: string, ...shape: number[]): TensorPlan => ({
    name: `${name}.weight`,
    shape,
    type: 'Q8_0',
    fill: fillQuantized,
  })
  const vector = (name: string, length: number, fill: TensorPlan['fill']): TensorPlan => ({
    name,
    shape: [length],
    type: 'F32',
    fill,
  })
  const norm = (name: string) => [
    vector(`${name}.weight`, width, fillOnes),
    vector(`${name}.bias`, width, fillZeros),
  ]
  const linear = (name: string, from: number, to: number) => [
    matrix(name, from, to),
    vector(`${name}.bias`, to, fillZeros),
  ]
  const blocks = Array.from({ length: layers }, (_, index) => `blk.${index}`)
  return [
    matrix('token_embd', width, vocabularySize),
    { name: 'token_types.weight', shape: [width, 2], type: 'F32', fill: fillZeros },
    matrix('position_embd', width, size.contextTokens),
    ...norm('token_embd_norm'),
    ...blocks.flatMap((block) => [
      ...['attn_q', 'attn_k', 'attn_v', 'attn_output'].flatMap((part) =>
        linear(`${block}.${part}`, width, width),
      ),
      ...norm(`${block}.attn_output_norm`),
      ...linear(`${block}.ffn_up`, width, width * 2),
      ...linear(`${block}.ffn_down`, width * 2, width),
      ...norm(`${block}.layer_output_norm`),
    ]),
  ]
}

function fillZeros(bytes: Buffer): void {
  bytes.fill(0)
}
