import Anthropic, { APIError } from '@anthropic-ai/sdk'
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema'
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod'
import type { Message, MessageParam } from '@anthropic-ai/sdk/resources/messages'
import {
  type Calls,
  type Client,
  callTokens,
  errorOf,
  longTokens,
  Person,
  shortTokens,
  type Target,
} from './client.ts'

const sampling = { temperature: 0, max_tokens: shortTokens } as const

function calls({ url, model }: Target): Calls {
  const client = new Anthropic({ baseURL: url, apiKey: 'none', maxRetries: 0 })
  const user = (content: MessageParam['content']): MessageParam => ({ role: 'user', content })
  const ask = (messages: MessageParam[], more: object = {}): Promise<Message> =>
    client.messages.create({ model, messages, ...sampling, ...more })
  return {
    chat: async (question) => textOf(await ask([user(question)])),
    async stream(question) {
      const pieces: string[] = []
      const stream = client.messages.stream({ model, messages: [user(question)], ...sampling })
      stream.on('text', (text) => pieces.push(text))
      await stream.finalMessage()
      return pieces
    },
    async tools(question, { name, description, parameters }, result) {
      const tools = [{ name, description, input_schema: parameters }]
      const first = await ask([user(question)], { tools })
      const call = first.content.find((block) => block.type === 'tool_use')
      if (call === undefined) return { text: textOf(first) }
      const told = { type: 'tool_result' as const, tool_use_id: call.id, content: result }
      const turns = [user(question), { role: 'assistant' as const, content: first.content }]
      const last = await ask([...turns, user([told])], { tools })
      return { call: { name: call.name, arguments: call.input }, text: textOf(last) }
    },
    async loop(question, { name, description, parameters }, result) {
      const asked: unknown[] = []
      const run = (given: unknown) => {
        asked.push(given)
        return result
      }
      const inputSchema = { ...parameters, required: [...parameters.required] }
      const tools = [betaTool({ name, description, inputSchema, run })]
      const messages = [{ role: 'user' as const, content: question }]
      const last = await client.beta.messages.toolRunner({ model, messages, ...sampling, tools })
      const text = last.content
        .flatMap((block) => (block.type === 'text' ? block.text : []))
        .join('')
      return asked.length === 0 ? { text } : { call: { name, arguments: asked[0] }, text }
    },
    async image(question, png) {
      const source = { type: 'base64' as const, media_type: 'image/png' as const, data: png }
      const blocks = [
        { type: 'image' as const, source },
        { type: 'text' as const, text: question },
      ]
      return textOf(await ask([user(blocks)]))
    },
    async list() {
      const names: string[] = []
      for await (const { id } of client.models.list()) names.push(id)
      return names
    },
    show: async (name) => (await client.models.retrieve(name)).id,
    async cancel(question) {
      const asked = { model, messages: [user(question)], temperature: 0, max_tokens: longTokens }
      const stream = await client.messages.create({ ...asked, stream: true })
      for await (const event of stream) {
        if (event.type !== 'content_block_delta' || event.delta.type !== 'text_delta') continue
        return event.delta.text
      }
      return ''
    },
    async missing(name) {
      const failed = await errorOf(ask([user('x')], { model: name }))
      if (!(failed instanceof APIError)) throw failed
      const body = failed.error as { error: { message: string } }
      const type = failed.constructor.name
      return { type, status: Number(failed.status), message: body.error.message }
    },
  }
}

function textOf({ content }: Message): string {
  return content.flatMap((block) => (block.type === 'text' ? block.text : [])).join('')
}

export const anthropicNpm: Client = { name: 'npm @anthropic-ai/sdk', calls }

/**
 * With what an Ollama lets go by: the form of an answer. The library makes no vectors, for Anthropic's API has none, and one that
 * cannot think is not told of (`unable`), since `/v1/messages` drops the wish.
 */
export const anthropicWithForms: Client = {
  ...anthropicNpm,
  calls: (target) => ({ ...calls(target), ...forms(target) }),
}

function forms({ url, model }: Target) {
  const client = new Anthropic({ baseURL: url, apiKey: 'none', maxRetries: 0 })
  const asked = (content: string) => {
    const messages = [{ role: 'user' as const, content }]
    return { model, messages, temperature: 0, max_tokens: callTokens }
  }
  return {
    async structured(question, schema) {
      const format = { type: 'json_schema' as const, schema: { ...schema } }
      const message = await client.messages.create({
        ...asked(question),
        output_config: { format },
      })
      return JSON.parse(textOf(message))
    },
    async parsed(question) {
      const format = zodOutputFormat(Person)
      const made = await client.messages.parse({ ...asked(question), output_config: { format } })
      return made.parsed_output
    },
  } satisfies Calls
}
