import { SimpleOllamaIntegration } from 'ollama-distributed'

const ollama = new SimpleOllamaIntegration()
await ollama.start()
try {
  console.log(await ollama.generate('pocket', 'What does a horse say?'))
} finally {
  await ollama.stop()
}
