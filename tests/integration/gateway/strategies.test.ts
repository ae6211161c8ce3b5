import { expect, onTestFinished, test } from 'vitest'
import {
  type FakeOllama,
  type FakeOptions,
  type Faults,
  startFakeOllama,
} from '../../support/fake-ollama/start.ts'
import { rawRequest } from '../../support/raw-http.ts'
import { until } from '../../support/until.ts'
import { answerJson } from './scripted-upstream.ts'
import { startBench, startEngine } from './setup.ts'

const request = { path: '/api/generate', body: '{"model":"m","prompt":"x"}' }
const onDisk = { models: [{ name: 'm:latest', digest: 'd', modified_at: '' }] }
const inMemory = { ...onDisk, loaded: [{ name: 'm:latest', digest: 'd', expires_at: '' }] }

async function startFake(options: FakeOptions, faults: Faults): Promise<FakeOllama> {
  const fake = await startFakeOllama({ models: [{ name: 'm' }], ...options })
  onTestFinished(fake.stop)
  await fake.set(faults)
  return fake
}

const startQuick = () => startEngine(({ response }) => answerJson(response, 200, '{"done":true}'))

test('S-030: 300 requests on 3 equal engines: each gets a third under round robin', async () => {
  const engines = await Promise.all([startQuick(), startQuick(), startQuick()])
  const facts = engines.map(({ url }, i) => ({ id: `e${i}`, url, ...onDisk }))
  const { origin } = await startBench(facts, { strategy: 'round_robin' })
  for (let round = 0; round < 30; round++) {
    await Promise.all(Array.from({ length: 10 }, () => rawRequest(origin, request)))
  }
  expect(engines.map(({ received }) => received.length)).toEqual([100, 100, 100])
})

test('S-031: a model that is loaded on B only: 50 of 50 requests go to B although A is idle', async () => {
  const [a, b] = await Promise.all([startQuick(), startQuick()])
  const { origin } = await startBench([
    { id: 'a', url: a.url, ...onDisk },
    { id: 'b', url: b.url, ...inMemory },
  ])
  for (let i = 0; i < 50; i++) await rawRequest(origin, request)
  expect([a.received.length, b.received.length]).toEqual([0, 50])
})

test('S-064: an engine ten times slower gets under 15 % of what clients in a closed loop send', async () => {
  const fakes = await Promise.all(
    [10, 10, 100].map((headerDelayMs) => startFake({ answerTokens: 1 }, { headerDelayMs })),
  )
  const facts = fakes.map(({ url }, i) => ({ id: `e${i}`, url, ...inMemory }))
  const { origin } = await startBench(facts, { strategy: 'least_loaded', door: { slots: 4 } })
  let left = 200
  const client = async () => {
    while (left-- > 0) expect((await rawRequest(origin, request)).status).toBe(200)
  }
  await Promise.all(Array.from({ length: 4 }, client))
  const counts = await Promise.all(fakes.map(async (fake) => (await fake.stats()).requests))
  expect(counts.reduce((sum, count) => sum + count)).toBe(200)
  expect(counts[2]).toBeLessThan(30)
})

test('S-066: the strategy changes between two requests, and each choice is in the log', async () => {
  const [a, b] = await Promise.all([startQuick(), startQuick()])
  const facts = [
    { id: 'a', url: a.url, ...onDisk },
    { id: 'b', url: b.url, ...inMemory },
  ]
  const { origin, gateway, logged } = await startBench(facts, { level: 'debug' })
  await rawRequest(origin, request)
  gateway.useStrategy('round_robin')
  await rawRequest(origin, request)
  expect([a.received.length, b.received.length]).toEqual([1, 1])
  const reasons = () => logged('routing.decided').map(({ reason }) => reason)
  await until('two decisions in the log', () => reasons().length === 2)
  expect(reasons()).toEqual(['model_affinity: model loaded', 'round_robin: model on disk'])
})
