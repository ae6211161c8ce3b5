import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'
import { linesOf, type RunningNode, startRunningNode } from './running-node.ts'

const binary = process.env['OLLAMA_BIN']

/** The seed's request, for a model that both can have. */
const seed = { model: 'tiny-pocket', prompt: 'Hello world' }

describe.skipIf(binary === undefined)('with a real Ollama (needs OLLAMA_BIN)', () => {
  let directory: TemporaryDirectory
  let url: string
  let ollama: ReturnType<typeof spawn>
  let node: RunningNode

  beforeAll(async () => {
    directory = await makeTemporaryDirectory()
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    ollama = spawn(binary ?? '', ['serve'], {
      env: {
        ...process.env,
        HOME: directory.path,
        OLLAMA_HOST: `127.0.0.1:${port}`,
        OLLAMA_MODELS: directory.inside('models'),
      },
      stdio: 'ignore',
    })
    await until('Ollama answers', async () => (await fetch(url)).ok)
    await createPocket(url)
    node = await startRunningNode({ args: ['--ollama-port', String(port)] })
  })

  afterAll(async () => {
    await node.stop()
    const ended = new Promise((resolve) => ollama.once('exit', resolve))
    ollama.kill()
    await ended
    await directory.remove()
  })

  test('S-058: the same request on its port and on ours gives the same shape', async () => {
    const shape = async (base: string) => {
      const body = JSON.stringify(seed)
      const response = await fetch(`${base}/api/generate`, { method: 'POST', body })
      const lines = []
      for await (const line of linesOf(response)) lines.push(line)
      return {
        status: response.status,
        type: response.headers.get('content-type'),
        middle: Object.keys(lines[0] ?? {}),
        last: Object.keys(lines.at(-1) ?? {}),
        text: lines.map((line) => line['response']).join(''),
      }
    }
    expect(await shape(node.gateway)).toEqual(await shape(url))
  })

  test('S-092: the Ollama is used directly beside us, and S-093: through us without any key', async () => {
    const { models } = (await (await fetch(`${url}/api/tags`)).json()) as { models: object[] }
    expect(models).toHaveLength(1)
    const answer = await node.post('/api/generate', { ...seed, stream: false })
    expect(answer.headers.get('x-od-engine')).toBe('local')
    expect(await answer.json()).toMatchObject({ done: true })
  })
})

async function createPocket(base: string): Promise<void> {
  const weights = await readFile('assets/pocket/pocket.gguf')
  const digest = `sha256:${createHash('sha256').update(weights).digest('hex')}`
  await fetch(`${base}/api/blobs/${digest}`, { method: 'POST', body: weights })
  const body = {
    model: seed.model,
    files: { 'pocket.gguf': digest },
    template: '{{ range .Messages }}<|{{ .Role }}|>{{ .Content }}<|end|>{{ end }}<|assistant|>',
    parameters: { temperature: 0, stop: ['<|end|>'] },
    stream: false,
  }
  const response = await fetch(`${base}/api/create`, { method: 'POST', body: JSON.stringify(body) })
  expect(await response.json()).toEqual({ status: 'success' })
}

/** A port that nobody had a moment ago; Ollama cannot choose one itself. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
