import {
  tool as aiTool,
  embedMany,
  generateText,
  jsonSchema,
  Output,
  stepCountIs,
  streamText,
} from 'ai'
import { createOllama } from 'ai-sdk-ollama'
import { Ollama } from 'ollama'
import { type Calls, type Client, longTokens, seed, shortTokens, type Target } from './client.ts'

const sampling = { temperature: 0, seed, maxOutputTokens: shortTokens, maxRetries: 0 } as const

function calls({ url, model: name }: Target): Calls {
  const ollama = createOllama({ baseURL: url })
  const model = ollama(name)
  return {
    generate: async (prompt) => (await generateText({ model, prompt, ...sampling })).text,
    chat: async (content) =>
      (await generateText({ model, messages: [{ role: 'user', content }], ...sampling })).text,
    async stream(prompt) {
      const pieces: string[] = []
      for await (const piece of streamText({ model, prompt, ...sampling }).textStream) {
        pieces.push(piece)
      }
      return pieces
    },
    async tools(prompt, { name: toolName, description, parameters }, result) {
      const inputSchema = jsonSchema({ ...parameters, required: [...parameters.required] })
      const told = aiTool({ description, inputSchema, execute: () => result })
      const tools = { [toolName]: told }
      const stopWhen = stepCountIs(2)
      const { steps, text } = await generateText({ model, prompt, tools, stopWhen, ...sampling })
      const call = steps[0]?.toolCalls[0]
      if (call === undefined) return { text }
      return { call: { name: call.toolName, arguments: call.input }, text }
    },
    async image(question, png) {
      const picture = { type: 'file' as const, data: png, mediaType: 'image/png' }
      const content = [{ type: 'text' as const, text: question }, picture]
      return (await generateText({ model, messages: [{ role: 'user', content }], ...sampling }))
        .text
    },
    async embed(texts) {
      const embedder = ollama.embedding(name)
      return (await embedMany({ model: embedder, values: [...texts], maxRetries: 0 })).embeddings
    },
    async structured(prompt, schema) {
      const output = Output.object({ schema: jsonSchema(schema) })
      return (await generateText({ model, prompt, output, ...sampling })).output
    },
    async cancel(prompt) {
      // Release 4.3.0 does not hand its abort signal on to the library beneath it, so that one is asked.
      const client = new Ollama({ host: url })
      const leaving = createOllama({ client })(name)
      const long = { ...sampling, maxOutputTokens: longTokens }
      for await (const piece of streamText({ model: leaving, prompt, ...long }).textStream) {
        client.abort()
        return piece
      }
      return ''
    },
    async missing(other) {
      const failed = await generateText({ model: ollama(other), prompt: 'x', maxRetries: 0 }).catch(
        (error: unknown) => error,
      )
      const { cause } = failed as { cause: { status_code: number; error: string } }
      return { status: cause.status_code, message: cause.error }
    },
  }
}

export const aiSdk: Client = { name: 'npm ai-sdk-ollama', calls }
