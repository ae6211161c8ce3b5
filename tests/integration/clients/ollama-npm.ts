import { type ChatResponse, type Message, Ollama, type Tool as OllamaTool } from 'ollama'
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

const options = { temperature: 0, seed, num_predict: shortTokens }

function calls({ url, model }: Target): Calls {
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
      const bound = { format: callSchema(tool), options: { ...options, num_predict: callTokens } }
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
    async missing(name) {
      const failed = await client.generate({ model: name, prompt: 'x' }).catch((e: unknown) => e)
      const { status_code: status, error: message } = failed as {
        status_code: number
        error: string
      }
      return { status, message }
    },
  }
}

export const ollamaNpm: Client = { name: 'npm ollama', calls, bindsCalls: true }
