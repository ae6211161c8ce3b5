import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OdError } from '../../core/errors/index.ts'
import { renderOllamaError } from './errors.ts'
import {
  chatChunk,
  chatFinal,
  chatLoaded,
  chatRendered,
  embedAnswer,
  embeddingsAnswer,
  generateChunk,
  generateFinal,
  generateLoaded,
  generateRendered,
  psAnswer,
  showAnswer,
  tagsAnswer,
  versionAnswer,
} from './responses.ts'
import { goTimestamp } from './timestamps.ts'

/** 2026-11-23T14:50:08.125Z: a fraction that a double holds exactly. */
const wallMs = Date.UTC(2026, 10, 23, 14, 50, 8, 125)
const head = { model: 'smol', wallMs }
const metrics = {
  totalMs: 74.803128,
  loadMs: 50.718927,
  promptEvalCount: 15,
  promptEvalMs: 7.773454,
  evalCount: 3,
  evalMs: 13.84552,
}

/** Expected texts are answers of a 0.24 server, with the time replaced. */
describe('lines of generate', () => {
  test('a chunk', () => {
    expect(generateChunk({ ...head, response: '<b>' })).toBe(
      String.raw`{"model":"smol","created_at":"2026-11-23T14:50:08.125Z","response":"\u003cb\u003e","done":false}`,
    )
  })

  test('the last line', () => {
    const final = { ...head, response: 'The answer to', doneReason: 'length', metrics } as const
    expect(generateFinal({ ...final, context: [1, 4093] })).toBe(
      '{"model":"smol","created_at":"2026-11-23T14:50:08.125Z","response":"The answer to","done":true,' +
        '"done_reason":"length","context":[1,4093],"total_duration":74803128,"load_duration":50718927,' +
        '"prompt_eval_count":15,"prompt_eval_duration":7773454,"eval_count":3,"eval_duration":13845520}',
    )
  })

  test('thinking and token chances have their places, zeros are left out', () => {
    const logprobs = [
      {
        token: 'The',
        logprob: -0.0647696703672409,
        bytes: [84],
        topLogprobs: [{ token: 'A', logprob: -5.5, bytes: [65] }],
      },
    ]
    const zeros = { ...metrics, loadMs: 0, evalCount: 1, evalMs: 0 }
    expect(generateFinal({ ...head, response: '', thinking: 'hm', logprobs, metrics: zeros })).toBe(
      '{"model":"smol","created_at":"2026-11-23T14:50:08.125Z","response":"","thinking":"hm","done":true,' +
        '"total_duration":74803128,"prompt_eval_count":15,"prompt_eval_duration":7773454,"eval_count":1,' +
        '"logprobs":[{"token":"The","logprob":-0.0647696703672409,"bytes":[84],' +
        '"top_logprobs":[{"token":"A","logprob":-5.5,"bytes":[65]}]}]}',
    )
  })

  test('load, unload, and a prompt that was only rendered', () => {
    expect(generateLoaded({ ...head, doneReason: 'unload' })).toBe(
      '{"model":"smol","created_at":"2026-11-23T14:50:08.125Z","response":"","done":true,"done_reason":"unload"}',
    )
    expect(generateRendered({ ...head, rendered: { template: 'a\n', imageCount: 0 } })).toBe(
      String.raw`{"model":"smol","created_at":"2026-11-23T14:50:08.125Z","response":"","done":false,"_debug_info":{"rendered_template":"a\n"}}`,
    )
  })
})

describe('lines of chat', () => {
  test('a chunk, with a call of a tool', () => {
    const call = {
      id: 'call_oc4edoz7',
      function: { index: 0, name: 'get', arguments: { city: 'P' } },
    }
    expect(chatChunk({ ...head, message: { content: '', toolCalls: [call] } })).toBe(
      '{"model":"smol","created_at":"2026-11-23T14:50:08.125Z","message":{"role":"assistant","content":"",' +
        '"tool_calls":[{"id":"call_oc4edoz7","function":{"index":0,"name":"get","arguments":{"city":"P"}}}]},"done":false}',
    )
  })

  test('the last line: chances stand before the metrics', () => {
    const logprobs = [{ token: 'T', logprob: -1, bytes: [] }]
    const message = { content: 'Th', thinking: 'x' }
    const final = { ...head, message, doneReason: 'stop', metrics, logprobs } as const
    expect(chatFinal(final)).toBe(
      '{"model":"smol","created_at":"2026-11-23T14:50:08.125Z","message":{"role":"assistant","content":"Th","thinking":"x"},' +
        '"done":true,"done_reason":"stop","logprobs":[{"token":"T","logprob":-1}],"total_duration":74803128,"load_duration":50718927,' +
        '"prompt_eval_count":15,"prompt_eval_duration":7773454,"eval_count":3,"eval_duration":13845520}',
    )
  })

  test('load, and a prompt that was only rendered', () => {
    expect(chatLoaded({ ...head, doneReason: 'load' })).toBe(
      '{"model":"smol","created_at":"2026-11-23T14:50:08.125Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"load"}',
    )
    expect(chatRendered({ ...head, rendered: { template: 'a', imageCount: 2 } })).toBe(
      '{"model":"smol","created_at":"2026-11-23T14:50:08.125Z","message":{"role":"","content":""},"done":false,"_debug_info":{"rendered_template":"a","image_count":2}}',
    )
  })
})

describe('embeddings', () => {
  const vector = Float32Array.of(-0.012757875, 0.5)

  test('the batch form prints float32, the older form doubles', () => {
    const answer = {
      model: 'smol',
      embeddings: [vector],
      totalMs: 1,
      loadMs: 0.5,
      promptEvalCount: 2,
    }
    expect(embedAnswer(answer)).toBe(
      '{"model":"smol","embeddings":[[-0.012757875,0.5]],"total_duration":1000000,"load_duration":500000,"prompt_eval_count":2}',
    )
    expect(embeddingsAnswer(vector)).toBe('{"embedding":[-0.01275787502527237,0.5]}')
  })

  test('nothing to embed', () => {
    expect(embedAnswer({ model: 'smol', embeddings: [] })).toBe('{"model":"smol","embeddings":[]}')
    expect(embeddingsAnswer(new Float32Array())).toBe('{"embedding":[]}')
  })
})

describe('listings', () => {
  const digest = 'ad2b03285d2c483ee346bc7677405bc6b075de90ba98c0c30d799a14b965393d'
  const details = {
    parentModel: '',
    format: 'gguf',
    family: 'llama',
    families: ['llama'],
    parameterSize: '134.52M',
    quantizationLevel: 'Q4_1',
  }
  const name = 'smol:latest'
  const detailsText =
    '{"parent_model":"","format":"gguf","family":"llama","families":["llama"],"parameter_size":"134.52M","quantization_level":"Q4_1"}'

  test('tags', () => {
    const entry = { name, modifiedMs: wallMs, sizeBytes: 98_363_269, digest, details }
    expect(tagsAnswer([{ ...entry, capabilities: [] }])).toBe(
      `{"models":[{"name":"smol:latest","model":"smol:latest","modified_at":"2026-11-23T14:50:08.125Z","size":98363269,"digest":"${digest}","details":${detailsText}}]}`,
    )
    const newer = { ...entry, details: { ...details, contextLength: 8192, embeddingLength: 576 } }
    expect(tagsAnswer([{ ...newer, capabilities: ['completion'] }])).toContain(
      '"quantization_level":"Q4_1","context_length":8192,"embedding_length":576},"capabilities":["completion"]}',
    )
    expect(tagsAnswer([])).toBe('{"models":[]}')
  })

  test('ps, also for a model that stays', () => {
    const entry = { name, sizeBytes: 9, digest, details, sizeVramBytes: 0, contextLength: 4096 }
    expect(psAnswer([{ ...entry, expiresMs: wallMs }], wallMs)).toBe(
      `{"models":[{"name":"smol:latest","model":"smol:latest","size":9,"digest":"${digest}","details":${detailsText},"expires_at":"2026-11-23T14:50:08.125Z","size_vram":0,"context_length":4096}]}`,
    )
    expect(psAnswer([{ ...entry, expiresMs: Infinity }], wallMs)).toContain(
      '"expires_at":"2319-03-',
    )
  })

  test('show leaves out what is empty', () => {
    const answer = {
      license: '',
      modelfile: 'FROM x',
      parameters: '',
      template: '{{ .Prompt }}',
      system: '',
      details,
      messages: [{ role: 'user', content: 'Say one.' }],
      modelInfo: { 'general.architecture': 'llama', 'general.languages': null },
      tensors: [{ name: 'a', type: 'F32', shape: [32, 1] }],
      capabilities: ['completion'],
      modifiedMs: wallMs,
      requires: '',
    }
    expect(showAnswer(answer)).toBe(
      `{"modelfile":"FROM x","template":"{{ .Prompt }}","details":${detailsText},"messages":[{"role":"user","content":"Say one."}],` +
        '"model_info":{"general.architecture":"llama","general.languages":null},"tensors":[{"name":"a","type":"F32","shape":[32,1]}],' +
        '"capabilities":["completion"],"modified_at":"2026-11-23T14:50:08.125Z"}',
    )
  })

  test('version', () => {
    expect(versionAnswer('0.24.0')).toBe('{"version":"0.24.0"}')
  })
})

describe('errors', () => {
  test('one of ours keeps its words and status', () => {
    const error = new OdError('OD_MODEL_NOT_FOUND', { model: '<x>' })
    const body = String.raw`{"error":"model '\u003cx\u003e' not found"}`
    const { message } = error
    expect(renderOllamaError(error)).toEqual({ status: 404, message, body })
  })

  test.each([new Error('ENOENT /home/me/secret'), 'text', undefined, { message: 'x' }])(
    'of another nothing is shown: %s',
    (error) => {
      const body = '{"error":"internal server error"}'
      const message = 'internal server error'
      expect(renderOllamaError(error)).toEqual({ status: 500, message, body })
    },
  )
})

describe('goTimestamp', () => {
  test.each([
    [0, '1970-01-01T00:00:00Z'],
    [1.5, '1970-01-01T00:00:00.0015Z'],
    [100, '1970-01-01T00:00:00.1Z'],
    [-1, '1969-12-31T23:59:59.999Z'],
  ])('%d ms is %s', (ms, text) => {
    expect(goTimestamp(ms)).toBe(text)
  })

  test('agrees with the calendar of JavaScript', () => {
    fc.assert(
      fc.property(fc.integer({ min: -6e13, max: 2.5e14 }), (ms) => {
        const expected = new Date(ms).toISOString().replace(/\.?0*Z$/, 'Z')
        expect(goTimestamp(ms)).toBe(expected)
      }),
    )
  })
})
