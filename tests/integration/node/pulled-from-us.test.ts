/** A real Ollama, in a folder of its own, that pulls the bundled model from a node. */
import { describe, expect, test } from 'vitest'
import { realBinary } from '../../support/ollama-program/kinds.ts'
import { serveRealOllama } from '../../support/ollama-program/real.ts'
import { startRunningNode } from './running-node.ts'

describe.skipIf(realBinary === undefined)('a real Ollama (needs OLLAMA_BIN)', () => {
  test('pulls a model from a node byte for byte and answers with it', async () => {
    const node = await startRunningNode()
    const ollama = await serveRealOllama(realBinary ?? '')
    try {
      const name = `${new URL(node.gateway).host}/library/pocket`
      const ask = (path: string, body: object) =>
        fetch(`${ollama.url}${path}`, { method: 'POST', body: JSON.stringify(body) })
      const pulled = await ask('/api/pull', { model: name, insecure: true })
      const lines = (await pulled.text()).trim().split('\n')
      expect(JSON.parse(lines.at(-1) ?? '')).toEqual({ status: 'success' })
      const digests = await Promise.all([ollama.url, node.gateway].map(digestsAt))
      expect(digests[0]).toEqual(digests[1])
      const question = { model: name, prompt: 'What is the capital of Peru?', stream: false }
      const answer = (await (await ask('/api/generate', question)).json()) as { response: string }
      expect(answer.response).toBe('The capital of Peru is Lima.')
    } finally {
      await ollama.stop()
      await node.stop()
    }
  })
})

async function digestsAt(url: string): Promise<string[]> {
  const tags = (await (await fetch(`${url}/api/tags`)).json()) as { models: { digest: string }[] }
  return tags.models.map(({ digest }) => digest)
}
