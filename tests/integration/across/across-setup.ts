import { onTestFinished } from 'vitest'
import type { ClusterNode } from '../../support/cluster/start.ts'
import {
  type FakeOllama,
  type FakeOptions,
  type RecordedRequest,
  startFakeOllama,
} from '../../support/fake-ollama/start.ts'
import { type RawAnswer, rawRequest } from '../../support/raw-http.ts'
import { until } from '../../support/until.ts'

export const generatePath = '/api/generate'

/** A request for one whole answer. */
export const whole = {
  path: generatePath,
  body: '{"model":"tiny","prompt":"p","stream":false}',
} as const

/** Starts an engine that answers as many at once as it is asked; it is stopped after the test. */
export async function startFake(options: FakeOptions = {}): Promise<FakeOllama> {
  const usual = { models: [{ name: 'tiny' }], answerTokens: 3, parallel: 64 }
  const fake = await startFakeOllama({ ...usual, ...options })
  onTestFinished(fake.stop)
  return fake
}

export function engineOf({ url }: FakeOllama): { id: string; url: string }[] {
  return [{ id: 'local', url }]
}

/** What the engine was asked to answer, probes left out. */
export async function asked(fake: FakeOllama): Promise<readonly RecordedRequest[]> {
  return (await fake.requests()).filter(({ method }) => method === 'POST')
}

/** Has the engine load the model. */
export async function load(fake: FakeOllama): Promise<void> {
  await rawRequest(fake.url, { path: generatePath, body: '{"model":"tiny"}' })
}

export function ask(node: ClusterNode, path: string): Promise<RawAnswer> {
  return rawRequest(node.origin, { method: 'GET', path })
}

export async function askJson<Body>(node: ClusterNode, path: string): Promise<Body> {
  return JSON.parse((await ask(node, path)).body.toString()) as Body
}

/** Names of all models that a gateway lists, sorted. */
export async function listedAt(node: ClusterNode): Promise<string[]> {
  const { models } = await askJson<{ models: { name: string }[] }>(node, '/api/tags')
  return models.map(({ name }) => name).toSorted()
}

/** Resolves when the gateway has heard that some engine has this model. */
export async function untilListed(node: ClusterNode, model: string): Promise<void> {
  await until(`${model} in the list`, async () => (await listedAt(node)).includes(model))
}
