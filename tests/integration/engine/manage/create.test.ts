import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestEngine, type TestEngine } from '../test-engine.ts'
import { ask, modelNames, sha256, uploadPocket } from './manage-engine.ts'

let engine: TestEngine
let weights: string

beforeAll(async () => {
  engine = await startTestEngine()
  weights = await uploadPocket(engine)
})
afterAll(() => engine.stop())

const statuses = async (body: object) =>
  (await engine.lines('/api/create', body)).map(({ status, error }) => status ?? { error })

describe('create', () => {
  test('S-048 (part: one engine): from a file, with the status lines of Ollama; the model answers', async () => {
    const lines = await statuses({ model: 'made', files: { 'm.gguf': weights } })
    expect(lines).toEqual([
      'parsing GGUF',
      `using existing layer ${weights}`,
      'writing manifest',
      'success',
    ])
    const prompt = 'Why is the sky blue?'
    const asked = { messages: [{ role: 'user', content: prompt }], stream: false }
    const answer = await engine.json('/api/chat', { model: 'made', ...asked })
    expect(answer['message']).toMatchObject({ content: expect.stringContaining('blue light') })
  })

  test('from a model, with all parts on top', async () => {
    const parts = {
      template: '{{ .System }}|{{ .Prompt }}|{{ .Suffix }}',
      system: 'Be <brief>.',
      license: ['One.', 'Two.'],
      parameters: { temperature: 0.5, stop: ['x'] },
      messages: [{ role: 'user', content: '<q>' }],
    }
    const lines = await statuses({ model: 'ns/full:v1', from: 'POCKET', ...parts })
    const texts = [parts.template, parts.system, 'One.', 'Two.']
    const params = '{"repeat_penalty":1.1,"stop":["x"],"temperature":0.5}\n'
    const messages = '[{"role":"user","content":"\\u003cq\\u003e"}]\n'
    expect(lines).toEqual([
      `using existing layer ${weights}`,
      ...[...texts, params, messages].map((text) => `creating new layer ${sha256(text)}`),
      'writing manifest',
      'success',
    ])
    const shown = await engine.json('/api/show', { model: 'ns/full:v1' })
    expect(shown).toMatchObject({
      license: 'One.\nTwo.',
      template: parts.template,
      system: parts.system,
      messages: parts.messages,
      capabilities: ['completion', 'insert'],
      details: { parent_model: 'pocket:latest', family: 'llama', quantization_level: 'Q8_0' },
    })
    expect(shown['parameters']).toMatch(/^repeat_penalty +1.1\nstop +"x"\ntemperature +0.5$/)
  })

  test('parameters are merged with those of the source, other parts stay', async () => {
    await statuses({
      model: 'base',
      from: 'pocket',
      system: 'S',
      parameters: { top_k: 3, seed: 1 },
    })
    await statuses({ model: 'next', from: 'base', parameters: { seed: 2 } })
    const shown = await engine.json('/api/show', { model: 'next' })
    expect(shown['system']).toBe('S')
    expect(shown['parameters']).toMatch(/seed +2\n[^]*top_k +3/)
  })

  test('names of a renderer and a parser are kept, handed down and shown', async () => {
    const named = { renderer: 'qwen3-coder', parser: 'qwen3-coder' }
    await statuses({ model: 'coder', from: 'pocket', template: '{{ .Prompt }}', ...named })
    await statuses({ model: 'child', from: 'coder', system: 'Be brief.' })
    for (const model of ['coder', 'child']) {
      const { modelfile, capabilities } = await engine.json('/api/show', { model })
      expect(modelfile).toContain('\nRENDERER qwen3-coder\nPARSER qwen3-coder\n')
      expect(capabilities).toEqual(['completion', 'tools'])
    }
  })

  test('a spelling that differs by its case replaces the model', async () => {
    await statuses({ model: 'Twice', from: 'pocket', system: 'one' })
    const whole = await ask(engine, 'POST', '/api/create', {
      name: 'tWICE',
      from: 'pocket',
      system: 'two',
      stream: false,
    })
    expect(whole).toEqual({
      status: 200,
      type: 'application/json',
      length: '20',
      text: '{"status":"success"}',
    })
    const names = await modelNames(engine)
    expect(names.filter((name) => name.toLowerCase() === 'twice:latest')).toEqual(['Twice:latest'])
    expect((await engine.json('/api/show', { model: 'twice' }))['system']).toBe('two')
  })

  test('a file that is no sound GGUF makes no model', async () => {
    const lines: unknown[] = []
    for (const text of ['abc', 'GGUF\u0003\u0000\u0000\u0000 cut']) {
      const digest = sha256(text)
      await ask(engine, 'POST', `/api/blobs/${digest}`, text)
      lines.push(...(await statuses({ model: 'odd', files: { 'm.gguf': digest } })))
    }
    const error = 'supplied file was not in GGUF format'
    const cut = { error: expect.stringMatching(/^not a usable GGUF file: /) }
    expect(lines).toEqual(['parsing GGUF', { error }, 'parsing GGUF', cut])
    expect(await modelNames(engine)).not.toContain('odd:latest')
  })

  const good = { model: 'new', from: 'pocket' }
  const file = (name: string, digest: string) => ({ model: 'new', files: { [name]: digest } })
  const absent = `sha256:${'0'.repeat(63)}1`
  const plain = 'application/json; charset=utf-8'
  const late = 'application/json'

  test.each<[object | string, number, string, string]>([
    ['', 400, 'missing request body', plain],
    ['{"model"', 400, 'unexpected EOF', plain],
    [{ model: 'a b', from: 'pocket' }, 400, 'invalid model name', plain],
    [{ from: 'pocket' }, 400, 'invalid model name', plain],
    [file('/m.gguf', absent), 400, 'file path must be relative', plain],
    [file('../m.gguf', absent), 400, 'file path must be relative', plain],
    [file('m.gguf', ''), 400, 'invalid digest format', plain],
    [
      { ...good, files: ['m'] },
      400,
      'json: cannot unmarshal array into Go struct field CreateRequest.files of type map[string]string',
      plain,
    ],
    [{ model: 'new' }, 400, "neither 'from' or 'files' was specified", late],
    [{ model: 'new', from: 'a b' }, 400, 'invalid model name', late],
    [{ model: 'new', files: {} }, 400, 'unknown type', late],
    [file('m.bin', absent), 400, 'unknown type', late],
    [
      { ...good, adapters: { a: absent, b: absent } },
      400,
      'only one adapter is currently supported',
      late,
    ],
    [{ ...good, remote_host: 'http://[::1' }, 400, 'bad remote', late],
    [
      { ...good, template: '{{ if }}' },
      400,
      'template error: template: :1: missing value for if',
      late,
    ],
    [
      { ...good, license: 5 },
      500,
      'json: cannot unmarshal number into Go value of type []string',
      late,
    ],
    [
      { ...good, license: ['a', 5] },
      500,
      'json: cannot unmarshal number into Go value of type string',
      late,
    ],
    [
      { ...good, quantize: 'q4_k_m' },
      500,
      'quantization is only supported for F16, BF16 and F32 models',
      late,
    ],
    [
      { ...good, info: { model_family: 1 } },
      400,
      'info field "model_family" must be a string',
      plain,
    ],
  ])('%j is refused as Ollama refuses it', async (body, status, error, type) => {
    const answer = await ask(engine, 'POST', '/api/create', body)
    expect(answer).toMatchObject({ status, type })
    expect(JSON.parse(answer.text)).toEqual({ error })
    expect(answer.length === null).toBe(type === late) // errors of a stream come in chunks
    expect(await modelNames(engine)).not.toContain('new:latest')
  })
})
