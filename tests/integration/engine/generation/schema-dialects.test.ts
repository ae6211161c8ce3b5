import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { faultOf } from '../../../support/schemas/campaign.ts'
import { startTestEngine, type TestEngine } from '../test-engine.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
  await engine.makeThinker()
})
afterAll(() => engine.stop())

const schema = {
  type: 'object',
  properties: {
    day: { type: 'string', format: 'date' },
    code: { type: 'string', pattern: String.raw`^[A-Z]{2}-\d{3}$` },
    pair: {
      type: 'array',
      prefixItems: [{ type: 'boolean' }, { enum: [1, 2] }],
      minItems: 2,
      maxItems: 2,
    },
    capital: { enum: ['Lima', 'Rome'] },
  },
  required: ['day', 'code', 'pair', 'capital'],
  additionalProperties: false,
}
const content = 'What is the capital of Peru?'
const messages = [{ role: 'user', content }]
const sampling = { temperature: 0.8, seed: 3 }

const data = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice('data: '.length)) as Record<string, unknown>)

describe.each(['pocket', 'pocket:think'])(
  'S-051 (part: structured output): an answer of %s fits its schema',
  (model) => {
    const response_format = { type: 'json_schema', json_schema: { name: 'answer', schema } }
    const chat = { model, messages, response_format, max_tokens: 400, ...sampling }

    test('in OpenAI’s chat, whole and streamed', async () => {
      const whole = await engine.json('/v1/chat/completions', chat)
      const [choice] = whole['choices'] as { message: { content: string; reasoning?: string } }[]
      expect(faultOf(schema, choice?.message.content ?? '')).toBeUndefined()
      expect(choice?.message.reasoning !== undefined).toBe(model === 'pocket:think')
      const stream = await engine.post('/v1/chat/completions', { ...chat, stream: true })
      const text = data(await stream.text())
        .map(
          ({ choices }) => (choices as { delta: { content?: string } }[])[0]?.delta.content ?? '',
        )
        .join('')
      expect(text).toBe(choice?.message.content)
    })

    test('in OpenAI’s responses, whole and streamed', async () => {
      const text = { format: { type: 'json_schema', name: 'answer', schema } }
      const request = { model, input: content, text, max_output_tokens: 400, temperature: 0.8 }
      const whole = await engine.json('/v1/responses', request)
      const output = whole['output'] as { type: string; content?: { text: string }[] }[]
      const message = output.find(({ type }) => type === 'message')
      expect(faultOf(schema, message?.content?.[0]?.text ?? '')).toBeUndefined()
      const stream = await engine.post('/v1/responses', { ...request, stream: true })
      const events = data(await stream.text())
      const said = events
        .filter(({ type }) => type === 'response.output_text.delta')
        .map(({ delta }) => String(delta))
      expect(faultOf(schema, said.join(''))).toBeUndefined()
    })
  },
)

test('a schema that cannot be kept is refused in each dialect, and the runner goes on', async () => {
  const bad = { type: 'string', pattern: '^(?=a)b$' }
  const json_schema = { name: 'bad', schema: bad }
  const chat = { model: 'pocket', messages, response_format: { type: 'json_schema', json_schema } }
  const refused = await engine.post('/v1/chat/completions', chat)
  expect(refused.status).toBe(500)
  expect(await refused.json()).toMatchObject({
    error: { message: 'invalid JSON schema in format' },
  })
  const text = { format: { type: 'json_schema', name: 'bad', schema: bad } }
  const other = await engine.post('/v1/responses', { model: 'pocket', input: content, text })
  expect(other.status).toBe(500)
  expect(await other.json()).toMatchObject({ error: { message: 'invalid JSON schema in format' } })
  const next = await engine.json('/api/chat', { model: 'pocket', messages, stream: false })
  expect(next).toMatchObject({ done_reason: 'stop' })
})
