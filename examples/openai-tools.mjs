// npm install openai; node openai-tools.mjs [GATEWAY]: asks the bundled model about the weather, which it gets by a tool.
import OpenAI from 'openai'

const gateway = process.argv[2] ?? 'http://localhost:8080'
const client = new OpenAI({ baseURL: `${gateway}/v1`, apiKey: 'none' })

const getWeather = {
  name: 'get_weather',
  description: 'Tells the weather in a city',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
  },
  parse: JSON.parse,
  function: ({ city }) => {
    console.log(`get_weather is called for ${city}`)
    return 'rain'
  },
}

const answer = await client.chat.completions
  .runTools({
    model: 'pocket',
    temperature: 0,
    messages: [{ role: 'user', content: 'What is the weather in Paris?' }],
    tools: [{ type: 'function', function: getWeather }],
  })
  .finalContent()
console.log(answer)
