/** The OpenAI and Anthropic endpoints, each a rewording of a native one. */
export { handleChatCompletions } from './chat-completions.ts'
export { handleCompletions } from './completions.ts'
export { handleV1Embeddings } from './embeddings.ts'
export { handleMessages } from './messages.ts'
export { anthropicErrors } from './messages-voice.ts'
export { handleModel, handleModels } from './models.ts'
export { openAiErrors } from './openai-words.ts'
export { handleResponses } from './responses.ts'
