import { aiOpenaiCompatible } from './ai-openai-compatible.ts'
import { aiSdk } from './ai-sdk.ts'
import { anthropicNpm } from './anthropic-npm.ts'
import { langchain } from './langchain.ts'
import { langchainOpenai } from './langchain-openai.ts'
import { ollamaNpm } from './ollama-npm.ts'
import { openaiNpm } from './openai-npm.ts'
import { openaiResponses } from './openai-responses.ts'

/** Every library of the npm registry that is asked. */
export const npmClients = [
  ollamaNpm,
  openaiNpm,
  openaiResponses,
  anthropicNpm,
  langchain,
  langchainOpenai,
  aiSdk,
  aiOpenaiCompatible,
]
