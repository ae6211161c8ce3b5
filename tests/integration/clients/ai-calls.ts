/** The calls of `ai`, whatever provider it is given. */
import {
  tool as aiTool,
  type EmbeddingModel,
  embedMany,
  generateText,
  jsonSchema,
  type LanguageModel,
  Output,
  stepCountIs,
  streamText,
} from 'ai'
import {
  type Calls,
  callTokens,
  errorOf,
  type Failed,
  Person,
  seed,
  shortTokens,
} from './client.ts'

const sampling = { temperature: 0, seed, maxOutputTokens: shortTokens, maxRetries: 0 } as const

/** What a provider makes of names, and how it says that an answer failed. */
export interface Provider {
  readonly chat: (model: string) => LanguageModel
  readonly embedder: (model: string) => EmbeddingModel
  readonly failedOf: (error: unknown) => Failed
}

/** All but what is a provider's own. */
export function aiCalls(name: string, { chat, embedder, failedOf }: Provider) {
  const model = chat(name)
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
    embed: async (texts) =>
      (await embedMany({ model: embedder(name), values: [...texts], maxRetries: 0 })).embeddings,
    async structured(prompt, schema) {
      const output = Output.object({ schema: jsonSchema(schema) })
      return (await generateText({ model, prompt, output, ...sampling })).output
    },
    async parsed(prompt) {
      const output = Output.object({ schema: Person })
      const longer = { ...sampling, maxOutputTokens: callTokens }
      return (await generateText({ model, prompt, output, ...longer })).output
    },
    missing: async (other) =>
      failedOf(await errorOf(generateText({ model: chat(other), prompt: 'x', maxRetries: 0 }))),
  } satisfies Calls
}
