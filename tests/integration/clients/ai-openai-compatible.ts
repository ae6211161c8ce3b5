/** `ai` with its provider for whatever is compatible with OpenAI. */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { APICallError, generateText, streamText } from 'ai'
import { aiCalls } from './ai-calls.ts'
import { type Calls, type Client, errorOf, type Failed, longTokens, type Target } from './client.ts'

function calls({ url, model: name }: Target): Calls {
  const provider = createOpenAICompatible({
    name: 'gateway',
    baseURL: `${url}/v1`,
    supportsStructuredOutputs: true,
  })
  const model = provider(name)
  return {
    ...aiCalls(name, {
      chat: provider,
      embedder: (other) => provider.embeddingModel(other),
      failedOf,
    }),
    async cancel(prompt) {
      const aborted = new AbortController()
      const long = { temperature: 0, maxOutputTokens: longTokens, abortSignal: aborted.signal }
      for await (const piece of streamText({ model, prompt, ...long }).textStream) {
        aborted.abort()
        return piece
      }
      return ''
    },
    async unable(prompt) {
      const providerOptions = { gateway: { reasoningEffort: 'high' } }
      return failedOf(
        await errorOf(generateText({ model, prompt, providerOptions, maxRetries: 0 })),
      )
    },
  }
}

function failedOf(error: unknown): Failed {
  if (!APICallError.isInstance(error)) throw error
  return { type: 'APICallError', status: error.statusCode ?? 0, message: error.message }
}

export const aiOpenaiCompatible: Client = { name: 'npm @ai-sdk/openai-compatible', calls }
