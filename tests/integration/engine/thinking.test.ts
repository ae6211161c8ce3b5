/** Thoughts of an answer: whether there are any, how much of them, and that they count. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestEngine, type TestEngine } from './test-engine.ts'

let engine: TestEngine

/** Shows what a template hears of thinking. */
const telling = [
  '{{ range .Messages }}{{ .Content }}{{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ end }}',
  '[{{ .IsThinkSet }} {{ .Think }} {{ .ThinkLevel }}]',
].join('')

/** As gpt-oss's: its thoughts are messages of their own. */
const channels = '<|channel|>analysis<|message|>'
const harmony = [
  '{{ range .Messages }}{{ .Content }}{{ end }}[{{ .Think }} {{ .ThinkLevel }}]',
  `{{ if false }}${channels}{{ end }}`,
].join('')

beforeAll(async () => {
  engine = await startTestEngine()
  await engine.makeThinker()
  const templates = { telling, harmony }
  for (const [model, template] of Object.entries(templates)) {
    await engine.json('/api/create', { model, from: 'pocket', template, stream: false })
  }
})
afterAll(() => engine.stop())

const messages = [{ role: 'user', content: 'What is the capital of Peru?' }]
const chat = { model: 'pocket:think', messages, stream: false, options: { temperature: 0 } }

interface Said {
  readonly content: string
  readonly thinking?: string
}

async function ask(more: object = {}) {
  const answer = await engine.json('/api/chat', { ...chat, ...more })
  return { ...answer, said: answer['message'] as Said } as typeof answer & { said: Said }
}

describe('S-035 (part: thinking): a model that can think', () => {
  test.each([[undefined], [true], ['low'], ['medium'], ['high'], ['max']])(
    'does so with think: %s',
    async (think) => {
      const { said } = await ask(think === undefined ? {} : { think })
      expect(said.thinking).toContain('Peru')
      expect(said.content).toContain('Lima')
    },
  )

  test('does not with think: false', async () => {
    const { said } = await ask({ think: false })
    expect(said).not.toHaveProperty('thinking')
    expect(said.content).toContain('Lima')
  })

  test.each([
    [
      'extreme',
      'invalid think value: "extreme" (must be "high", "medium", "low", "max", true, or false)',
    ],
    ['', 'invalid think value: "" (must be "high", "medium", "low", "max", true, or false)'],
  ])('refuses think: %j', async (think, error) => {
    const response = await engine.post('/api/chat', { ...chat, think })
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({ error })
  })

  test('tells its template how much', async () => {
    const heard = async (model: string, think: unknown) => {
      const shown = await engine.json('/api/chat', {
        ...chat,
        model,
        think,
        _debug_render_only: true,
      })
      const { rendered_template: text } = shown['_debug_info'] as { rendered_template: string }
      return text.slice(text.indexOf('['))
    }
    expect(await heard('telling', undefined)).toBe('[true true medium]')
    expect(await heard('telling', true)).toBe('[true true medium]')
    expect(await heard('telling', 'low')).toBe('[true true low]')
    expect(await heard('telling', 'max')).toBe('[true true max]')
    expect(await heard('telling', false)).toBe('[true false ]')
    expect(await heard('harmony', 'max')).toBe('[true high]')
    expect(await heard('harmony', undefined)).toBe('[true medium]')
  })

  test('is listed as one, and one that cannot is not', async () => {
    const capabilities = async (model: string) =>
      (await engine.json('/api/show', { model }))['capabilities']
    expect(await capabilities('pocket:think')).toContain('thinking')
    expect(await capabilities('harmony')).toContain('thinking')
    expect(await capabilities('pocket')).not.toContain('thinking')
  })
})

describe('S-035 (part: thinking): thoughts count', () => {
  test('each of their tokens is made, told and bounded as those of the answer, the tags are not told', async () => {
    const whole = await ask({ logprobs: true })
    const told = whole['logprobs'] as { token: string }[]
    const untold = 3 // both tags, as with Ollama, and the token that ends it
    expect(whole['eval_count']).toBe(told.length + untold)
    const text = told.map(({ token }) => token).join('')
    expect(text).toBe((whole.said.thinking ?? '') + whole.said.content)
    const cut = await ask({ options: { temperature: 0, num_predict: 5 } })
    expect(cut).toMatchObject({ done_reason: 'length', eval_count: 5 })
    expect(cut.said.content).toBe('')
    expect(whole.said.thinking?.startsWith(cut.said.thinking ?? 'none')).toBe(true)
  })

  test('with a form behind them too, and the bound is for both', async () => {
    const format = {
      type: 'object',
      properties: { capital: { enum: ['Lima', 'Rome'] } },
      required: ['capital'],
    }
    const whole = await ask({ format, logprobs: true })
    expect(whole.said.thinking).toContain('Peru')
    const thoughtCount = Number((await ask())['eval_count'])
    const formCount = Number((await ask({ format, think: false }))['eval_count'])
    expect(Number(whole['eval_count'])).toBeGreaterThan(formCount)
    expect(Number(whole['eval_count'])).toBeLessThan(thoughtCount + formCount + 8)
    for (const num_predict of [3, Number(whole['eval_count']) - 3]) {
      const cut = await ask({ format, options: { temperature: 0, num_predict } })
      expect(cut).toMatchObject({ done_reason: 'length', eval_count: num_predict })
    }
  })
})
