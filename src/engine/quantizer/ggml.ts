/** The functions of ggml that turn numbers of one type into another. Plain arrays go in and out, so no struct layout matters. */
import { promisify } from 'node:util'
import { OdError } from '../../core/errors/index.ts'
import { tensorBlock, tensorTypeNumber } from '../../wire/gguf/index.ts'
import { openLibraries } from '../runner/llama/library.ts'

/** How each type is read. Source: ggml-quants.h; the choice is that of Ollama ml/backend/ggml/quantization.go, ConvertToF32. */
const readers: Readonly<Record<string, string>> = {
  F16: 'ggml_fp16_to_fp32_row',
  BF16: 'ggml_bf16_to_fp32_row',
  Q4_0: 'dequantize_row_q4_0',
  Q4_1: 'dequantize_row_q4_1',
  Q5_0: 'dequantize_row_q5_0',
  Q5_1: 'dequantize_row_q5_1',
  Q8_0: 'dequantize_row_q8_0',
  Q2_K: 'dequantize_row_q2_K',
  Q3_K: 'dequantize_row_q3_K',
  Q4_K: 'dequantize_row_q4_K',
  Q5_K: 'dequantize_row_q5_K',
  Q6_K: 'dequantize_row_q6_K',
  MXFP4: 'dequantize_row_mxfp4',
}

/** Converts blocks; both directions run on a thread of libuv's pool. */
export interface Converter {
  /** `bytes` are whole blocks of type `from`. Rejects for a type that cannot be read. */
  toFloats(from: string, bytes: Uint8Array): Promise<Float32Array>
  /** As many elements as make whole blocks of type `to`. */
  fromFloats(to: string, floats: Float32Array): Promise<Uint8Array>
}

/** Throws `OD_ENGINE_LAYOUT` when the library means other types by the numbers of `types`, and the errors of `openLibraries`. */
export function openConverter(types: readonly string[]): Converter {
  const { base } = openLibraries()
  const typeName = base.func('ggml_type_name', 'str', ['int'])
  const blockElements = base.func('ggml_blck_size', 'int64_t', ['int'])
  const blockBytes = base.func('ggml_type_size', 'size_t', ['int'])
  for (const type of new Set(types)) {
    const number = tensorTypeNumber(type)
    const { elements, bytes } = tensorBlock(type)
    const here = `${type} ${elements} ${bytes}`
    const there = `${String(typeName(number)).toUpperCase()} ${blockElements(number)} ${blockBytes(number)}`
    if (here !== there) throw new OdError('OD_ENGINE_LAYOUT', { reason: `${there} for ${here}` })
  }
  const rows = ['void *', 'void *', 'int64_t']
  const opened = new Map(
    Object.entries(readers).map(([type, name]) => [
      type,
      promisify(base.func(name, 'void', rows).async),
    ]),
  )
  const quantize = promisify(
    base.func('ggml_quantize_chunk', 'size_t', [
      'int',
      'void *',
      'void *',
      'int64_t',
      'int64_t',
      'int64_t',
      'void *',
    ]).async,
  )
  return {
    async toFloats(from, bytes) {
      const block = tensorBlock(from)
      const elements = (bytes.length / block.bytes) * block.elements
      if (from === 'F32') return new Float32Array(bytes.buffer, bytes.byteOffset, elements)
      const reader = opened.get(from)
      if (reader === undefined) throw new Error(`tensors of type ${from} cannot be quantized`)
      const floats = new Float32Array(elements)
      await reader(bytes, floats, elements)
      return floats
    },
    async fromFloats(to, floats) {
      if (to === 'F32') return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength)
      const block = tensorBlock(to)
      const bytes = new Uint8Array((floats.length / block.elements) * block.bytes)
      // one row of whole blocks: without an importance matrix each block is made by itself
      const written = await quantize(tensorTypeNumber(to), floats, bytes, 0, 1, floats.length, null)
      if (written !== bytes.length) throw new Error(`ggml wrote ${String(written)} bytes of ${to}`)
      return bytes
    },
  }
}
