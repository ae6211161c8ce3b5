import { ChatOllama, Ollama, OllamaEmbeddings } from '@langchain/ollama'
import {
  type Calls,
  type Client,
  callTokens,
  errorOf,
  longTokens,
  seed,
  shortTokens,
  type Target,
} from './client.ts'
import { langchainCalls } from './langchain-calls.ts'
import { failedOf } from './ollama-npm.ts'

function calls({ url, model }: Target): Calls {
  const settings = { baseUrl: url, model, temperature: 0, seed, maxRetries: 0 }
  const chats = {
    brief: new ChatOllama({ ...settings, numPredict: shortTokens }),
    whole: new ChatOllama({ ...settings, numPredict: callTokens }),
    long: new ChatOllama({ ...settings, numPredict: longTokens }),
    named: (name: string) => new ChatOllama({ ...settings, model: name }),
  }
  return {
    ...langchainCalls({ ...chats, failedOf }),
    generate: async (prompt) => {
      const { seed: _, ...rest } = settings
      return await new Ollama({ ...rest, numPredict: shortTokens }).invoke(prompt)
    },
    embed: async (texts) =>
      await new OllamaEmbeddings({ baseUrl: url, model }).embedDocuments([...texts]),
    unable: async (question) =>
      failedOf(await errorOf(new ChatOllama({ ...settings, think: true }).invoke(question))),
  }
}

export const langchain: Client = { name: 'npm @langchain/ollama', calls }
