/** What a real Ollama makes of weights, we make: the same bytes, the same config, the same digest. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type MetadataValue,
  type TensorPlan,
  type TensorType,
  writeGguf,
} from '../../../../tools/random-gguf/gguf-writer.ts'
import { fills, writeRandomModel } from '../../../../tools/random-gguf/random-model.ts'
import { realBinary, type ServedOllama } from '../../../support/ollama-program/kinds.ts'
import { serveRealOllama } from '../../../support/ollama-program/real.ts'
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../../support/temporary-directory.ts'
import { startTestEngine, type TestEngine } from '../test-engine.ts'
import { ask, uploadFile } from './manage-engine.ts'

const layers = 16

/** Names of one layer's tensors with their shapes, of all kinds that are treated differently; not a model that runs. */
const layerShapes: Readonly<Record<string, readonly number[]>> = {
  attn_q: [256, 256],
  attn_k: [256, 256],
  attn_v: [256, 64],
  attn_qkv: [256, 96],
  attn_output: [256, 256],
  attn_q_a: [256, 32],
  attn_kv_b: [64, 64],
  ffn_down: [512, 64],
  ffn_down_exps: [256, 32, 8],
  ffn_down_shexp: [256, 32],
  ffn_gate: [96, 32],
  ffn_up: [48, 32],
  ffn_gate_exps: [256, 32, 8],
  ffn_gate_inp: [256, 8],
  ffn_norm: [256],
  attn_q_norm: [64, 4],
  ssm_conv1d: [4, 256],
  ssm_out: [256, 48],
  ssm_alpha: [256, 32],
}

/** A file with every kind of tensor, in an order that is not the one of the result, and keys that have no home. */
function writeOddModel(path: string, architecture: string, experts: number): void {
  const metadata = new Map<string, MetadataValue>([
    ['quantize.imatrix.file', { type: 'string', value: 'x' }],
    ['general.file_type', { type: 'uint32', value: 1 }],
    ['general.architecture', { type: 'string', value: architecture }],
    [`${architecture}.block_count`, { type: 'uint32', value: layers }],
    [`${architecture}.expert_count`, { type: 'uint32', value: experts }],
    ['tokenizer.ggml.tokens', { type: 'array', elementType: 'string', values: ['a', 'b'] }],
  ])
  const tensor = (
    name: string,
    shape: readonly number[],
    type: TensorType = 'F16',
  ): TensorPlan => ({
    name,
    shape,
    type,
    fill: fills[type],
  })
  const tensors = Array.from({ length: layers }, (_, layer) =>
    Object.entries(layerShapes).map(([name, shape]) =>
      tensor(`blk.${layers - 1 - layer}.${name}.weight`, shape, shape.length > 1 ? 'F16' : 'F32'),
    ),
  ).flat()
  const odd = [
    tensor('output.weight', [256, 64]),
    tensor('token_embd.weight', [256, 64]),
    tensor('output_norm.weight', [256, 2]),
    tensor('v.blk.0.attn_q.weight', [256, 64]),
    tensor('mm.0.weight', [256, 64]),
    tensor('blk.3.attn_q.bias', [256], 'F32'),
    tensor('position_embd.weight', [256, 64]),
    tensor('blk.2.attn_v_b.weight', [256, 64], 'Q8_0'),
  ]
  writeGguf(path, metadata, [...tensors, ...odd])
}

describe.skipIf(realBinary === undefined)('a real Ollama (needs OLLAMA_BIN)', () => {
  let directory: TemporaryDirectory
  let ollama: ServedOllama
  let engine: TestEngine
  beforeAll(async () => {
    directory = await makeTemporaryDirectory()
    ollama = await serveRealOllama(realBinary ?? '')
    engine = await startTestEngine()
  }, 60_000)
  afterAll(async () => {
    await ollama?.stop()
    await engine?.stop()
    await directory?.remove()
  })

  /** The lines, those about weights without how much is done: that one makes them side by side, and looks now and then. */
  async function made(at: { readonly url: string }, body: object) {
    const { text } = await ask(at, 'POST', '/api/create', { model: 'm', ...body })
    const tags = await ask(at, 'GET', '/api/tags')
    const { models } = JSON.parse(tags.text) as { models: { name: string; digest: string }[] }
    const lines = text.trim().split('\n')
    return {
      lines: lines.map((line) => line.replace(/,"completed":\d+/, '')),
      doneBytes: Number(
        lines.findLast((line) => line.includes('"completed"'))?.match(/\d+(?=}$)/)?.[0],
      ),
      totalBytes: Number(
        lines.findLast((line) => line.includes('"total"'))?.match(/"total":(\d+)/)?.[1],
      ),
      digest: models.find(({ name }) => name === 'm:latest')?.digest,
    }
  }

  const both = ['q4_K_M', 'Q4_K_S', 'q8_0', 'f32', 'q4_k', 'q5_0']
  const size = { contextTokens: 512 }

  test.each<[string, (path: string) => void, readonly string[]]>([
    [
      'F16 weights',
      (path) => writeRandomModel(path, { ...size, layers: 8, width: 256, type: 'F16' }),
      [...both, 'bf16'],
    ],
    [
      'BF16 weights',
      (path) => writeRandomModel(path, { ...size, layers: 2, width: 192, type: 'BF16' }),
      [...both, 'f16'],
    ],
    ['eight experts', (path) => writeOddModel(path, 'llama', 8), both],
    ['two experts', (path) => writeOddModel(path, 'llama', 2), both],
    ['mixed attention', (path) => writeOddModel(path, 'qwen3next', 8), both],
  ])('%s: the same model by the same lines', async (_, write, targets) => {
    const path = directory.inside('weights.gguf')
    write(path)
    const digest = await uploadFile(engine, path)
    await uploadFile(ollama, path)
    for (const quantize of targets) {
      const body = { files: { 'm.gguf': digest }, quantize }
      const { doneBytes: _lately, ...theirs } = await made(ollama, body)
      const { doneBytes, ...ours } = await made(engine, body)
      expect(ours).toEqual(theirs)
      expect(doneBytes).toBe(ours.totalBytes)
    }
  })
})
