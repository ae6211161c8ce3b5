/** The same library's newer way to have a conversation. */
import OpenAI from 'openai'
import { zodTextFormat } from 'openai/helpers/zod'
import {
  type Calls,
  type Client,
  callSchema,
  callTokens,
  errorOf,
  longTokens,
  Person,
  shortTokens,
  type Target,
} from './client.ts'
import { failedOf } from './openai-npm.ts'

const sampling = { temperature: 0, max_output_tokens: shortTokens } as const

function calls({ url, model, isBound }: Target): Calls {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 })
  return {
    chat: async (input) =>
      (await client.responses.create({ model, input, ...sampling })).output_text,
    async stream(input) {
      const pieces: string[] = []
      const stream = await client.responses.create({ model, input, ...sampling, stream: true })
      for await (const event of stream) {
        if (event.type === 'response.output_text.delta') pieces.push(event.delta)
      }
      return pieces
    },
    async tools(question, tool, result) {
      const tools = [
        { type: 'function' as const, strict: null, ...tool, parameters: { ...tool.parameters } },
      ]
      const asked = { role: 'user' as const, content: question }
      const schema = { ...callSchema(tool) }
      const format = { type: 'json_schema' as const, name: 'call', schema }
      const longer = { temperature: 0, max_output_tokens: callTokens }
      const bound = isBound ? { ...longer, text: { format } } : longer
      const first = await client.responses.create({ model, input: [asked], tools, ...bound })
      const call = first.output.find((item) => item.type === 'function_call')
      if (call === undefined) return { text: first.output_text }
      const told = { type: 'function_call_output' as const, call_id: call.call_id, output: result }
      const input = [asked, call, told]
      const last = await client.responses.create({ model, input, tools, ...sampling })
      const given: unknown = JSON.parse(call.arguments)
      return { call: { name: call.name, arguments: given }, text: last.output_text }
    },
    async image(question, png) {
      const picture = {
        type: 'input_image' as const,
        detail: 'auto' as const,
        image_url: `data:image/png;base64,${png}`,
      }
      const content = [{ type: 'input_text' as const, text: question }, picture]
      const input = [{ role: 'user' as const, content }]
      return (await client.responses.create({ model, input, ...sampling })).output_text
    },
    async structured(input, schema) {
      const format = { type: 'json_schema' as const, name: 'answer', schema: { ...schema } }
      const asked = { model, input, ...sampling, text: { format } }
      return JSON.parse((await client.responses.create(asked)).output_text) as unknown
    },
    async parsed(input) {
      const text = { format: zodTextFormat(Person, 'person') }
      const asked = { model, input, ...sampling, max_output_tokens: callTokens, text }
      return (await client.responses.parse(asked)).output_parsed
    },
    async cancel(input) {
      const asked = { model, input, temperature: 0, max_output_tokens: longTokens }
      const stream = await client.responses.create({ ...asked, stream: true })
      for await (const event of stream) {
        if (event.type === 'response.output_text.delta') return event.delta
      }
      return ''
    },
    missing: async (name) =>
      failedOf(await errorOf(client.responses.create({ model: name, input: 'x' }))),
    async unable(input) {
      const asked = { model, input, ...sampling, reasoning: { effort: 'high' as const } }
      return failedOf(await errorOf(client.responses.create(asked)))
    },
  }
}

export const openaiResponses: Client = { name: 'npm openai, responses', calls, bindsCalls: true }
