import OpenAI, { APIError, toFile } from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import {
  type Calls,
  type Client,
  callSchema,
  callTokens,
  errorOf,
  type Failed,
  longTokens,
  Person,
  seed,
  shortTokens,
  type Target,
} from './client.ts'

const sampling = { temperature: 0, seed, max_tokens: shortTokens } as const

function calls({ url, model, isBound }: Target): Calls {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 })
  const user = (content: string): ChatCompletionMessageParam => ({ role: 'user', content })
  const ask = async (messages: ChatCompletionMessageParam[], more: object = {}) => {
    const asked = { model, messages, ...sampling, ...more }
    const message = (await client.chat.completions.create(asked)).choices[0]?.message
    if (message === undefined) throw new Error('no choice')
    return message
  }
  return {
    async generate(prompt) {
      const { choices } = await client.completions.create({ model, prompt, ...sampling })
      return choices[0]?.text ?? ''
    },
    chat: async (question) => (await ask([user(question)])).content ?? '',
    async stream(question) {
      const pieces: string[] = []
      const messages = [user(question)]
      const asked = { model, messages, ...sampling, stream: true } as const
      for await (const chunk of await client.chat.completions.create(asked)) {
        pieces.push(chunk.choices[0]?.delta.content ?? '')
      }
      return pieces
    },
    async tools(question, tool, result) {
      const tools = [{ type: 'function', function: tool }]
      const format = {
        type: 'json_schema',
        json_schema: { name: 'call', schema: callSchema(tool) },
      }
      const bound = { max_tokens: callTokens, ...(isBound ? { response_format: format } : {}) }
      const first = await ask([user(question)], { tools, ...bound })
      const call = first.tool_calls?.[0]
      if (call?.type !== 'function') return { text: first.content ?? '' }
      const told: ChatCompletionMessageParam = {
        role: 'tool',
        tool_call_id: call.id,
        content: result,
      }
      const last = await ask([user(question), first, told], { tools })
      const given: unknown = JSON.parse(call.function.arguments)
      return { call: { name: call.function.name, arguments: given }, text: last.content ?? '' }
    },
    async loop(question, tool, result) {
      const asked: unknown[] = []
      const called = (given: object) => {
        asked.push(given)
        return result
      }
      const { name, description, parameters } = tool
      const runner = client.chat.completions.runTools({
        model,
        messages: [user(question)],
        ...sampling,
        tools: [
          {
            type: 'function',
            function: {
              name,
              description,
              parameters: { ...parameters, required: [...parameters.required] },
              function: called,
              parse: JSON.parse,
            },
          },
        ],
      })
      const text = await runner.finalContent()
      if (asked.length === 0) return { text: text ?? '' }
      return { call: { name: tool.name, arguments: asked[0] }, text: text ?? '' }
    },
    async image(question, png) {
      const picture = { url: `data:image/png;base64,${png}` }
      const content = [
        { type: 'text', text: question } as const,
        { type: 'image_url', image_url: picture } as const,
      ]
      return (await ask([{ role: 'user', content }])).content ?? ''
    },
    async transcribe(wav, brief) {
      const file = await toFile(Buffer.from(wav, 'base64'), 'sound.wav')
      const told: unknown = await client.audio.transcriptions.create({ model: brief, file })
      return textOf(told)
    },
    async embed(input) {
      const { data } = await client.embeddings.create({ model, input: [...input] })
      return data.map(({ embedding }) => embedding)
    },
    async structured(question, schema) {
      const format = { type: 'json_schema', json_schema: { name: 'answer', schema } }
      return JSON.parse((await ask([user(question)], { response_format: format })).content ?? '')
    },
    async parsed(question) {
      const response_format = zodResponseFormat(Person, 'person')
      const longer = { ...sampling, max_tokens: callTokens, response_format }
      const asked = { model, messages: [user(question)], ...longer }
      return (await client.chat.completions.parse(asked)).choices[0]?.message.parsed
    },
    async list() {
      const names: string[] = []
      for await (const { id } of client.models.list()) names.push(id)
      return names
    },
    async show(name) {
      const { id, object, owned_by: owner } = await client.models.retrieve(name)
      return { id, object, owner }
    },
    async cancel(question) {
      const messages = [user(question)]
      const asked = { model, messages, ...sampling, max_tokens: longTokens, stream: true } as const
      const stream = await client.chat.completions.create(asked)
      for await (const chunk of stream) return chunk.choices[0]?.delta.content ?? ''
      return ''
    },
    missing: async (name) => failedOf(await errorOf(ask([user('x')], { model: name }))),
    unable: async (question) =>
      failedOf(await errorOf(ask([user(question)], { reasoning_effort: 'high' }))),
  }
}

/** What the library throws. */
export function failedOf(error: unknown): Failed {
  if (!(error instanceof APIError)) throw error
  return { type: error.constructor.name, status: Number(error.status), message: error.message }
}

/** Ollama's type for this answer is that of a stream, so that the library leaves its JSON alone. */
function textOf(told: unknown): string {
  return (JSON.parse(String(told)) as { text: string }).text
}

export const openaiNpm: Client = { name: 'npm openai', calls, bindsCalls: true }
