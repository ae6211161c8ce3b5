import { type ChatResponse, type Message, Ollama, type Tool as OllamaTool } from 'ollama'
import { z } from 'zod'
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

const options = { temperature: 0, seed, num_predict: shortTokens }

function calls({ url, model, isBound }: Target): Calls {
  const client = new Ollama({ host: url })
  const user = (content: string): Message => ({ role: 'user', content })
  const ask = async (messages: Message[], more: object = {}): Promise<ChatResponse> =>
    await client.chat({ model, messages, options, ...more })
  return {
    generate: async (prompt) => (await client.generate({ model, prompt, options })).response ?? '',
    chat: async (question) => (await ask([user(question)])).message.content,
    async stream(question) {
      const pieces: string[] = []
      const messages = [user(question)]
      for await (const part of await client.chat({ model, messages, options, stream: true })) {
        pieces.push(part.message.content)
      }
      return pieces
    },
    async tools(question, tool, result) {
      const tools = [{ type: 'function', function: tool }] as unknown as OllamaTool[]
      const longer = { options: { ...options, num_predict: callTokens } }
      const bound = isBound ? { ...longer, format: callSchema(tool) } : longer
      const first = await ask([user(question)], { tools, ...bound })
      const call = first.message.tool_calls?.[0]?.function
      if (call === undefined) return { text: first.message.content }
      const told = { role: 'tool', tool_name: call.name, content: result }
      const last = await ask([user(question), first.message, told], { tools })
      return {
        call: { name: call.name, arguments: call.arguments },
        text: last.message.content,
      }
    },
    image: async (question, png) =>
      (await ask([{ ...user(question), images: [png] }])).message.content,
    embed: async (input) => (await client.embed({ model, input: [...input] })).embeddings,
    structured: async (question, format) =>
      JSON.parse((await ask([user(question)], { format })).message.content) as unknown,
    async parsed(question) {
      const format = z.toJSONSchema(Person)
      const longer = { ...options, num_predict: callTokens }
      const said = await ask([user(question)], { format, options: longer })
      return Person.parse(JSON.parse(said.message.content))
    },
    list: async () => (await client.list()).models.map(({ name }) => name),
    show: async (name) => (await client.show({ model: name })).details,
    async cancel(question) {
      const long = { ...options, num_predict: longTokens }
      const messages = [user(question)]
      const stream = await client.chat({ model, messages, options: long, stream: true })
      for await (const part of stream) {
        stream.abort()
        return part.message.content
      }
      return ''
    },
    missing: async (name) => failedOf(await errorOf(client.generate({ model: name, prompt: 'x' }))),
    unable: async (question) => failedOf(await errorOf(ask([user(question)], { think: true }))),
  }
}

/** What the library throws; it does not export the class. */
export function failedOf(error: unknown): Failed {
  const {
    name,
    status_code,
    error: message,
  } = error as Error & { status_code: number; error: string }
  return { type: name, status: status_code, message }
}

export const ollamaNpm: Client = { name: 'npm ollama', calls, bindsCalls: true }
