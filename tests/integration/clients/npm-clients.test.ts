/** The client libraries of the npm registry, unmodified, pointed at a gateway whose model another node has. */
import { aiSdk } from './ai-sdk.ts'
import { anthropicNpm } from './anthropic-npm.ts'
import { setUpFake, setUpReal } from './ground.ts'
import { langchain } from './langchain.ts'
import { ollamaNpm } from './ollama-npm.ts'
import { openaiNpm } from './openai-npm.ts'
import { openaiResponses } from './openai-responses.ts'
import { clientSuite } from './suite.ts'

const clients = [ollamaNpm, openaiNpm, openaiResponses, anthropicNpm, langchain, aiSdk]

clientSuite(
  'S-057 (part: npm clients): two nodes, the fake Ollama on the other',
  setUpFake,
  clients,
)
clientSuite('S-057 (part: npm clients): two nodes, a real Ollama on the other', setUpReal, clients)
