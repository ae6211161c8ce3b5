// npm install ai @ai-sdk/openai-compatible zod; node ai-sdk-tools.mjs [GATEWAY]: streams what the bundled model says of the weather.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { stepCountIs, streamText, tool } from 'ai'
import { z } from 'zod'

const gateway = process.argv[2] ?? 'http://localhost:8080'
const provider = createOpenAICompatible({ name: 'gateway', baseURL: `${gateway}/v1` })

const get_weather = tool({
  description: 'Tells the weather in a city',
  inputSchema: z.object({ city: z.string() }),
  execute: ({ city }) => {
    console.log(`get_weather is called for ${city}`)
    return 'rain'
  },
})

const { textStream } = streamText({
  model: provider('pocket'),
  temperature: 0,
  prompt: 'What is the weather in Paris?',
  tools: { get_weather },
  stopWhen: stepCountIs(3),
})
for await (const piece of textStream) process.stdout.write(piece)
console.log()
