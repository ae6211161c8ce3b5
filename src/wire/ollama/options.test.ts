import { describe, expect, test } from 'vitest'
import { decodeOptions, defaultOptions } from './options.ts'

describe('decodeOptions', () => {
  test('knows every option of Ollama by name', () => {
    const options = decodeOptions({
      num_ctx: 1,
      num_batch: 2,
      num_gpu: 3,
      main_gpu: 4,
      use_mmap: true,
      num_thread: 5,
      draft_num_predict: 6,
      num_keep: 7,
      seed: 8,
      num_predict: 9,
      top_k: 10,
      top_p: 0.5,
      min_p: 0.25,
      typical_p: 0.75,
      repeat_last_n: 11,
      temperature: 1,
      repeat_penalty: 2,
      presence_penalty: 3,
      frequency_penalty: 4,
      stop: ['a'],
    })
    expect(options).toEqual({
      numCtx: 1,
      numBatch: 2,
      numGpu: 3,
      mainGpu: 4,
      useMmap: true,
      numThread: 5,
      draftNumPredict: 6,
      numKeep: 7,
      seed: 8,
      numPredict: 9,
      topK: 10,
      topP: 0.5,
      minP: 0.25,
      typicalP: 0.75,
      repeatLastN: 11,
      temperature: 1,
      repeatPenalty: 2,
      presencePenalty: 3,
      frequencyPenalty: 4,
      stop: ['a'],
      unknown: [],
    })
  })

  test('gives only what was given, skips null, and names what means nothing', () => {
    expect(decodeOptions({ top_k: null, mirostat: 1, NUM_CTX: 5, __proto__x: {} })).toEqual({
      unknown: ['mirostat', 'NUM_CTX', '__proto__x'],
    })
  })

  test('cuts fractions off whole numbers and rounds others to float32', () => {
    expect(decodeOptions({ num_ctx: 4096.9, seed: -0.5, temperature: 0.1 })).toEqual({
      numCtx: 4096,
      seed: 0,
      temperature: Math.fround(0.1),
      unknown: [],
    })
  })

  test('gives no number that arithmetic chokes on', () => {
    const { numPredict, temperature } = decodeOptions({ num_predict: -1e300, temperature: 1e300 })
    expect(numPredict).toBe(Number.MIN_SAFE_INTEGER)
    expect(temperature).toBe(3.4028234663852886e38)
  })

  test.each([
    ['num_ctx', 'x', 'type integer'],
    ['seed', [1], 'type integer'],
    ['temperature', 'hot', 'type float32'],
    ['top_p', [], 'type float32'],
    ['use_mmap', 'yes', 'type boolean'],
    ['stop', 'x', 'type array'],
    ['stop', [5], 'an array of strings'],
  ])('%s: %j is refused in the words of Ollama', (option, value, type) => {
    const message = `option "${option}" must be of ${type}`
    const expected = expect.objectContaining({ httpStatus: 500, message })
    expect(() => decodeOptions({ [option]: value })).toThrow(expected)
  })
})

test('a request without options runs with the built-in ones', () => {
  expect({ ...defaultOptions, ...decodeOptions({ top_k: 1 }) }).toMatchObject({
    topK: 1,
    topP: Math.fround(0.9),
    temperature: Math.fround(0.8),
    repeatPenalty: 1,
    numPredict: -1,
    stop: [],
  })
})
