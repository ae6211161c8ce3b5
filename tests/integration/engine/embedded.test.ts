import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../../support/until.ts'
import { startTestEngine, type TestEngine } from './test-engine.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})
afterAll(() => engine.stop())

const sky = { model: 'pocket', prompt: 'Why is the sky blue?' }
const skyText =
  'Sunlight is made of many colours. Air scatters blue light much more than red light, so blue reaches our eyes from every side of the sky.'
const ask = (content: string) => ({ model: 'pocket', messages: [{ role: 'user', content }] })
const metricKeys = [
  'total_duration',
  'load_duration',
  'prompt_eval_count',
  'prompt_eval_duration',
  'eval_count',
  'eval_duration',
]

describe('generate', () => {
  test('streams lines of Ollama, text in pieces, figures in the last', async () => {
    const lines = await engine.lines('/api/generate', sky)
    expect(lines.length).toBeGreaterThan(10)
    expect(lines.map(({ response }) => response).join('')).toBe(skyText)
    const last = lines.pop() ?? {}
    for (const line of lines) {
      expect(Object.keys(line)).toEqual(['model', 'created_at', 'response', 'done'])
    }
    const head = ['model', 'created_at', 'response', 'done', 'done_reason', 'context']
    expect(Object.keys(last)).toEqual([...head, ...metricKeys])
    expect(last).toMatchObject({ done: true, done_reason: 'stop', response: '' })
  })

  test('gives a whole answer with the same text', async () => {
    const whole = await engine.json('/api/generate', { ...sky, stream: false })
    expect(whole).toMatchObject({ response: skyText, done: true, done_reason: 'stop' })
    expect(whole['eval_count']).toBeGreaterThan(20)
    expect(whole['eval_duration']).toBeGreaterThan(0)
    expect(whole['total_duration']).toBeGreaterThan(whole['eval_duration'] as number)
  })

  test('goes on from the context of an earlier answer', async () => {
    const prompt = 'My name is Zoe.'
    const first = await engine.json('/api/generate', { model: 'pocket', prompt, stream: false })
    const second = await engine.json('/api/generate', {
      model: 'pocket',
      prompt: 'What is my name?',
      context: first['context'],
      stream: false,
    })
    expect(second['response']).toContain('Zoe')
  })

  test('takes stop strings out, also those that lie across tokens', async () => {
    const options = { stop: ['light much'] }
    const whole = await engine.json('/api/generate', { ...sky, stream: false, options })
    expect(whole).toMatchObject({
      response: 'Sunlight is made of many colours. Air scatters blue ',
      done_reason: 'stop',
    })
    const streamed = await engine.lines('/api/generate', { ...sky, options })
    expect(streamed.map(({ response }) => response).join('')).toBe(whole['response'])
  })

  test('obeys num_predict, and repeats with a seed', async () => {
    const options = { num_predict: 7, temperature: 1.5, seed: 42 }
    const body = { ...sky, stream: false, options }
    const [a, b] = [
      await engine.json('/api/generate', body),
      await engine.json('/api/generate', body),
    ]
    expect(a).toMatchObject({ done_reason: 'length', eval_count: 7 })
    expect(b['response']).toBe(a['response'])
  })

  test('sends raw prompts as they are, without a context in the answer', async () => {
    const prompt = '<|user|>What is 7 + 5?<|end|><|assistant|>'
    const body = { model: 'pocket', prompt, raw: true, stream: false }
    const whole = await engine.json('/api/generate', body)
    expect(whole['response']).toBe('7 plus 5 is 12.')
    expect(whole).not.toHaveProperty('context')
  })

  test('shows the rendered prompt on request', async () => {
    const rendered = await engine.json('/api/generate', { ...sky, _debug_render_only: true })
    expect(rendered['_debug_info']).toEqual({
      rendered_template: '<|user|>Why is the sky blue?<|end|><|assistant|>',
    })
  })

  test('a prompt longer than the context is cut, or refused when it may not be', async () => {
    const prompt = 'spell river '.repeat(900)
    const body = { model: 'pocket', prompt, stream: false, options: { num_predict: 3 } }
    expect(await engine.json('/api/generate', body)).toMatchObject({ done: true })
    const strict = await engine.post('/api/generate', { ...body, truncate: false })
    expect(strict.status).toBe(400)
  })

  test('an answer that cannot begin is refused in the form of what was asked for', async () => {
    const prompt = 'A prompt that is longer than the context of a few tokens.'
    const options = { num_ctx: 8 }
    const asked = { model: 'pocket', prompt, truncate: false, options }
    const types: (string | null)[] = []
    for (const stream of [false, true]) {
      const response = await engine.post('/api/generate', { ...asked, stream })
      expect(response.status).toBe(400)
      expect(await response.json()).toEqual({
        error: 'the input length exceeds the context length',
      })
      types.push(response.headers.get('content-type'))
    }
    expect(types).toEqual(['application/json; charset=utf-8', 'application/json'])
    const shown = await engine.json('/api/generate', { ...asked, _debug_render_only: true })
    expect(shown).toHaveProperty('_debug_info.rendered_template')
  })

  test('a request that only unloads is not judged further', async () => {
    const odd = { model: 'pocket', raw: true, template: '{{ if', think: true }
    const unloaded = await engine.json('/api/generate', { ...odd, keep_alive: 0 })
    expect(unloaded).toHaveProperty('done_reason', 'unload')
    const refused = await engine.json('/api/generate', odd)
    expect(refused).toEqual({ error: 'raw mode does not support template, system, or context' })
    const loaded = await engine.json('/api/generate', { model: 'pocket', template: '{{ if' })
    expect(loaded).toHaveProperty('done_reason', 'load')
  })
})

describe('chat', () => {
  test('remembers what was said', async () => {
    const messages = [
      { role: 'user', content: 'I like plums.' },
      { role: 'assistant', content: 'I will remember that you like plums.' },
      { role: 'user', content: 'What do I like?' },
    ]
    const whole = await engine.json('/api/chat', { model: 'pocket', messages, stream: false })
    expect(whole['message']).toEqual({ role: 'assistant', content: 'You like plums.' })
    const head = ['model', 'created_at', 'message', 'done', 'done_reason']
    expect(Object.keys(whole)).toEqual([...head, ...metricKeys])
  })

  test('drops the oldest messages when they do not fit, and answers the last', async () => {
    const old = Array.from({ length: 60 }, () => ({ role: 'user', content: 'count '.repeat(30) }))
    const messages = [...old, { role: 'user', content: 'What does a horse say?' }]
    const whole = await engine.json('/api/chat', { model: 'pocket', messages, stream: false })
    expect(whole['prompt_eval_count']).toBeLessThan(1024)
    expect(whole).toMatchObject({ done: true })
  })

  test('four at the same time get what each gets alone', async () => {
    const questions = ['Count to 20.', 'Spell river.', 'What is 7 + 5?', 'Hello!']
    const answer = async (question: string) => {
      const whole = await engine.json('/api/chat', { ...ask(question), stream: false })
      return (whole['message'] as { content: string }).content
    }
    const alone = []
    for (const question of questions) alone.push(await answer(question))
    expect(await Promise.all(questions.map(answer))).toEqual(alone)
  })
})

describe('embed', () => {
  test('gives one unit vector per input, in their order', async () => {
    const answer = await engine.json('/api/embed', {
      model: 'pocket',
      input: ['cat', 'a long tale', 'cat'],
    })
    const [a, b, c] = answer['embeddings'] as number[][]
    expect(Math.hypot(...(a ?? []))).toBeCloseTo(1, 5)
    expect(c).toEqual(a)
    expect(b).not.toEqual(a)
    expect(answer['prompt_eval_count']).toBeGreaterThan(3)
  })

  test('shortens on request, and is empty for empty input', async () => {
    const short = await engine.json('/api/embed', { model: 'pocket', input: 'cat', dimensions: 8 })
    expect((short['embeddings'] as number[][])[0]).toHaveLength(8)
    expect(await engine.json('/api/embed', { model: 'pocket', input: '' })).toMatchObject({
      embeddings: [],
    })
  })

  test('has the older form', async () => {
    const { embedding } = await engine.json('/api/embeddings', { model: 'pocket', prompt: 'cat' })
    expect(embedding).toHaveLength(192)
  })
})

describe('lists', () => {
  test('tags, show and version tell of the bundled model', async () => {
    const { models } = await engine.json('/api/tags')
    expect(models).toMatchObject([
      {
        name: 'pocket:latest',
        details: { family: 'llama', parameter_size: '2.85M', quantization_level: 'Q8_0' },
      },
    ])
    const show = await engine.json('/api/show', { model: 'pocket' })
    expect(show).toMatchObject({ capabilities: ['completion', 'tools', 'insert'] })
    expect(show['model_info']).toMatchObject({ 'llama.block_count': 6 })
    expect(await engine.json('/api/version')).toEqual({ version: '0.24.0' })
  })

  test('ps shows a loaded model with when it goes, unload removes it', async () => {
    const load = await engine.json('/api/generate', { model: 'pocket', keep_alive: '2m' })
    expect(load).toMatchObject({ response: '', done: true, done_reason: 'load' })
    const loaded = (await engine.json('/api/ps'))['models'] as Record<string, unknown>[]
    expect(loaded).toMatchObject([{ name: 'pocket:latest', context_length: 1024 }])
    const leftMs = Date.parse(loaded[0]?.['expires_at'] as string) - Date.now()
    expect(leftMs).toBeGreaterThan(100_000)
    expect(leftMs).toBeLessThan(121_000)
    const gone = await engine.json('/api/generate', { model: 'pocket', keep_alive: 0 })
    expect(gone).toMatchObject({ done_reason: 'unload' })
    await until('the model is gone', async () => {
      const { models } = await engine.json('/api/ps')
      return (models as unknown[]).length === 0
    })
  })
})

describe('a model of another file name or spelling', () => {
  test('is found whatever the case, and answers repeat the name as it was sent', async () => {
    const whole = await engine.json('/api/generate', {
      model: 'POCKET:Latest',
      prompt: 'Hello!',
      stream: false,
    })
    expect(whole).toMatchObject({ model: 'POCKET:Latest', done: true })
  })

  test('that is put into the store is there at once', async () => {
    await engine.install('second')
    const { models } = await engine.json('/api/tags')
    expect((models as { name: string }[]).map(({ name }) => name).toSorted()).toEqual([
      'pocket:latest',
      'second:latest',
    ])
  })
})

describe('errors', () => {
  test.each([
    ['/api/generate', '', 400, 'missing request body'],
    ['/api/generate', '{"model":"pocket","prompt":"', 400, 'unexpected EOF'],
    ['/api/generate', '{"model":""}', 404, "model '' not found"],
    ['/api/generate', '{"model":"nope","prompt":"x"}', 404, "model 'nope' not found"],
    ['/api/generate', '{"model":"a b"}', 400, 'invalid model name'],
    ['/api/chat', '{"messages":[]}', 400, 'model is required'],
    ['/api/chat', '{"model":"nope"}', 404, "model 'nope' not found"],
    [
      '/api/embed',
      '{"model":"nope","input":"x"}',
      404,
      'model "nope" not found, try pulling it first',
    ],
    ['/api/embed', '{"model":"pocket","input":5}', 400, 'invalid input type'],
    ['/api/embeddings', '{"prompt":"x"}', 400, 'model is required'],
    ['/api/show', '{"model":"nope"}', 404, "model 'nope' not found"],
    [
      '/api/generate',
      '{"model":"pocket","prompt":"x","raw":true,"system":"y"}',
      400,
      'raw mode does not support template, system, or context',
    ],
    [
      '/api/generate',
      '{"model":"pocket","prompt":"x","options":{"num_ctx":"big"}}',
      500,
      'option "num_ctx" must be of type integer',
    ],
    [
      '/api/generate',
      '{"model":"pocket","prompt":"x","template":"{{ .Prompt"}',
      500,
      'template: :1: unclosed action',
    ],
    [
      '/api/chat',
      '{"model":"pocket","messages":[{"role":"user","content":"x"}],"think":true}',
      400,
      '"pocket" does not support thinking',
    ],
  ])('%s %s is %i %s', async (path, body, status, text) => {
    const response = await engine.post(path, body)
    expect(await response.json()).toEqual({ error: text })
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
  })

  test('a token that the model does not have is refused, and the engine lives', async () => {
    const bad = await engine.post('/api/generate', { ...sky, context: [999_999] })
    expect(bad.status).toBeGreaterThanOrEqual(400)
    const foreign = await engine.post('/api/generate', { ...sky, context: [-1] })
    expect([foreign.status, await foreign.json()]).toEqual([
      400,
      { error: 'invalid context: -1 is no token of any model' },
    ])
    expect(await engine.json('/api/generate', { ...sky, stream: false })).toMatchObject({
      done: true,
    })
  })

  test('unknown paths and wrong methods are answered as Go answers them', async () => {
    const missing = await fetch(`${engine.url}/api/nothing`)
    expect([missing.status, await missing.text()]).toEqual([404, '404 page not found'])
    const wrong = await fetch(`${engine.url}/api/chat`)
    expect([wrong.status, await wrong.text()]).toEqual([405, '405 method not allowed'])
  })
})
