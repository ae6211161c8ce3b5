/** Requests that enter at one node and are answered by the engine of another; every node is a process. */
import { describe, expect, onTestFinished, test } from 'vitest'
import { startCluster } from '../../support/cluster/start.ts'
import {
  type FakeOllama,
  type FakeOptions,
  startFakeOllama,
} from '../../support/fake-ollama/start.ts'
import { connectRaw, headerOf, rawRequest } from '../../support/raw-http.ts'
import { until } from '../../support/until.ts'

const engineOf = ({ url }: FakeOllama) => [{ id: 'local', url }]

async function startFake(options: FakeOptions = {}): Promise<FakeOllama> {
  const fake = await startFakeOllama({
    models: [{ name: 'tiny' }],
    answerTokens: 3,
    parallel: 64,
    ...options,
  })
  onTestFinished(fake.stop)
  return fake
}

const inferences = async (fake: FakeOllama) =>
  (await fake.requests()).filter(({ method }) => method === 'POST')

describe('a request that enters at a node without engines', () => {
  test('S-001: is answered by the engine of another, which the answer names; its bytes pass unchanged', async () => {
    const fake = await startFake()
    const [entry, owner] = await startCluster([
      { engines: [], role: 'gateway' },
      { engines: engineOf(fake) },
    ])
    const body = '{ "model":"tiny" , "prompt":"\\u00e9 x","stream":false,"options":{"seed":7}}'
    const got = await rawRequest(entry!.origin, { path: '/api/generate?a=b', body })
    expect(got.status).toBe(200)
    expect(headerOf(got, 'x-od-node')).toBe(owner!.peer)
    expect(headerOf(got, 'x-od-engine')).toBe('local')
    const [sent] = await inferences(fake)
    expect([sent?.target, sent?.body]).toEqual(['/api/generate?a=b', body])
    expect(sent?.headers.filter(([name]) => name.toLowerCase().startsWith('x-od-'))).toEqual([])
    const requestId = headerOf(got, 'x-od-request-id')
    const lineOf = (node: typeof entry, event: string) =>
      until(event, () => node!.logged(event).find((line) => line['requestId'] === requestId))
    expect(await lineOf(entry, 'request.finished')).toMatchObject({ status: 200 })
    expect(await lineOf(owner, 'link.request.finished')).toMatchObject({
      status: 200,
      engine: 'local',
    })
  })
})

void connectRaw
