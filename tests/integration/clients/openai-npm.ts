import OpenAI, { NotFoundError, toFile } from 'openai'
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import {
  type Calls,
  type Client,
  callSchema,
  callTokens,
  longTokens,
  seed,
  shortTokens,
  type Target,
} from './client.ts'

const sampling = { temperature: 0, seed, max_tokens: shortTokens } as const

function calls({ url, model }: Target): Calls {
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
      const bound = { response_format: format, max_tokens: callTokens }
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
    async image(question, png) {
      const picture = { url: `data:image/png;base64,${png}` }
      const content = [
        { type: 'text', text: question } as const,
        { type: 'image_url', image_url: picture } as const,
      ]
      return (await ask([{ role: 'user', content }])).content ?? ''
    },
    async transcribe(wav) {
      const file = await toFile(Buffer.from(wav, 'base64'), 'sound.wav')
      const told: unknown = await client.audio.transcriptions.create({ model, file })
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
    async missing(name) {
      const failed = await client.chat.completions
        .create({ model: name, messages: [user('x')] })
        .catch((error: unknown) => error)
      if (!(failed instanceof NotFoundError)) throw failed
      return { status: failed.status, message: failed.message }
    },
  }
}

/** Ollama's type for this answer is that of a stream, so that the library leaves its JSON alone. */
function textOf(told: unknown): string {
  return (JSON.parse(String(told)) as { text: string }).text
}

export const openaiNpm: Client = { name: 'npm openai', calls, bindsCalls: true }
