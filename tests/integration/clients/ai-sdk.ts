/** `ai` with a provider that speaks the native API. */
import { streamText } from 'ai'
import { createOllama } from 'ai-sdk-ollama'
import { Ollama } from 'ollama'
import { aiCalls } from './ai-calls.ts'
import { type Calls, type Client, longTokens, type Target } from './client.ts'
import { failedOf } from './ollama-npm.ts'

function calls({ url, model: name }: Target): Calls {
  const ollama = createOllama({ baseURL: url })
  return {
    ...aiCalls(name, {
      chat: ollama,
      embedder: (model) => ollama.embedding(model),
      failedOf: (error) => failedOf((error as Error).cause),
    }),
    async cancel(prompt) {
      // Release 4.3.0 does not hand its abort signal on to the library beneath it, so that one is asked.
      const client = new Ollama({ host: url })
      const model = createOllama({ client })(name)
      const long = { temperature: 0, maxOutputTokens: longTokens, maxRetries: 0 }
      for await (const piece of streamText({ model, prompt, ...long }).textStream) {
        client.abort()
        return piece
      }
      return ''
    },
  }
}

export const aiSdk: Client = { name: 'npm ai-sdk-ollama', calls }
