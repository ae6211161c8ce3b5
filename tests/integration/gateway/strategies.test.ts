import { expect, test } from 'vitest'
import { rawRequest } from '../../support/raw-http.ts'
import { until } from '../../support/until.ts'
import { answerJson } from './scripted-upstream.ts'
import { startBench, startEngine } from './setup.ts'

const request = { path: '/api/generate', body: '{"model":"m","prompt":"x"}' }
const onDisk = { models: [{ name: 'm:latest', digest: 'd', modified_at: '' }] }
const inMemory = { ...onDisk, loaded: [{ name: 'm:latest', digest: 'd', expires_at: '' }] }

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
