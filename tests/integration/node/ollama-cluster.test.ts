/** Three nodes, each with an Ollama of its own that knows nothing of us. */
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { overOllamas } from '../../support/ollama-program/kinds.ts'
import { rawRequest } from '../../support/raw-http.ts'
import { until } from '../../support/until.ts'
import { type RunningNode, startRunningNode } from './running-node.ts'

const question = { model: 'tiny', prompt: 'Hello!', stream: false, options: { num_predict: 8 } }
const statusSchema = z.looseObject({
  joinAddresses: z.array(z.string()),
  engineVersions: z.record(z.string(), z.int()),
})
const tokenSchema = z.looseObject({ token: z.string() })
const listSchema = z.looseObject({
  instances: z.array(z.looseObject({ node: z.string(), kind: z.string(), state: z.string() })),
})

const read = async (node: RunningNode, path: string): Promise<unknown> => {
  const { body } = await rawRequest(node.gateway, { path })
  return JSON.parse(body.toString())
}

overOllamas('three nodes with an Ollama each', (ollama) => {
  const start = async (name: string): Promise<RunningNode> => {
    const served = await ollama.serve()
    const node = await startRunningNode({
      args: ['--name', name, '--ollama-port', String(served.port), '--link-listen', '127.0.0.1'],
    })
    onTestFinished(async () => {
      await node.stop()
      await served.stop()
    })
    return node
  }

  test('S-001: a client that knows one gateway is answered by the Ollamas of several nodes, which the answers name', async () => {
    const [first, ...others] = await Promise.all(['one', 'two', 'three'].map(start))
    if (first === undefined) throw new Error('no node')
    const { joinAddresses } = statusSchema.parse(await read(first, '/api/v1/cluster/status'))
    const made = await first.post('/api/v1/tokens', { uses: 2 })
    const { token } = tokenSchema.parse(await made.json())
    for (const node of others) {
      const joined = await node.post('/api/v1/cluster/join', { peers: joinAddresses, token })
      expect(joined.status).toBe(200)
    }
    await until('the Ollamas of all', async () => {
      const { instances } = listSchema.parse(await read(first, '/api/v1/instances'))
      const adopted = instances.filter(
        ({ kind, state }) => kind === 'adopted' && state === 'running',
      )
      return new Set(adopted.map(({ node }) => node)).size === 3
    })
    const { engineVersions } = statusSchema.parse(await read(first, '/api/v1/cluster/status'))
    const known = Object.values(engineVersions).reduce((sum, engines) => sum + engines, 0)
    expect(known).toBeGreaterThanOrEqual(3)
    const answeredBy = new Set<string>()
    for (let i = 0; i < 24; i++) {
      const answers = await Promise.all(
        Array.from({ length: 6 }, () => first.post('/api/generate', question)),
      )
      for (const answer of answers) {
        expect(answer.status).toBe(200)
        expect(await answer.json()).toMatchObject({ done: true })
        if (answer.headers.get('x-od-engine') === 'local') {
          answeredBy.add(answer.headers.get('x-od-node') ?? '')
        }
      }
      if (answeredBy.size === 3) break
    }
    expect(answeredBy.size).toBeGreaterThanOrEqual(2)
  })
})
