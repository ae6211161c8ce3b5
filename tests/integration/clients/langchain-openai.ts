import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai'
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
import { failedOf } from './openai-npm.ts'

function calls({ url, model }: Target): Calls {
  const place = { configuration: { baseURL: `${url}/v1` }, apiKey: 'none', maxRetries: 0, model }
  const settings = { ...place, temperature: 0, modelKwargs: { seed } }
  const chats = {
    brief: new ChatOpenAI({ ...settings, maxTokens: shortTokens }),
    whole: new ChatOpenAI({ ...settings, maxTokens: callTokens }),
    long: new ChatOpenAI({ ...settings, maxTokens: longTokens }),
    named: (name: string) => new ChatOpenAI({ ...settings, model: name }),
  }
  return {
    ...langchainCalls({ ...chats, failedOf }),
    embed: async (texts) => await new OpenAIEmbeddings(place).embedDocuments([...texts]),
    async unable(question) {
      const thinking = new ChatOpenAI({ ...settings, modelKwargs: { reasoning_effort: 'high' } })
      return failedOf(await errorOf(thinking.invoke(question)))
    },
  }
}

/** Its class for prompts sends a list of them, which Ollama refuses. */
export const langchainOpenai: Client = { name: 'npm @langchain/openai', calls }
