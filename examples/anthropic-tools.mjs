// npm install @anthropic-ai/sdk; node anthropic-tools.mjs [GATEWAY]: asks the bundled model about the weather, which it gets by a tool.
import Anthropic from '@anthropic-ai/sdk'
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema'

const client = new Anthropic({
  baseURL: process.argv[2] ?? 'http://localhost:8080',
  apiKey: 'none',
})

const getWeather = betaTool({
  name: 'get_weather',
  description: 'Tells the weather in a city',
  inputSchema: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
  },
  run: ({ city }) => {
    console.log(`get_weather is called for ${city}`)
    return 'rain'
  },
})

const answer = await client.beta.messages.toolRunner({
  model: 'pocket',
  max_tokens: 200,
  temperature: 0,
  messages: [{ role: 'user', content: 'What is the weather in Paris?' }],
  tools: [getWeather],
})
console.log(answer.content.map((block) => (block.type === 'text' ? block.text : '')).join(''))
