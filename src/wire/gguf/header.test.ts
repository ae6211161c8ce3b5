import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { encodeGoJson } from '../go-json/index.ts'
import {
  ggufFlag,
  ggufInteger,
  ggufText,
  modelInfo,
  parameterSize,
  quantizationName,
  readGgufHeader,
} from './index.ts'

const file = readFileSync(new URL('../../../assets/pocket/pocket.gguf', import.meta.url))
const read = (offset: number, length: number) => file.subarray(offset, offset + length)
const header = readGgufHeader(read, file.length)

describe('the header of the bundled model', () => {
  test('says what the model is', () => {
    expect(header.version).toBe(3)
    expect(header.parameterCount).toBe(2_853_312)
    expect(parameterSize(header.parameterCount)).toBe('2.85M')
    expect(quantizationName(header)).toBe('Q8_0')
    expect(ggufText(header, 'general.architecture')).toBe('llama')
    expect(ggufInteger(header, 'llama.context_length')).toBe(1024)
    expect(ggufFlag(header, 'tokenizer.ggml.add_bos_token')).toBe(true)
    expect(ggufText(header, 'llama.context_length')).toBeUndefined()
  })

  test('places its tensors one behind the other up to the end of the file', () => {
    expect(header.tensors).toHaveLength(56)
    expect(header.tensors[0]).toEqual({
      name: 'token_embd.weight',
      shape: [192, 1024],
      type: 'Q8_0',
      offsetBytes: header.dataOffsetBytes,
      sizeBytes: 208_896,
    })
    const last = header.tensors.at(-1)
    expect(last && last.offsetBytes + last.sizeBytes).toBe(file.length)
  })

  test('prints as Ollama prints model_info: keys in order, long arrays only when asked for', () => {
    const brief = encodeGoJson(modelInfo(header))
    expect(brief).toMatch(/^\{"general\.architecture":"llama","general\.description":/)
    expect(brief).toContain('"general.parameter_count":2853312,"llama.attention.head_count":6')
    expect(brief).toContain('"llama.attention.layer_norm_rms_epsilon":0.00001,')
    expect(brief).toContain('"tokenizer.ggml.tokens":null')
    expect(brief).not.toContain('general.name')
    const whole = modelInfo(header, { read, fileSizeBytes: file.length })
    expect(whole['tokenizer.ggml.tokens']).toHaveLength(1024)
    expect(encodeGoJson(whole)).toContain(String.raw`"tokenizer.ggml.tokens":["\u003c|bos|\u003e",`)
    expect(encodeGoJson(whole['tokenizer.ggml.token_type'])).toMatch(/^\[3,3,/)
  })

  test('is read without touching the tensors', () => {
    let furthest = 0
    readGgufHeader((offset, length) => {
      furthest = Math.max(furthest, offset + length)
      return read(offset, length)
    }, file.length)
    expect(furthest).toBeLessThanOrEqual(64 * 1024)
  })
})

test.each([
  [134_515_008, '134.52M'],
  [7_600_000_000, '7.6B'],
  [8_000_000_000, '8B'],
  [7_000_000, '7M'],
  [260_032, '260K'],
  [32, '32'],
  [7_250_000_000, '7.2B'],
])('%d parameters are %s', (count, text) => {
  expect(parameterSize(count)).toBe(text)
})
